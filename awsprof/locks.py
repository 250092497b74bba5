"""Locks across processes and threads, on files that are nothing else.

The kernel frees a lock whose holder is gone, however it went. The file says who holds it, so that
one who waits in vain can be told. Nothing here knows what is guarded.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from awsprof.errors import Busy, FileProblem

_PAUSES = (0.002, 0.005, 0.01, 0.02, 0.05)  # seconds; the last one repeats


@contextmanager
def hold(path: Path, *, purpose: str, timeout: float = 20.0) -> Iterator[None]:
    """Hold the lock at ``path`` alone, against other processes and other threads.

    Waits up to ``timeout`` seconds, then raises Busy, which names the holder's process and
    ``purpose``. The file (0600; a missing folder is made, 0700) stays: taking it away would let
    two processes hold two files of one name. Not reentrant.
    """
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, purpose, timeout)
        try:
            yield
        finally:
            _release(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as exc:
        raise FileProblem(
            f"The lock {path} cannot be made: {exc.strerror}.",
            f"make the folder {path.parent} one that you can write to",
        ) from exc


def _acquire(descriptor: int, path: Path, purpose: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    tries = 0
    while not _try(descriptor):
        if time.monotonic() >= deadline:
            raise Busy(
                f"Another process is still busy{_holder(descriptor)}, after {timeout:.0f} seconds.",
                "wait until it is done, or end it, and run this again",
            )
        time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
        tries += 1
    # Told for people alone: that it cannot be written (a full disk) is no reason to give up.
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {purpose}".encode(), 0) if _POSIX else None
    except OSError:
        pass


_POSIX = sys.platform != "win32"


def _holder(descriptor: int) -> str:
    if not _POSIX:  # a locked byte cannot be read there
        return ""
    pid, _, purpose = os.pread(descriptor, 200, 0).decode(errors="replace").partition(" ")
    return f" (process {pid}: {purpose})" if pid.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        try:
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

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
        fcntl.flock(descriptor, fcntl.LOCK_UN)
