"""Other people's programs that we start, or that the config names: whether we may trust them."""

import os
import stat
from pathlib import Path


def writable_place(program: Path) -> Path | None:
    """The program's file, or a folder above it, that others may put something in place of.

    A folder with the sticky bit keeps them from it. None where all is well, and on Windows.
    """
    if os.name == "nt":
        return None
    path = program.resolve()
    for place in (path, *path.parents):
        try:
            mode = place.stat().st_mode
        except OSError:
            continue  # what we may not even look at
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return place
    return None
