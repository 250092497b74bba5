"""Locks across processes and threads, on files that are nothing else.

The kernel frees a lock whose holder is gone, however it went. The file says who holds it, so that
one who waits in vain can be told. Nothing here knows what is guarded.
"""

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from awsprof import logs, paths
from awsprof.errors import FileError, LockTimeout

_PAUSES = (0.002, 0.005, 0.01, 0.02, 0.05)  # seconds; the last one repeats
_TELL_AFTER = 2.0  # seconds
_log = logs.get_logger(__name__)


@contextmanager
def hold_lock(
    path: Path,
    *,
    purpose: str,
    timeout: float = 20.0,
    tell: Callable[[str], object] | None = None,
    needed: bool = True,
) -> Iterator[None]:
    """Hold the lock at ``path`` alone, against other processes and other threads.

    Waits up to ``timeout`` seconds, then raises Busy, which names the holder's process and
    ``purpose``; ``tell`` hears after two seconds for whom it waits. The file (0600; a missing
    folder is made, 0700) stays: taking it away would let two processes hold two files of one name.
    Not reentrant. FileProblem: no lock can be had there. Where it is not ``needed`` (what is done
    under it only reads, and spares others the same work) the block then runs without.
    """
    try:
        descriptor = _open(path)
    except FileError:
        if needed:
            raise
        yield
        return
    try:
        held = _acquired(descriptor, path, purpose, timeout, tell, needed=needed)
        try:
            yield
        finally:
            if held:
                _release(descriptor)
    finally:
        os.close(descriptor)


def lock_path(target: Path) -> Path:
    """Where the lock of a file is that lies elsewhere: in our own folder, named after its path."""
    return paths.locks_dir() / f"{sha256(os.fsencode(target)).hexdigest()[:16]}.lock"


def make_private_dir(folder: Path) -> None:
    """Make ``folder`` and those above it where they are missing, each of them 0700."""
    try:
        missing = []
        for place in (folder, *folder.parents):
            if place.exists():
                break
            missing.append(place)
        for place in reversed(missing):
            with contextlib.suppress(FileExistsError):
                place.mkdir(mode=0o700)  # mkdir's own parents=True would make those 0755
    except OSError as exc:
        raise FileError(
            f"The folder {folder} cannot be made: {exc.strerror}.", _mend(exc, folder.parent)
        ) from exc


def _mend(exc: OSError, folder: Path) -> str:
    if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "make room on the disk, then run this again"
    if exc.errno in {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}:
        return f"set AWSPROF_HOME to a folder on a disk that has locks: {folder} has none now"
    return f"make {folder} a folder that you can write to"


def _unlockable(path: Path, exc: OSError) -> FileError:
    return FileError(f"The lock {path} cannot be taken: {exc.strerror}.", _mend(exc, path.parent))


def _open(path: Path) -> int:
    make_private_dir(path.parent)
    # Never through a symlink: whoever can write the folder could have us truncate another file.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags, 0o600)
    except OSError as exc:
        if exc.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            # One that is there already serves on a read-only disk too: nothing need be written.
            with contextlib.suppress(OSError):
                return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        raise _unlockable(path, exc) from exc


def _kind(path: Path) -> str:
    """What the lock guards, for logs: the rest of its name is a hash of what may be private."""
    kind, dash, _ = path.stem.partition("-")
    return kind if dash or path.stem.isalpha() else "file"


def _acquired(
    descriptor: int,
    path: Path,
    purpose: str,
    timeout: float,
    tell: Callable[[str], object] | None,
    *,
    needed: bool,
) -> bool:
    """Whether it was taken; False where none can be had there, and none is needed."""
    try:
        _acquire(descriptor, path, purpose, timeout, tell)
    except FileError:
        if needed:
            raise
        return False
    return True


def _acquire(
    descriptor: int,
    path: Path,
    purpose: str,
    timeout: float,
    tell: Callable[[str], object] | None,
) -> None:
    began = time.monotonic()
    tries = 0
    try:
        while not _try(descriptor):
            if not tries:
                _log.debug("%s lock: held by another, waiting up to %g s", _kind(path), timeout)
            waited = time.monotonic() - began
            if tell is not None and waited >= _TELL_AFTER:
                with contextlib.suppress(Exception):  # nobody may be there to hear it
                    tell(f"Waiting for another awsprof{_holder(descriptor)} ...")
                tell = None
            if waited >= timeout:
                raise LockTimeout(
                    f"Another awsprof{_holder(descriptor)} is still busy, {timeout:g} seconds on.",
                    "wait until it is done, or end it, and run this again",
                )
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1
    except OSError as exc:  # a file system that knows no locks
        raise _unlockable(path, exc) from exc
    if tries:
        _log.debug("%s lock: acquired after %.3f s", _kind(path), time.monotonic() - began)
    # For people alone: that it cannot be written (a full disk) is no reason to give up.
    with contextlib.suppress(OSError):
        _say(descriptor, f"{os.getpid()} {purpose}".encode())


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _say(descriptor: int, text: bytes) -> None:
        """Nothing: nobody else can read a locked byte there."""

    def _holder(descriptor: int) -> str:
        return ""

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        # flock belongs to the open file, not to the process: two threads exclude each other too.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(descriptor: int) -> None:
        # Said outright: closing alone would leave it to a child that was forked meanwhile.
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _say(descriptor: int, text: bytes) -> None:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)

    def _holder(descriptor: int) -> str:
        from awsprof.text import sanitize

        pid, _, purpose = os.pread(descriptor, 200, 0).decode(errors="replace").partition(" ")
        return f" (process {pid}: {sanitize(purpose)})" if pid.isdigit() else ""
