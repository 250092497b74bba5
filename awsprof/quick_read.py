"""Reads a small file of awsprof's own without pathlib, and without waiting for whatever it may be.

For ``credential-process``, which imports little. Everything else reads by ``atomic.read_file``,
which says what is wrong with a file.
"""

from __future__ import annotations

import os
import stat


def read_regular_file(path: str) -> bytes:
    """Return the bytes of the file at ``path``.

    Raises OSError, also where it is a pipe or a device, whose reader may wait forever.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        return file.read()
