"""The temporary file beside a target: written, synced, with the target's owner and mode.

It is in the target's own folder, since a rename does not cross file systems. Its name contains the
target's name and the process ID, so that what a killed process left is deleted by the next holder
of the target's lock, or by the next command that sweeps our folders.
"""

import contextlib
import errno
import os
import re
import stat
import sys
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from awsprof.atomic.snapshot import BINARY, Syscall, unwritable_error
from awsprof.errors import FileError

_SUFFIX: Final = ".tmp"
_OURS: Final = re.compile(r"\..+\.awsprof-(?:([0-9a-f]{8})-(\d+)-)?[0-9a-f]{16}\.tmp\Z")
# What open and fsync say of a folder that the file system cannot sync, as some of FUSE's, SMB's and
# old ones of NFS do; git and SQLite go on, too.
_NO_SYNC: Final = frozenset({errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EOPNOTSUPP})
_STALE_S: Final = 24 * 3600.0  # longer than any write takes


def _prefix(target: Path) -> str:
    return f".{target.name}.awsprof-"


class OwnerLost(FileError):
    """The new file cannot get the old one's owner: only the old file itself can be written."""


def make_temp_file(
    target: Path, data: bytes, old: os.stat_result | None, *, mode: int, call: Syscall
) -> Path:
    """Creates a synced file with ``data`` and the owner, mode and xattrs of ``old``.

    Without ``old`` it gets ``mode``. Raises FileError if it cannot be created; nothing is left
    then.
    """
    temporary = None
    try:
        descriptor, temporary = call("create", _create, target)
        try:
            write_all(descriptor, data, call)
            if old is None:
                _set_mode(descriptor, mode, call)
            else:
                _copy_metadata(target, descriptor, old, call)
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
    new = target.with_name(f"{_prefix(target)}{_machine()}-{os.getpid()}-{unique_token()}{_SUFFIX}")
    return os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o600), new


def unique_token() -> str:
    """Returns a random part for a file name (``tempfile`` and ``secrets`` load slowly)."""
    return os.urandom(8).hex()


def _machine() -> str:
    """Returns a hash of the host name, to tell machines or containers that share a home apart."""
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return f"{zlib.crc32(name.encode(errors='surrogateescape')):08x}"


def write_all(descriptor: int, data: bytes, call: Syscall) -> None:
    """Writes every byte, though the system may accept fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[call("write", os.write, descriptor, view) :]


def _set_mode(descriptor: int, mode: int, call: Syscall) -> None:
    if sys.platform != "win32":
        call("mode", os.fchmod, descriptor, mode)


def _copy_metadata(target: Path, descriptor: int, old: os.stat_result, call: Syscall) -> None:
    _copy_owner(target, descriptor, old, call)
    _set_mode(descriptor, stat.S_IMODE(old.st_mode), call)
    _copy_labels(target, descriptor)


def _copy_labels(target: Path, descriptor: int) -> None:
    """Copies the extended attributes, such as SELinux's labels, as far as the system lets us."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):  # the file system may have none
        for name in os.listxattr(target):
            with contextlib.suppress(OSError):  # some only the system may set
                os.setxattr(descriptor, name, os.getxattr(target, name))


def _copy_owner(target: Path, descriptor: int, old: os.stat_result, call: Syscall) -> None:
    if sys.platform == "win32":
        return
    new = os.fstat(descriptor)
    if (old.st_uid, old.st_gid) == (new.st_uid, new.st_gid):
        return
    try:
        call("owner", os.fchown, descriptor, old.st_uid, old.st_gid)
    except PermissionError as exc:
        raise OwnerLost(
            f"{target} cannot be replaced: the new file would have another owner."
        ) from exc


def discard_temp_file(temporary: Path) -> None:
    """Deletes a temporary file; if that fails, a later sweep does it."""
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes a rename in ``folder`` durable, where the system has a call for that.

    Windows has none, some file systems have none for folders, and a folder that one may write but
    not read cannot be opened for it. Raises OSError if the disk fails.
    """
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def sweep_targets(*targets: Path) -> None:
    """Deletes what killed processes left beside files of one folder. Call it with the lock held."""
    prefixes = tuple(map(_prefix, targets))
    with contextlib.suppress(OSError):
        for stale in targets[0].parent.iterdir():
            if stale.name.startswith(prefixes) and stale.name.endswith(_SUFFIX):
                discard_temp_file(stale)


def sweep_folders(folders: Iterable[Path]) -> None:
    """Deletes every temporary file that killed awsprof processes left in ``folders``.

    Needs no lock: it deletes a file if its process is gone or it is a day old. Files of other users
    and of other programs stay.
    """
    for folder in folders:
        _sweep_folder(folder)


def _sweep_folder(folder: Path) -> None:
    try:
        paths = [path for path in folder.iterdir() if path.name.endswith(_SUFFIX)]
    except OSError:
        return
    for path in paths:
        match = _OURS.match(path.name)
        if match is None:
            continue
        with contextlib.suppress(OSError):
            status = path.lstat()
            mine = sys.platform == "win32" or status.st_uid == os.getuid()
            old = time.time() - status.st_mtime > _STALE_S
            if mine and (old or (match[1] == _machine() and not _is_running(int(match[2])))):
                path.unlink()


def _is_running(pid: int) -> bool:
    """True if the process exists, or if that cannot be found out."""
    if sys.platform == "win32":
        return True  # os.kill would end it
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
