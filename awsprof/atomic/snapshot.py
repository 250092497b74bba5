"""A file at one moment, and why one cannot be read or written, in plain words.

Nothing here writes.
"""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, ParamSpec, Protocol, TypeVar

from awsprof.errors import FileError

P = ParamSpec("P")
R = TypeVar("R")

BINARY: Final[int] = getattr(os, "O_BINARY", 0)  # else Windows changes line ends


class Syscall(Protocol):
    """Makes one call into the operating system, on which the outcome of a write depends.

    A seam: a test's own fails that call, or ends the process before it. ``step`` names the call.
    """

    def __call__(
        self, step: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R: ...


def call_directly(step: str, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """The Call that simply makes it."""
    return function(*args, **kwargs)


@dataclass(frozen=True)
class Snapshot:
    """A file at one moment: ``data`` is None where there was none.

    ``path`` is the file itself, behind every symlink; ``identity`` its device and inode.
    """

    path: Path
    data: bytes | None
    identity: tuple[int, int] | None = None


def read_file(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none. FileProblem where it cannot be read."""
    return take_snapshot(path).data


def take_snapshot(path: Path) -> Snapshot:
    """The file that ``path`` leads to now; a dangling symlink counts as a missing file."""
    target = resolve_links(path)
    try:
        if stat.S_ISFIFO(path.stat().st_mode) and target.exists():  # not one of the shell's <(...)
            raise FileError(
                f"{path} is a pipe, which can be read only once.",
                "write its text to a file, and name that file",
            )
        # By the path that was given: /dev/fd/9 can be opened, and what it resolves to cannot.
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            return Snapshot(target, file.read(), (status.st_dev, status.st_ino))
    except FileNotFoundError:
        return Snapshot(target, None)
    except OSError as exc:
        raise unreadable_error(path, exc) from exc


def snapshot_open_file(descriptor: int, path: Path) -> Snapshot:
    """The open file, whatever ``path`` leads to by now."""
    status = os.fstat(descriptor)
    os.lseek(descriptor, 0, os.SEEK_SET)
    chunks = []
    while chunk := os.read(descriptor, 1 << 20):
        chunks.append(chunk)
    return Snapshot(path, b"".join(chunks), (status.st_dev, status.st_ino))


def resolve_links(path: Path) -> Path:
    """Where ``path`` leads, symlinks followed; what is missing at its end stays as it is."""
    return Path(os.path.realpath(path))


def require_regular_file(target: Path) -> os.stat_result | None:
    """The status of a file that may be written; None where there is none.

    FileProblem for what is no plain file: to rename over /dev/null would take it from everybody.
    """
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise unwritable_error(target, exc) from exc
    if not stat.S_ISREG(status.st_mode):
        raise FileError(
            f"{target} is no plain file, so nothing is written there.",
            "name another file (AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say which)",
        )
    return status


_FOLDER = "make its folder one that you can write to"
_READ_MEND: Final = {
    errno.EACCES: "make it yours to read, and the folders above it yours to enter",
    errno.EISDIR: "it is a folder: move it away",
    errno.ENOTDIR: "something above it is a file where a folder should be: move that away",
    errno.ELOOP: "its symlinks lead in a circle: mend them",
}
_WRITE_MEND: Final = {
    errno.ENOSPC: "make room on the disk, then run this again",
    errno.EDQUOT: "make room in your quota, then run this again",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), then run this again",
    errno.EACCES: _FOLDER,
    errno.EPERM: _FOLDER,
    errno.EROFS: "the disk is mounted read-only: change the file where it comes from",
}


def unreadable_error(path: Path, exc: OSError) -> FileError:
    """The FileProblem of a file that cannot be read."""
    return FileError(
        f"{path} cannot be read: {exc.strerror}.",
        _READ_MEND.get(exc.errno or 0, "look at what stands there"),
    )


def unwritable_error(path: Path, exc: OSError, left: str = "It is as it was.") -> FileError:
    """The FileProblem of a file that could not be written; ``left`` says what it holds now."""
    return FileError(
        f"{path} could not be written: {exc.strerror}. {left}",
        _WRITE_MEND.get(exc.errno or 0, "mend that, then run this again"),
    )
