"""Reads a file without pathlib, and without waiting for whatever it may be.

For ``credential-process``, which imports little, and for files that somebody else may have put
there. Everything else reads by ``atomic.read_file``, which says what is wrong with a file.
"""

from __future__ import annotations

import errno
import os
import stat

_PART = 1 << 16  # bytes


def read_regular_file(path: str, most: int | None = None) -> bytes:
    """Returns the bytes of the file at ``path``.

    Raises OSError, also where it is a pipe or a device, whose reader may wait forever, or has more
    than ``most`` bytes.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if most is None:
            return file.read()
        parts, size = [], 0  # read(most + 1) would take that much memory for any file
        while size <= most and (part := file.read(_PART)):
            parts.append(part)
            size += len(part)
    if size > most:
        raise OSError(errno.EFBIG, "it is too large")
    return b"".join(parts)
