"""The history of changes: makes, lists, marks and prunes its entries.

An entry stores the changed lines and a few lines around them, not whole files. Secrets in them
stay in the vault; the entry only refers to them. The newest 50 entries are kept.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from awsprof import atomic
from awsprof.configfile import storage
from awsprof.editing import history_files, hunks, redaction
from awsprof.editing.history_files import FileChange, HistoryEntry
from awsprof.errors import AwsprofError, FileError, SecretNotFound, UsageError
from awsprof.masking.mask import mask_message
from awsprof.paths import display_path
from awsprof.secret import Secret
from awsprof.vault.vault import Vault

MAX_ENTRIES: Final = 50


def entries() -> tuple[HistoryEntry, ...]:
    """Returns the entries that can be read, newest first; see ``broken`` for the others."""
    return tuple(_readable())


def _readable() -> Iterator[HistoryEntry]:
    found = map(_read, history_files.entry_files())
    return (entry for entry in found if isinstance(entry, HistoryEntry))


def broken() -> tuple[FileError, ...]:
    """Returns one error per entry that cannot be read. Only undo needs those."""
    return tuple(
        found for found in map(_read, history_files.entry_files()) if isinstance(found, FileError)
    )


def _read(path: Path) -> HistoryEntry | FileError:
    try:
        return history_files.read_entry(path, lambda name, secret: None)[0]
    except FileError as exc:
        return exc


def find_entry(id: str | None) -> HistoryEntry:
    """Returns the entry of that ID, or the newest that is neither undone nor an undo."""
    if id is None:
        found = next((e for e in _readable() if not e.undone and not e.undoes), None)
        if found is None:
            raise _not_found("There is nothing to undo.")
        return found
    if id.isdecimal() and len(id) < 9 and history_files.entry_file(id).exists():
        return history_files.read_entry(history_files.entry_file(id), lambda name, secret: None)[
            0
        ]  # raises the reason
    raise _not_found(f"There is no change {id}.")


def _not_found(message: str) -> UsageError:
    """Returns the error for a change that is not there; an empty history lists nothing."""
    if not history_files.entry_files():
        return UsageError(f"{message} awsprof has changed nothing yet.")
    return UsageError(message, "awsprof history lists the changes")


def new_entry(
    summary: str,
    writes: tuple[storage.FileWrite, ...],
    added: tuple[str, ...],
    keep: Callable[[str, Secret], None],
    *,
    undoes: str = "",
) -> HistoryEntry:
    """Returns the entry for a change about to be made. ``begin_intent`` gives it its real ID.

    Calls ``keep`` with each secret that the change removes from the files.
    """
    names = redaction.ensure_secret_naming()
    # Both variables may name one file, which is then rewritten twice: its last text counts.
    last = {atomic.resolve_links(write.path): write.after for write in writes}
    staying = cache(lambda: redaction.secrets_in(last.values(), names))
    files = tuple(
        FileChange(
            write.kind,
            write.path,
            hunks.text_digest(write.before),
            hunks.text_digest(write.after),
            hunks.redact_hunks(write.before, write.after, names, staying, keep),
        )
        for write in writes
    )
    return HistoryEntry("0", datetime.now(UTC), mask_message(summary), files, added, undoes=undoes)


def discard_entry(entry: HistoryEntry) -> None:
    """Deletes an entry whose change was not made, or which is too old."""
    with suppress(OSError):  # it may never have been written
        history_files.entry_file(entry.id).unlink()


def mark_undone(entry: HistoryEntry, *, undone: bool = True) -> None:
    """Marks a change as undone, or as in effect again; one that it undid is then the opposite."""
    if entry.undoes:
        with suppress(AwsprofError):  # it may be too old to be there
            first = find_entry(entry.undoes)
            if first.undone is undone:
                mark_undone(first, undone=not undone)
    history_files.save_entry(replace(entry, undone=undone))


def prune_history(vault: Callable[[], Vault]) -> None:
    """Deletes entries beyond the newest 50, and the vault secrets that only they refer to.

    If the vault is unavailable, they stay until the next change.
    """
    if len(history_files.entry_files()) <= MAX_ENTRIES:
        return
    every = entries()
    still = {name for kept in every[:MAX_ENTRIES] for name in kept.references()}
    for old in every[MAX_ENTRIES:]:
        try:
            _delete_secrets(vault, set(old.references()) - still)
        except AwsprofError:
            return
        discard_entry(old)


def _delete_secrets(vault: Callable[[], Vault], names: Iterable[str]) -> None:
    for name in sorted(names):
        with suppress(SecretNotFound):
            vault().delete(name)


def history_vault_names() -> tuple[str, ...]:
    """Returns names of the vault secrets that the history refers to; they move with the vault."""
    return tuple(dict.fromkeys(name for e in entries() for name in e.references()))


def not_undone(id: str | None) -> HistoryEntry:
    """Finds an entry and reads it again. Raises UsageError if the change is already undone."""
    found = find_entry(id)
    if found.undone:
        raise UsageError(f"Change {found.id} has already been undone.", "awsprof history")
    return found


def overwritten_edits() -> tuple[str, ...]:
    """Returns messages about edits of ours that a program has overwritten, each once.

    The AWS CLI reads a file and writes all of it a moment later, which drops an edit made in
    between. Only the newest change is checked: later edits are not ours. A file of it that cannot
    be read, or is gone, shows no such program.
    """
    try:
        return _overwritten_edits()
    except FileError:
        return ()


def _overwritten_edits() -> tuple[str, ...]:
    if _newest_holds():
        return ()
    newest = next(_readable(), None)
    if newest is None or newest.undone or newest.reported:
        return ()
    messages = []
    for file in newest.files:
        data = atomic.read_file(file.path)
        if data is None:
            continue
        if hunks.text_digest(data) != file.after and _is_reverted(data, file):
            messages.append(
                f"Another program overwrote your last change ({newest.summary}) in"
                f" {display_path(file.path)}; it was probably writing at the same moment. Make the"
                " change again."
            )
    if messages:
        with suppress(AwsprofError):  # if it cannot be saved, report it again
            history_files.save_entry(replace(newest, reported=True))
    return tuple(messages)


def _newest_holds() -> bool:
    """True if the files are as the newest change left them. Every command asks this."""
    files = history_files.entry_files()[:1]
    digests = history_files.digests_after(atomic.read_file(files[0]) or b"") if files else {}
    return bool(digests) and all(
        hunks.text_digest(atomic.read_file(path)) == after for path, after in digests.items()
    )


def _is_reverted(data: bytes | None, file: FileChange) -> bool:
    """True if the file has the old lines where the change put the new ones."""
    text = hunks.RedactedText(data, redaction.secret_naming())
    for hunk in file.hunks:
        above, below = hunk.above[-1:], hunk.below[:1]
        nothing = not (above or hunk.old or below)
        if text.contains(above, hunk.new, below) or not (
            nothing or text.contains(above, hunk.old, below)
        ):
            return False
        if not hunk.old and _is_begun(text, above, hunk.new):
            return False
    return bool(file.hunks)


def _is_begun(text: hunks.RedactedText, above: tuple[str, ...], added: tuple[str, ...]) -> bool:
    """True if one of the sections that were added, or the first line, is still in the file.

    Then somebody edited what was added: a program that overwrites it drops all of it.
    """
    headers = [line for line in added if line.startswith("[")]
    if headers:
        return any(text.contains((), (header,), ()) for header in headers)
    first = next((at for at, line in enumerate(added) if line.strip()), None)
    return first is not None and text.contains(above, added[: first + 1], ())
