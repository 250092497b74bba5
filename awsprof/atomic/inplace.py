"""Write into a file itself: one that several names share, or that is a mount of its own.

There is a moment in which such a file is half old and half new. Until that is over, a journal
beside it (0600) holds both texts, and the next writer mends by it what a killed one left.
"""

import contextlib
import os
from itertools import zip_longest
from pathlib import Path
from typing import Final

from awsprof.atomic import temp_files
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
    """Where the journal of ``target`` lies while that is written in place."""
    return target.with_name(f".{target.name}.awsprof-journal")


def write_in_place(before: Snapshot, data: bytes, call: Syscall) -> bool:
    """Write ``data`` into the file that ``before`` saw.

    False where it holds other bytes by now, or another program wrote at the same time: then the
    change must be made again on what it holds. FileProblem: it could not be written.
    """
    target = before.path
    old = before.data or b""
    journal = journal_path(target)
    _keep(journal, target, b"%b %d %d\n%b%b" % (_HEAD, len(old), len(data), old, data), call)
    if take_snapshot(target) != before:
        temp_files.discard_temp_file(journal)
        return False
    try:
        _overwrite(target, data, call)
    except BaseException as exc:
        left = _put_back(target, old, journal)
        if isinstance(exc, OSError):
            raise unwritable_error(target, exc, left) from exc
        raise
    same = read_file(target) == data
    _forget(journal, call)
    return same


def _forget(journal: Path, call: Syscall) -> None:
    # One that stays is no harm: the next writer sees that all is well, and takes it away.
    with contextlib.suppress(OSError):
        call("forget", journal.unlink)


def _keep(journal: Path, target: Path, text: bytes, call: Syscall) -> None:
    new = temp_files.make_temp_file(journal, text, None, mode=0o600, call=call)
    try:
        call("journal", os.replace, new, journal)
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


def _put_back(target: Path, old: bytes, journal: Path) -> str:
    try:
        if read_file(target) != old:
            _overwrite(target, old, call_directly)
        temp_files.discard_temp_file(journal)
    except (OSError, FileError):
        return f"It may be half written: the next change mends it by {journal}; leave that there."
    return "It is as it was."


def recover_in_place(path: Path, *, call: Syscall = call_directly) -> str | None:
    """Mend what a killed process left: a half written file, new files that found no place.

    Only under the lock that guards ``path``. The sentence that the person should hear, if any.
    """
    target = resolve_links(path)
    temp_files.sweep(target)
    journal = journal_path(target)
    temp_files.sweep(journal)
    text = read_file(journal)
    if text is None:
        return None
    old, new = _texts(journal, text)
    now = read_file(target)
    told = None
    if now not in (old, new):
        try:
            if now is not None and _is_half(now, old, new):
                _overwrite(target, old, call)
                told = f"{path} was left half written; it has its former text again."
            else:
                saved = call("save", _save, target, old)
                told = (
                    f"{path} was left half written, and another program has written it since;"
                    f" its text before that is in {saved}."
                )
        except OSError as exc:
            left = f"Its former text is in {journal}: leave that there."
            raise unwritable_error(target, exc, left) from exc
    _forget(journal, call)
    return told


def _texts(journal: Path, text: bytes) -> tuple[bytes, bytes]:
    """The old and the new text that a journal holds."""
    head, _, body = text.partition(b"\n")
    words = head.removeprefix(_HEAD).split()
    if head.startswith(_HEAD) and len(words) == 2 and all(word.isdigit() for word in words):
        old, new = map(int, words)
        if old + new == len(body):
            return body[:old], body[old:]
    raise FileError(
        f"{journal} is no journal of ours, and stands where one would be.", "move it away"
    )


def _is_half(now: bytes, old: bytes, new: bytes) -> bool:
    """Whether ``now`` holds, at each place, what ``old`` or ``new`` has there.

    Not only a beginning of the one and the end of the other: the mending may be killed too.
    """
    return len(now) <= max(len(old), len(new)) and all(
        byte in (a, b) for byte, a, b in zip_longest(now, old, new) if byte is not None
    )


def _save(target: Path, text: bytes) -> Path:
    saved = target.with_name(f"{target.name}.awsprof-{temp_files.unique_token()}.saved")
    new = temp_files.make_temp_file(saved, text, None, mode=0o600, call=call_directly)
    new.replace(saved)
    return saved
