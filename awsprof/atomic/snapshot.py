"""Read a file at one moment, and explain why a file cannot be read or written.

Nothing here writes.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, Protocol, TypeVar

from awsprof.atomic import lease, windows_sharing
from awsprof.errors import FileError

_P = ParamSpec("_P")
_R = TypeVar("_R")

BINARY: Final[int] = getattr(os, "O_BINARY", 0)  # without it, Windows changes line ends


class Syscall(Protocol):
    """Makes one call into the operating system that a write depends on.

    Tests replace it to make a call fail, or to end the process before it. ``step`` names the call.
    """

    def __call__(
        self, step: str, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R: ...


def call_directly(
    step: str, function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs
) -> _R:
    """Calls ``function``: the default Syscall."""
    return function(*args, **kwargs)


@dataclass(frozen=True)
class Snapshot:
    """A file at one moment; ``data`` is None if there was no file.

    ``path`` has every symlink resolved; ``identity`` is the file's device and inode.
    """

    path: Path
    data: bytes | None
    identity: tuple[int, int] | None = None


def read_file(path: Path) -> bytes | None:
    """Returns a file's bytes; None if it is missing. Raises FileError if it cannot be read."""
    return take_snapshot(path).data


def take_snapshot(path: Path) -> Snapshot:
    """Reads the file that ``path`` leads to; a dangling symlink counts as missing."""
    target = resolve_links(path)
    try:
        refuse_endless(path)
        # Open the original path: /dev/fd/9 can be opened, its resolved path cannot.
        with windows_sharing.when_in_place(path.open, "rb") as file:
            status = os.fstat(file.fileno())
            return Snapshot(target, file.read(), (status.st_dev, status.st_ino))
    except FileNotFoundError:
        return Snapshot(target, None)
    except OSError as exc:
        raise unreadable_error(path, exc) from exc


def refuse_endless(path: Path) -> None:
    """Raises FileError for a named pipe, and for a device other than /dev/null.

    Raises OSError if there is no such file.
    """
    status = path.stat()
    if sys.platform == "win32":
        return  # there a pipe and a device have paths of their own
    # the shell's <(...) leads nowhere, and has an end
    if stat.S_ISFIFO(status.st_mode) and resolve_links(path).exists():
        raise FileError(
            f"{path} is a pipe, which can be read only once.",
            "write its text to a file, and name that file",
        )
    device = stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
    if device and status.st_rdev != Path(os.devnull).stat().st_rdev:
        raise FileError(
            f"{path} is a device, not a file.", "put a file in its place, or name another one"
        )


def snapshot_open_file(descriptor: int, path: Path) -> Snapshot:
    """Reads the open file, wherever ``path`` leads now."""
    status = os.fstat(descriptor)
    os.lseek(descriptor, 0, os.SEEK_SET)
    chunks = []
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
    return Snapshot(path, b"".join(chunks), (status.st_dev, status.st_ino))


def snapshot_between_writes(path: Path) -> Snapshot | None:
    """Reads the file while no program has it open for writing; None if that cannot be known."""
    try:
        descriptor = os.open(path, os.O_RDONLY | BINARY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    try:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if not regular or not lease.hold_read_lease(descriptor):
            return None
        return snapshot_open_file(descriptor, resolve_links(path))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def resolve_links(path: Path) -> Path:
    """Resolves every symlink of ``path``; it need not exist."""
    return Path(os.path.realpath(path))


def is_link_loop(path: Path) -> bool:
    """True if the symlinks of ``path`` lead in a circle, so to no file."""
    try:
        os.stat(path)  # noqa: PTH116  # as quick as the read that follows
    except OSError as exc:
        return exc.errno == errno.ELOOP
    return False


def require_regular_file(target: Path) -> os.stat_result | None:
    """Returns the status of a file that may be written; None if it is missing.

    Raises FileError if it is not a regular file: renaming over /dev/null would break every program.
    """
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise unwritable_error(target, exc) from exc
    if not stat.S_ISREG(status.st_mode):
        raise FileError(
            f"{target} is not a regular file, so awsprof does not write it.",
            "choose another file with AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE",
        )
    return status


_FOLDER = "make its folder writable for you"
if sys.platform == "win32":
    _FOLDER = f"close the programs that have it open, or {_FOLDER}"
_READ_FIXES: Final = {
    errno.EACCES: "make it readable for you, and the folders above it searchable (chmod +x)",
    errno.EISDIR: "it is a folder: move it away",
    errno.ENOTDIR: "one of its parent folders is a file: move that away",
    errno.ELOOP: "its symlinks form a loop: remove the link, or let it point to the file",
}
_WRITE_FIXES: Final = {
    errno.ENOSPC: "free disk space, then run this again",
    errno.EDQUOT: "free space in your disk quota, then run this again",
    errno.EFBIG: "raise the file size limit (ulimit -f), then run this again",
    errno.EACCES: _FOLDER,
    errno.EPERM: _FOLDER,
    errno.EROFS: "the file system is read-only: change the file at its source",
}


def unreadable_error(path: Path, exc: OSError) -> FileError:
    """Returns the error for a file that cannot be read."""
    fix = _READ_FIXES.get(exc.errno or 0, "check what is at that path")
    if exc.errno == errno.EACCES:
        fix = _taking_back(path) or fix
    return FileError(f"{path} cannot be read: {exc.strerror}.", fix)


def _taking_back(path: Path) -> str | None:
    """Returns the command that takes back what sudo left to root in the user's home; else None.

    It names the folder above if that is another user's too.
    """
    from awsprof import paths
    from awsprof.shells import shell_word

    if sys.platform == "win32":
        return None
    theirs = None
    for place in (path, *path.parents):
        if paths.home() not in place.parents:
            break
        try:
            owner = place.lstat().st_uid
        except OSError:
            continue  # missing, or in a closed folder
        if owner == os.getuid():
            break
        theirs = place
    if theirs is None:
        return None
    return f'it belongs to another user: sudo chown -R "$(id -un)" {shell_word(str(theirs))}'


def unwritable_error(path: Path, exc: OSError, left: str = "It is unchanged.") -> FileError:
    """Returns the error for a failed write; ``left`` says what the file contains now."""
    fix = _WRITE_FIXES.get(exc.errno or 0, "fix that, then run this again")
    if exc.errno == errno.EACCES:
        fix = _taking_back(path.parent) or fix
    return FileError(f"{path} could not be written: {exc.strerror}. {left}", fix)
