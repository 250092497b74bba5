"""Secrets on their way from one vault to another, on disk: so that the next run can end it.

Copied first, then the setting is switched, then the copies that are left behind go: at each moment
the vault that the setting names holds all of them. What a killed run left in the other one is taken
out by the next.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from awsprof import atomic, parsing, paths, settings
from awsprof.errors import AwsprofError
from awsprof.vault.index import Index
from awsprof.vault.keyring_vault import Vault


@dataclass(frozen=True)
class VaultMigration:
    """The settings of both vaults, all names that move, and those that ``target`` had before."""

    source: str
    target: str
    names: tuple[str, ...]
    kept: tuple[str, ...] = ()


def begin_migration(move: VaultMigration) -> None:
    """Note it, before anything is copied."""
    data = {**vars(move)}
    atomic.write_file(_file(), json.dumps(data, indent=1).encode())


def end_migration() -> None:
    """It is done, or put back."""
    with suppress(OSError):
        _file().unlink()


def resume_migration(opened: Callable[[str], Vault]) -> str:
    """Take what a killed move left out of the vault that is not in use; the sentence to tell.

    ``opened`` opens the vault of a setting's value. Empty: nothing was left. Never raises an
    AwsprofError: what cannot be done now is tried again.
    """
    if not _file().exists():
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
        using = opened(move.target if switched else move.source)
        other = opened(move.source if switched else move.target)
        _clear(other, using, move.names if switched else _less(move.names, move.kept))
    except AwsprofError as exc:
        return f"An earlier run was cut short as it moved secrets, and cannot be ended now: {exc}"
    end_migration()
    return f"An earlier run was cut short as it moved secrets: all are in {using.title} now."


def _less(names: Sequence[str], kept: Sequence[str]) -> list[str]:
    return [name for name in names if name not in kept]


def _clear(other: Vault, using: Vault, names: Sequence[str]) -> None:
    """Take ``names`` out of ``other``, where ``using`` holds them; the index names ``using``."""
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
