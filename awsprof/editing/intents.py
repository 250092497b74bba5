"""What a change is about to do, on disk before it does it: so that the next run can end it.

An intent is an entry of the history that is not there yet, with what it puts into the vault and
takes out of it; like the history it holds no secret. It is written before anything else, and gone
when all is done or all is put back.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from awsprof import atomic, locks, parsing, paths
from awsprof.atomic.snapshot import unwritable_error
from awsprof.editing import history_files
from awsprof.editing.history_files import HistoryEntry
from awsprof.errors import DurabilityError


@dataclass(frozen=True)
class Intent:
    """A change under way.

    ``adding`` are names that the vault did not hold before; ``forget`` are key ids whose secrets go
    when all else is done; ``owners`` tells account and ARN by key id, where they are known.
    """

    entry: HistoryEntry
    adding: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    owners: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)

    @property
    def committed(self) -> bool:
        """Whether the history has it: then only ``forget`` may be left to do."""
        return history_files.entry_file(self.entry.id).exists()


def begin_intent(intent: Intent) -> Intent:
    """Write it under an id of its own; the intent with that id. FileProblem: it cannot be."""
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
    """Write it (0600), in place of what was written of it before."""
    more = {"adding": intent.adding, "forget": intent.forget, "owners": dict(intent.owners)}
    with suppress(DurabilityError):  # a disk that confirms nothing says so of the files themselves
        atomic.write_file(_file(intent), history_files.entry_json(intent.entry, more))


def read_intent(path: Path) -> Intent:
    """The intent of a file. FileProblem where it cannot be read."""
    with parsing.wrap_parse_errors(f"{path} of the history", f"delete {path}"):
        data = history_files.read_json(path)
        entry, _ = history_files.entry_from_json(data, path, lambda name, secret: None)
        owners = parsing.expect_table(data["owners"], "owners")
        return Intent(
            entry,
            parsing.expect_texts(data["adding"], "adding"),
            parsing.expect_texts(data["forget"], "forget"),
            {key_id: _owner(value) for key_id, value in owners.items()},
        )


def _owner(value: object) -> tuple[str | None, str | None]:
    account, arn = (
        None if each is None else parsing.expect_text(each)
        for each in parsing.expect_list(value, "owners")
    )
    return account, arn


def commit_intent(intent: Intent) -> None:
    """Have it stand in the history. FileProblem: it cannot."""
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
    """It is done, or put back."""
    with suppress(OSError):
        _file(intent).unlink()


def pending_intents() -> list[Path]:
    """The files of changes that are under way, or were cut short, the oldest first."""
    try:
        found = sorted(_folder().iterdir())
    except OSError:
        return []
    return [path for path in found if path.suffix == ".json" and path.stem.isdecimal()]


def _folder() -> Path:
    return Path(paths.unfinished_text())


def _file(intent: Intent) -> Path:
    return _folder() / f"{int(intent.entry.id):08}.json"
