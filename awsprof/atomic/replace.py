"""Put a new file in the place of the old one, at once and for good.

The order, measured at every kill point: the new file written and synced; the target compared once
more, by its bytes and not its time; the rename; the old file read again, for a program that wrote
into it meanwhile; the folder synced. At each point the target is the old file or the new one.
"""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awsprof.atomic import inplace, lease, temp_files
from awsprof.atomic.snapshot import (
    BINARY,
    Snapshot,
    Syscall,
    call_directly,
    require_regular_file,
    resolve_links,
    snapshot_open_file,
    take_snapshot,
    unwritable_error,
)
from awsprof.errors import DurabilityError, FileError
from awsprof.locks import make_private_dir

_TRIES: Final = 20
_SETTLE: Final = 0.02  # seconds


@dataclass(frozen=True)
class Replacement:
    """What came of a replacement.

    Not ``done``: the file was no longer the one that was read, and nothing was written.
    ``late``: what another program wrote into the old file while that was put away.
    ``doubt``: the disk did not confirm it; the caller raises that when all else is done.
    """

    done: bool
    late: bytes | None = None
    doubt: DurabilityError | None = None


def write_file(
    path: Path, data: bytes, *, mode: int = 0o600, call: Syscall = call_directly
) -> None:
    """Replace a file of ours, whose lock the caller holds.

    ``mode`` is for a new file (an old one keeps its own), 0700 for folders that are missing.
    FileProblem: not written, the file is as it was. DurabilityError: written, but not confirmed.
    """
    target = resolve_links(path)
    make_private_dir(target.parent)
    inplace.recover_in_place(target)
    for _ in range(_TRIES):
        replaced = replace_file(take_snapshot(target), data, mode=mode, call=call)
        if replaced.doubt:
            raise replaced.doubt
        if replaced.done:
            return
    raise contended_file_error(path)


def contended_file_error(path: Path) -> FileError:
    """The FileProblem of a file that is another one each time we look."""
    return FileError(
        f"Another program keeps writing {path}; nothing was changed.",
        "wait until it is done, then run this again",
    )


def replace_file(
    before: Snapshot, data: bytes, *, mode: int = 0o600, call: Syscall = call_directly
) -> Replacement:
    """Put ``data`` in the place of the file that ``before`` saw; owner, mode and xattrs stay.

    A file that several names share, that is a mount of its own, or whose owner we could not keep,
    is written in place. FileProblem: it could not be written, and is as it was.
    """
    target = before.path
    status = require_regular_file(target)
    if status is not None and status.st_nlink > 1:
        return Replacement(inplace.write_in_place(before, data, call))
    try:
        new = temp_files.make_temp_file(target, data, status, mode=mode, call=call)
    except temp_files.OwnerLost:
        return Replacement(inplace.write_in_place(before, data, call))
    try:
        return _swap(before, lambda: _move(new, before, call), call)
    except OSError as exc:
        if exc.errno in {errno.EBUSY, errno.EXDEV}:
            return Replacement(inplace.write_in_place(before, data, call))
        raise unwritable_error(target, exc) from exc
    finally:
        temp_files.discard_temp_file(new)


def remove_file(before: Snapshot, *, call: Syscall = call_directly) -> Replacement:
    """Take away the file that ``before`` saw, with the care of ``replace``."""
    target = before.path
    require_regular_file(target)
    try:
        return _swap(before, lambda: call("remove", _remove, target), call)
    except OSError as exc:
        raise unwritable_error(target, exc) from exc


def _remove(target: Path) -> bool:
    target.unlink()
    return True


def _move(new: Path, before: Snapshot, call: Syscall) -> bool:
    """Rename; False where a file has come to stand where none was."""
    if before.data is None:
        try:
            # A hard link, unlike a rename, refuses to take the place of a file.
            call("link", os.link, new, before.path)
            return True
        except FileExistsError:
            return False
        except OSError:
            pass  # a file system without hard links
    call("rename", os.replace, new, before.path)
    return True


def _swap(before: Snapshot, commit: Callable[[], bool], call: Syscall) -> Replacement:
    """Compare, ``commit``, look for a late writer, and sync the folder."""
    target = before.path
    with contextlib.ExitStack() as closing:
        old = None
        still = False
        now = Snapshot(target, None)
        with contextlib.suppress(FileNotFoundError):
            old = call("compare", os.open, target, os.O_RDONLY | BINARY)
            closing.callback(os.close, old)
            still = lease.hold_read_lease(old)
            now = snapshot_open_file(old, target)
        if now != before:
            return Replacement(done=False)
        if old is not None and still and call("look", lease.is_awaited, old):
            return Replacement(done=False)
        if sys.platform == "win32":
            closing.close()  # an open file cannot be replaced there
        if not commit():
            return Replacement(done=False)
        if old is not None and still:
            lease.release(old)
        late = _late(old, before)
        doubt = None
        try:
            call("sync folder", temp_files.sync_folder, target.parent)
        except OSError as exc:
            doubt = DurabilityError(
                f"{target} is written, but the disk did not confirm it: {exc.strerror}.",
                "check the disk; after a power cut, look at the file again",
            )
        return Replacement(True, late, doubt)


def _late(old: int | None, before: Snapshot) -> bytes | None:
    """What the file that was put away holds, if that is no longer what ``before`` saw."""
    if old is None or sys.platform == "win32":
        return None
    lease.hold_read_lease(old)
    now = snapshot_open_file(old, before.path).data or b""
    for _ in range(_TRIES):
        if now == before.data or now.endswith(b"\n"):
            break
        time.sleep(_SETTLE)
        now = snapshot_open_file(old, before.path).data or b""
    return None if now == before.data else now
