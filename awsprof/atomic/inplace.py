"""Write into an existing file: one with several hard links, or one that is a mount point.

Such a file is half old and half new for a moment. Until the write is complete, a journal beside it
(0600) holds both texts, and the next writer uses it to recover from a killed process.
"""

import contextlib
import os
from itertools import zip_longest
from pathlib import Path
from typing import Final

from awsprof.atomic import temp_files, windows_sharing
from awsprof.atomic.snapshot import (
    BINARY,
    Snapshot,
    Syscall,
    call_directly,
    read_file,
    resolve_links,
    take_snapshot,
    unwritable_error,
)
from awsprof.errors import FileError

_HEAD: Final = b"awsprof-journal 1"


def journal_path(target: Path) -> Path:
    """Returns the path of the journal while ``target`` is written in place."""
    return target.with_name(f".{target.name}.awsprof-journal")


def write_in_place(before: Snapshot, data: bytes, call: Syscall) -> bool:
    """Writes ``data`` into the file of the snapshot ``before``.

    Returns False if the file has changed since, or another program wrote at the same time: the
    change must then be made again on its current content. Raises FileError if it could not be
    written.
    """
    target = before.path
    old = before.data or b""
    journal = journal_path(target)
    _write_journal(
        journal, target, b"%b %d %d\n%b%b" % (_HEAD, len(old), len(data), old, data), call
    )
    if take_snapshot(target) != before:
        temp_files.discard_temp_file(journal)
        return False
    try:
        _overwrite(target, data, call)
    except BaseException as exc:
        left = _restore(target, old, journal)
        if isinstance(exc, OSError):
            raise unwritable_error(target, exc, left) from exc
        raise
    same = read_file(target) == data
    _delete_journal(journal, call)
    return same


def _delete_journal(journal: Path, call: Syscall) -> None:
    # A leftover does no harm: the next writer sees that the file is complete and deletes it.
    with contextlib.suppress(OSError):
        call("forget", windows_sharing.when_closed, journal.unlink)


def _write_journal(journal: Path, target: Path, text: bytes, call: Syscall) -> None:
    new = temp_files.make_temp_file(journal, text, None, mode=0o600, call=call)
    try:
        call("journal", windows_sharing.when_closed, os.replace, new, journal)
        call("sync journal", temp_files.sync_folder, journal.parent)
    except OSError as exc:
        temp_files.discard_temp_file(new)
        temp_files.discard_temp_file(journal)
        raise unwritable_error(target, exc) from exc


def _overwrite(target: Path, data: bytes, call: Syscall) -> None:
    descriptor = call("open", os.open, target, os.O_WRONLY | BINARY)
    try:
        temp_files.write_all(descriptor, data, call)
        call("truncate", os.ftruncate, descriptor, len(data))
        call("sync", os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _restore(target: Path, old: bytes, journal: Path) -> str:
    try:
        if read_file(target) != old:
            _overwrite(target, old, call_directly)
        temp_files.discard_temp_file(journal)
    except (OSError, FileError):
        return f"It may be half written: the next change recovers it from {journal}; keep that."
    return "It is unchanged."


def recover_in_place(path: Path, *, call: Syscall = call_directly) -> str | None:
    """Recovers what a killed process left: a half-written file, leftover temporary files.

    Call it only while holding the lock of ``path``. Returns a message for the user, if there is
    one.
    """
    target = resolve_links(path)
    journal = journal_path(target)
    temp_files.sweep_targets(target, journal)
    text = read_file(journal)
    if text is None:
        return None
    old, new = _parse_journal(journal, text)
    now = read_file(target)
    message = None
    if now not in (old, new):
        try:
            if now is not None and _is_half(now, old, new):
                _overwrite(target, old, call)
                message = f"{path} was left half written; its previous text was restored."
            else:
                saved = call("save", _save, target, old)
                message = (
                    f"{path} was left half written, and another program has written it since;"
                    f" its previous text is in {saved}."
                )
        except OSError as exc:
            left = f"Its previous text is in {journal}: keep that."
            raise unwritable_error(target, exc, left) from exc
    _delete_journal(journal, call)
    return message


def _parse_journal(journal: Path, text: bytes) -> tuple[bytes, bytes]:
    """Returns the old and the new text in a journal."""
    head, _, body = text.partition(b"\n")
    words = head.removeprefix(_HEAD).split()
    if head.startswith(_HEAD) and len(words) == 2 and all(word.isdigit() for word in words):
        old, new = map(int, words)
        if old + new == len(body):
            return body[:old], body[old:]
    raise FileError(
        f"{journal} is not an awsprof journal, but has the name of one.", "move it away"
    )


def _is_half(now: bytes, old: bytes, new: bytes) -> bool:
    """True if each byte of ``now`` is the one that ``old`` or ``new`` has at that position.

    Not only the beginning of one and the end of the other: a recovery may be killed too.
    """
    return len(now) <= max(len(old), len(new)) and all(
        byte in (a, b) for byte, a, b in zip_longest(now, old, new) if byte is not None
    )


def _save(target: Path, text: bytes) -> Path:
    saved = target.with_name(f"{target.name}.awsprof-{temp_files.unique_token()}.saved")
    new = temp_files.make_temp_file(saved, text, None, mode=0o600, call=call_directly)
    new.replace(saved)
    return saved
