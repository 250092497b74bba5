"""Replace a file atomically and durably.

The order, tested at every kill point: write and sync the new file; compare the target once more, by
content, not time; rename; read the old file again, in case a program wrote into it meanwhile; sync
the folder. At each point the target is either the old file or the new one.
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

from awsprof.atomic import inplace, lease, temp_files, windows_sharing
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
_SETTLE_S: Final = 0.02


@dataclass(frozen=True)
class Replacement:
    """The result of a replacement.

    ``written`` is False if the file had changed since the snapshot; nothing was written.
    ``late_write``: what another program wrote into the old file while it was replaced.
    ``durability_error``: the disk did not confirm the write; the caller raises it when everything
    else is done.
    """

    written: bool
    late_write: bytes | None = None
    durability_error: DurabilityError | None = None


def write_file(
    path: Path, data: bytes, *, mode: int = 0o600, call: Syscall = call_directly
) -> None:
    """Replaces one of our own files, whose lock the caller holds.

    ``mode`` is for a new file (an existing one keeps its own); missing folders get 0700. Raises
    FileError if it was not written (the file is unchanged), DurabilityError if it was written but
    not confirmed by the disk.
    """
    target = resolve_links(path)
    make_private_dir(target.parent)
    inplace.recover_in_place(target)
    for _ in range(_TRIES):
        replaced = replace_file(take_snapshot(target), data, mode=mode, call=call)
        if replaced.durability_error:
            raise replaced.durability_error
        if replaced.written:
            return
    raise contended_file_error(path)


def contended_file_error(path: Path) -> FileError:
    """Returns the error for a file that changes each time we read it."""
    return FileError(
        f"Another program keeps writing {path}; awsprof changed nothing.",
        "wait until it is done, then run this again",
    )


def replace_file(
    before: Snapshot, data: bytes, *, mode: int = 0o600, call: Syscall = call_directly
) -> Replacement:
    """Replaces the file of the snapshot ``before`` by ``data``; owner, mode and xattrs stay.

    A file with several hard links, a mount point, or a file whose owner could not be kept is
    written in place. Raises FileError if it could not be written; the file is then unchanged.
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
    """Deletes the file of the snapshot ``before``, as carefully as ``replace_file``."""
    target = before.path
    require_regular_file(target)
    try:
        return _swap(before, lambda: call("remove", _remove, target), call)
    except OSError as exc:
        raise unwritable_error(target, exc) from exc


def _remove(target: Path) -> bool:
    windows_sharing.when_closed(target.unlink)
    return True


def _move(new: Path, before: Snapshot, call: Syscall) -> bool:
    """Renames; returns False if a file has appeared where there was none."""
    if before.data is None:
        try:
            # A hard link, unlike a rename, never replaces a file.
            call("link", os.link, new, before.path)
            return True
        except FileExistsError:
            return False
        except OSError:
            pass  # a file system without hard links
    call("rename", windows_sharing.when_closed, os.replace, new, before.path)
    return True


def _swap(before: Snapshot, commit: Callable[[], bool], call: Syscall) -> Replacement:
    """Compares, calls ``commit``, checks for a late write, and syncs the folder."""
    target = before.path
    with contextlib.ExitStack() as closing:
        old = None
        still = False
        now = Snapshot(target, None)
        with contextlib.suppress(FileNotFoundError):
            old = call(
                "compare", windows_sharing.when_in_place, os.open, target, os.O_RDONLY | BINARY
            )
            closing.callback(os.close, old)
            still = lease.hold_read_lease(old)
            now = snapshot_open_file(old, target)
        if now != before:
            return Replacement(written=False)
        if old is not None and still and call("look", lease.is_lease_breaking, old):
            return Replacement(written=False)
        if sys.platform == "win32":
            closing.close()  # an open file cannot be replaced there
        if not commit():
            return Replacement(written=False)
        if old is not None and still:
            lease.release_lease(old)
        late = _late_write(old, before)
        doubt = None
        try:
            call("sync folder", temp_files.sync_folder, target.parent)
        except OSError as exc:
            doubt = DurabilityError(
                f"{target} was written, but the disk did not confirm it: {exc.strerror}.",
                "check the disk; after a power failure, check the file",
            )
        return Replacement(True, late, doubt)


def _late_write(old: int | None, before: Snapshot) -> bytes | None:
    """Returns the content of the replaced file if it differs from ``before``, else None."""
    if old is None or sys.platform == "win32":
        return None
    lease.hold_read_lease(old)
    now = snapshot_open_file(old, before.path).data or b""
    for _ in range(_TRIES):
        if now == before.data or now.endswith(b"\n"):
            break
        time.sleep(_SETTLE_S)
        now = snapshot_open_file(old, before.path).data or b""
    return None if now == before.data else now
