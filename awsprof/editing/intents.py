"""Intents: a change's plan on disk before it is made, so that the next run can finish it.

An intent is a future history entry plus what it adds to and deletes from the vault. Like the
history it contains no secrets. It is written first, and deleted when everything is done or rolled
back.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from awsprof import atomic, locks, parsing, paths
from awsprof.atomic.snapshot import unwritable_error
from awsprof.atomic.windows_sharing import when_closed
from awsprof.editing import history_files
from awsprof.editing.history_files import HistoryEntry
from awsprof.errors import DurabilityError


@dataclass(frozen=True)
class Intent:
    """A change in progress.

    ``adding`` are vault names that the change adds; ``forget`` are key IDs whose secrets it deletes
    last; ``owners`` maps key IDs to (account, ARN), each None if unknown. ``locks`` are the names
    of the locks that are held while the change runs.
    """

    entry: HistoryEntry
    adding: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    owners: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    locks: tuple[str, ...] = ()

    @property
    def committed(self) -> bool:
        """True if the history has the entry: only ``forget`` may be left to do."""
        return history_files.entry_file(self.entry.id).exists()


def begin_intent(intent: Intent) -> Intent:
    """Writes the intent and returns it with its new ID. Raises FileError if that is impossible."""
    with locks.hold_lock(paths.locks_dir() / "history.lock", purpose="noting a change"):
        taken = [
            int(p.stem)
            for p in (*pending_intents(), *history_files.entry_files())
            if p.stem.isdecimal()
        ]
        numbered = replace(intent, entry=replace(intent.entry, id=str(max(taken, default=0) + 1)))
        try:
            save_intent(numbered)
        except BaseException:
            end_intent(numbered)
            raise
    return numbered


def save_intent(intent: Intent) -> None:
    """Writes the intent (mode 0600), replacing its former version."""
    more = {
        "adding": intent.adding,
        "forget": intent.forget,
        "owners": dict(intent.owners),
        "locks": intent.locks,
    }
    with suppress(DurabilityError):  # writing the files themselves reports it
        atomic.write_file(_file(intent), history_files.entry_json(intent.entry, more))


def read_intent(path: Path) -> Intent:
    """Returns the intent in a file. Raises FileError if it cannot be read."""
    with parsing.wrap_parse_errors(f"{path} of the history", f"delete {path}"):
        data = history_files.read_json(path)
        entry, _ = history_files.entry_from_json(data, path, lambda name, secret: None)
        owners = parsing.expect_table(data["owners"], "owners")
        return Intent(
            entry,
            parsing.expect_texts(data["adding"], "adding"),
            parsing.expect_texts(data["forget"], "forget"),
            {key_id: _owner(value) for key_id, value in owners.items()},
            parsing.expect_texts(data.get("locks", []), "locks"),
        )


def _owner(value: object) -> tuple[str | None, str | None]:
    account, arn = (
        None if each is None else parsing.expect_text(each)
        for each in parsing.expect_list(value, "owners")
    )
    return account, arn


def commit_intent(intent: Intent) -> None:
    """Adds the intent's entry to the history. Raises FileError if it cannot be written."""
    target = history_files.entry_file(intent.entry.id)
    try:
        try:
            os.link(_file(intent), target)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            _file(intent).replace(target)
        atomic.sync_folder(target.parent)
    except OSError as exc:
        raise unwritable_error(target, exc) from exc


def end_intent(intent: Intent) -> None:
    """Deletes the intent: the change is done or rolled back."""
    with suppress(OSError):
        when_closed(_file(intent).unlink)


def pending_intents() -> list[Path]:
    """Returns the files of changes in progress or interrupted, oldest first."""
    try:
        found = sorted(_folder().iterdir())
    except OSError:
        return []
    return [path for path in found if path.suffix == ".json" and path.stem.isdecimal()]


def _folder() -> Path:
    return Path(paths.unfinished_text())


def _file(intent: Intent) -> Path:
    return _folder() / f"{int(intent.entry.id):08}.json"
