"""The state of a move between vaults on disk, so that the next run can finish it.

A move copies the secrets, switches the setting, then deletes the old copies: at any time the vault
that the setting names holds all of them. The next run deletes what a killed run left in the other.
"""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from awsprof import atomic, parsing, paths, settings
from awsprof.errors import AwsprofError
from awsprof.vault.index import Index
from awsprof.vault.vault import Vault


@dataclass(frozen=True)
class VaultMigration:
    """A move: both vaults' settings, the names that move, and those that ``target`` already had."""

    source: str
    target: str
    names: tuple[str, ...]
    kept: tuple[str, ...] = ()


def begin_migration(move: VaultMigration) -> None:
    """Records the move, before anything is copied."""
    data = {**vars(move)}
    atomic.write_file(_file(), json.dumps(data, indent=1).encode())


def end_migration() -> None:
    """Deletes the record: the move is done or rolled back."""
    with suppress(OSError):
        _file().unlink()


def resume_migration(open_setting: Callable[[str], Vault]) -> str:
    """Deletes what an interrupted move left in the vault not in use; returns a message or "".

    ``open_setting`` opens the vault for a value of the setting. Never raises AwsprofError: if this
    fails, the next run tries again.
    """
    if not os.path.exists(_file()):  # noqa: PTH110  # Path.exists raises if the folder is closed
        return ""
    try:
        with parsing.wrap_parse_errors(_file(), f"delete {_file()}"):
            data = parsing.expect_table(parsing.parse_json(atomic.read_file(_file()) or b""))
            source, target = (
                parsing.expect_text(data[name], name) for name in ("source", "target")
            )
            move = VaultMigration(
                source, target, *(parsing.expect_texts(data[n], n) for n in ("names", "kept"))
            )
        switched = settings.get_setting("vault") == move.target
        using = open_setting(move.target if switched else move.source)
        other = open_setting(move.source if switched else move.target)
        _clear(other, using, move.names if switched else _without(move.names, move.kept))
    except AwsprofError as exc:
        return f"An earlier move of secrets was interrupted and cannot be finished now: {exc}"
    end_migration()
    return f"An earlier move of secrets was interrupted: all are in {using.title} now."


def _without(names: Sequence[str], kept: Sequence[str]) -> list[str]:
    return [name for name in names if name not in kept]


def _clear(other: Vault, using: Vault, names: Sequence[str]) -> None:
    """Deletes ``names`` from ``other`` if ``using`` holds them, and points the index to it."""
    for name in names:
        if not using.holds(name):
            continue
        known = Index.load().find(name)
        if known is not None:
            Index.load().record(name, backend=using.backend)
        if other.holds(name):
            other.delete(name)


def _file() -> Path:
    return paths.data_dir() / "moving.json"
