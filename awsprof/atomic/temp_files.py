"""The new file beside the old one: written, synced, and looking like the old one.

It lies in the target's own folder (a rename does not cross file systems). Its name tells the target
and the process that makes it, so that what a killed one left is found: by whoever next holds that
target's lock, and by the next command that looks through our folders.
"""

import contextlib
import os
import re
import stat
import sys
import time
import zlib
from pathlib import Path
from typing import Final

from awsprof.atomic.snapshot import BINARY, Syscall, unwritable_error
from awsprof.errors import FileError

_END: Final = ".tmp"
_OURS: Final = re.compile(r"\..+\.awsprof-(?:([0-9a-f]{8})-(\d+)-)?[0-9a-f]{16}\.tmp\Z")
_OLD_S: Final = 24 * 3600.0  # no write takes so long, wherever it is made


def _start(target: Path) -> str:
    return f".{target.name}.awsprof-"


class OwnerLost(FileError):
    """The new file cannot be given the owner of the old: only the old one itself can be written."""


def make_temp_file(
    target: Path, data: bytes, old: os.stat_result | None, *, mode: int, call: Syscall
) -> Path:
    """A synced file with ``data``; owner, mode and extended attributes as ``old`` has them.

    Without ``old`` it gets ``mode``. FileProblem where it cannot be made; nothing is left of it.
    """
    temporary = None
    try:
        descriptor, temporary = call("create", _create, target)
        try:
            write_all(descriptor, data, call)
            if old is None:
                _set_mode(descriptor, mode, call)
            else:
                _keep_looks(target, descriptor, old, call)
            call("sync", os.fsync, descriptor)
        finally:
            os.close(descriptor)
    except BaseException as exc:
        if temporary is not None:
            discard_temp_file(temporary)
        if isinstance(exc, OSError):
            raise unwritable_error(target, exc) from exc
        raise
    return temporary


def _create(target: Path) -> tuple[int, Path]:
    new = target.with_name(f"{_start(target)}{_machine()}-{os.getpid()}-{unique_token()}{_END}")
    return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o600), new


def unique_token() -> str:
    """A part of a file name that nobody else has (``tempfile`` and ``secrets`` load slowly)."""
    return os.urandom(8).hex()


def _machine() -> str:
    """What tells this machine, or container, from others that share a home: by its name."""
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return f"{zlib.crc32(name.encode(errors='surrogateescape')):08x}"


def write_all(descriptor: int, data: bytes, call: Syscall) -> None:
    """Write every byte, though the system may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[call("write", os.write, descriptor, view) :]


def _set_mode(descriptor: int, mode: int, call: Syscall) -> None:
    if sys.platform != "win32":
        call("mode", os.fchmod, descriptor, mode)


def _keep_looks(target: Path, descriptor: int, old: os.stat_result, call: Syscall) -> None:
    if sys.platform != "win32":
        new = os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            try:
                call("owner", os.fchown, descriptor, old.st_uid, old.st_gid)
            except PermissionError as exc:
                raise OwnerLost(
                    f"{target} cannot be replaced: a new file would not belong to its owner."
                ) from exc
    _set_mode(descriptor, stat.S_IMODE(old.st_mode), call)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a file system may know none
            for name in os.listxattr(target):
                # A label that only the system may set is set by it.
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(target, name))


def discard_temp_file(temporary: Path) -> None:
    """Take a temporary file away; what resists is swept later."""
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` last; Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(target: Path) -> None:
    """Take away what killed processes left beside ``target``. Only under its lock."""
    with contextlib.suppress(OSError):
        for stale in target.parent.iterdir():
            if stale.name.startswith(_start(target)) and stale.name.endswith(_END):
                discard_temp_file(stale)


def sweep_folder(folder: Path) -> None:
    """Take away what killed processes of ours left in ``folder``, whatever they were to become.

    Without any lock: a file goes whose process is gone, or which is a day old. Those of other
    users, and of other programs, stay.
    """
    try:
        found = [path for path in folder.iterdir() if path.name.endswith(_END)]
    except OSError:
        return
    for path in found:
        match = _OURS.match(path.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):
            status = path.lstat()
            mine = sys.platform == "win32" or status.st_uid == os.getuid()
            old = time.time() - status.st_mtime > _OLD_S
            if mine and (old or (match[1] == _machine() and not _runs(int(match[2])))):
                path.unlink()


def _runs(pid: int) -> bool:
    """Whether there is such a process; yes, where that cannot be told."""
    if sys.platform == "win32":
        return True  # to ask there is to end it
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
