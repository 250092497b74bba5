"""Locks across processes and threads, on files that serve no other purpose.

The kernel releases the lock when its holder exits, however that happens. The file names the holder,
so that a timeout can say who holds it. Nothing here knows what a lock guards.
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
_TELL_AFTER_S = 2.0
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
    """Holds the lock at ``path`` exclusively, against other processes and other threads.

    Waits up to ``timeout`` seconds, then raises LockTimeout, which names the holder's process and
    ``purpose``. After two seconds it calls ``tell`` with a message about the wait. The file (0600;
    missing folders are created with 0700) is never deleted: if it were, two processes could hold
    two files of the same name. Not reentrant.

    Raises FileError if no lock can be taken there. With ``needed=False`` (the block only reads, and
    the lock saves others the same work) the block then runs without a lock.
    """
    try:
        descriptor = _open(path)
    except FileError:
        if needed:
            raise
        yield
        return
    try:
        held = _try_acquire(descriptor, path, purpose, timeout, tell, needed=needed)
        try:
            yield
        finally:
            if held:
                _release(descriptor)
    finally:
        os.close(descriptor)


def lock_path(target: Path) -> Path:
    """Returns the lock file for ``target``: in our own folder, named after a hash of its path."""
    return paths.locks_dir() / f"{sha256(os.fsencode(target)).hexdigest()[:16]}.lock"


def make_private_dir(folder: Path) -> None:
    """Creates ``folder`` and its missing parents, each with mode 0700."""
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
            f"The folder {folder} cannot be created: {exc.strerror}.", _fix(exc, folder.parent)
        ) from exc


def _fix(exc: OSError, folder: Path) -> str:
    if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "free disk space, then run this again"
    if exc.errno in {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}:
        return (
            f"set AWSPROF_HOME to a folder on a file system with locks: that of {folder} has none"
        )
    return f"make {folder} a folder you can write to"


def _unlockable(path: Path, exc: OSError) -> FileError:
    return FileError(f"The lock {path} cannot be taken: {exc.strerror}.", _fix(exc, path.parent))


def _open(path: Path) -> int:
    make_private_dir(path.parent)
    # Never follow a symlink: with write access to the folder, one could make us truncate any file.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags, 0o600)
    except OSError as exc:
        if exc.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
            # An existing lock file works on a read-only disk too: locking writes nothing.
            with contextlib.suppress(OSError):
                return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        raise _unlockable(path, exc) from exc


def _kind(path: Path) -> str:
    """Names what the lock guards, for logs: the hash in its name may stand for private data."""
    kind, dash, _ = path.stem.partition("-")
    return kind if dash or path.stem.isalpha() else "file"


def _try_acquire(
    descriptor: int,
    path: Path,
    purpose: str,
    timeout: float,
    tell: Callable[[str], object] | None,
    *,
    needed: bool,
) -> bool:
    """Takes the lock; returns False if it cannot be taken there and is not ``needed``."""
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
    started = time.monotonic()
    tries = 0
    try:
        while not _try(descriptor):
            if not tries:
                _log.debug("%s lock: held by another, waiting up to %g s", _kind(path), timeout)
            waited = time.monotonic() - started
            if tell is not None and waited >= _TELL_AFTER_S:
                _tell_wait(tell, descriptor)
                tell = None
            if waited >= timeout:
                raise LockTimeout(
                    f"Another awsprof{_holder(descriptor)} was still busy after {timeout:g} s.",
                    "wait until it ends, or stop it, then run this again",
                )
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1
    except OSError as exc:  # a file system without locks
        raise _unlockable(path, exc) from exc
    if tries:
        _log.debug("%s lock: acquired after %.3f s", _kind(path), time.monotonic() - started)
    # Only for messages: a failure to write it (a full disk) must not fail the lock.
    with contextlib.suppress(OSError):
        _write_holder(descriptor, f"{os.getpid()} {purpose}".encode())


def _tell_wait(tell: Callable[[str], object], descriptor: int) -> None:
    with contextlib.suppress(Exception):  # the terminal may be gone
        tell(f"Waiting for another awsprof{_holder(descriptor)} ...")


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as exc:
            # EACCES if another holds it; Wine's C runtime sets no errno at all. The other two that
            # _locking documents are faults of ours.
            if exc.errno in {errno.EBADF, errno.EINVAL}:
                raise
            return False
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

    def _write_holder(descriptor: int, text: bytes) -> None:
        """Does nothing: another process cannot read a locked byte on Windows."""

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
        # Explicit: closing alone would leave the lock with a child forked meanwhile.
        fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _write_holder(descriptor: int, text: bytes) -> None:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)

    def _holder(descriptor: int) -> str:
        from awsprof.text import sanitize

        pid, _, purpose = os.pread(descriptor, 200, 0).decode(errors="replace").partition(" ")
        return f" (process {pid}: {sanitize(purpose)})" if pid.isdigit() else ""
