"""Detect whether another program has a file open for writing, by Linux file leases.

A lease is an extra, never required: without one (other systems, network file systems, files of
other users) another writer is detected by the file's content, a little later.
"""

import sys
import time
from typing import Final

_TRIES: Final = 20
_PAUSE_S: Final = 0.02


if sys.platform == "linux":
    import fcntl
    import signal

    def _lease(descriptor: int) -> bool:
        # SIGIO, the default signal of a lease break, would end this process; SIGURG does not.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        return True

    def is_lease_breaking(descriptor: int) -> bool:
        """True if a program waits for ``release_lease`` to open the leased file."""
        return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_RDLCK

    def release_lease(descriptor: int) -> None:
        """Releases the lease, so that others can open the file for writing; closing does so too."""
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)

else:

    def _lease(descriptor: int) -> bool:
        return False

    def is_lease_breaking(descriptor: int) -> bool:
        """Returns False: there are no leases here."""
        return False

    def release_lease(descriptor: int) -> None:
        """Does nothing: there are no leases here."""


def hold_read_lease(descriptor: int) -> bool:
    """Waits briefly until no program has the file open for writing, then leases it.

    Returns False without a lease. ``descriptor`` must be open for reading only.
    """
    for _ in range(_TRIES):
        try:
            return _lease(descriptor)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        except OSError:
            break
    return False
