"""Whether another program has a file open to write: what Linux tells by its leases.

A lease is asked for, never needed: where there is none (another system, a network's file system, a
file of another user), who else writes is seen by the bytes alone, a little later.
"""

import sys
import time
from typing import Final

_TRIES: Final = 20
_PAUSE: Final = 0.02  # seconds


if sys.platform == "linux":
    import fcntl
    import signal

    def _lease(descriptor: int) -> bool:
        # SIGIO, by which a lease is told to be in the way, would end this process: SIGURG does not.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        return True

    def is_awaited(descriptor: int) -> bool:
        """Whether a program waits for ``release``, to open the file that is kept still."""
        return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def release(descriptor: int) -> None:
        """Let others open the file to write again; closing it does so too."""
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)

else:

    def _lease(descriptor: int) -> bool:
        return False

    def is_awaited(descriptor: int) -> bool:
        """Nobody: no file is ever kept still here."""
        return False

    def release(descriptor: int) -> None:
        """Nothing: no file is ever kept still here."""


def hold_read_lease(descriptor: int) -> bool:
    """Wait, not for ever, until nobody has the file open to write, and have who wants to wait.

    False where that cannot be had. ``descriptor`` is open for reading alone.
    """
    for _ in range(_TRIES):
        try:
            return _lease(descriptor)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            break
    return False
