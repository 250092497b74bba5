"""Shows a notice once per user, not once per process.

It is for what awsprof cannot keep because its own folders cannot be written, so what was said is
noted elsewhere: by an empty file in XDG_RUNTIME_DIR, else in the folder of temporary files. Either
must be this user's alone, since the file's name can be guessed. Without one, every process says it.
"""

import hashlib
import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.errors import AwsprofError

_HOLDS_S: Final = 8 * 3600.0  # a working day


def tell_once(topic: str, message: str, tell: Callable[[str], object]) -> None:
    """Passes ``message`` to ``tell``, unless one about ``topic`` was told in the last eight hours.

    ``topic`` holds for this user and data folder. An AwsprofError of ``tell`` means that nobody is
    there to read it, and the next process tries again.
    """
    folder = _folder()
    if folder is None:
        with suppress(AwsprofError):
            tell(message)
        return
    note = _note(folder, topic)
    if not _is_new(note):
        return
    try:
        tell(message)
    except AwsprofError:
        with suppress(OSError):
            note.unlink()


def _note(folder: Path, topic: str) -> Path:
    """Returns the file that says that it was told."""
    digest = hashlib.sha256(f"{topic}\0{paths.data_dir()}".encode()).hexdigest()[:16]
    return folder / f"awsprof-{digest}.told"


def _folder() -> Path | None:
    import tempfile  # slow to import, and rarely needed

    places = (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir())
    return next((Path(place) for place in places if place and _is_private(Path(place))), None)


def _is_private(folder: Path) -> bool:
    """True if only this user can make files there."""
    if sys.platform == "win32":
        return folder.is_dir()  # the folder of temporary files is the account's own
    try:
        known = folder.stat()
    except OSError:
        return False
    return folder.is_absolute() and known.st_uid == os.getuid() and not known.st_mode & 0o022


def _is_new(note: Path) -> bool:
    """Makes the note; returns False if one that still holds is there."""
    for _ in range(2):
        with suppress(OSError):
            os.close(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            return True
        if _holds(note):
            return False
        with suppress(OSError):
            note.unlink()
    return True


def _holds(note: Path) -> bool:
    with suppress(OSError):
        known = note.lstat()
        return stat.S_ISREG(known.st_mode) and 0 <= time.time() - known.st_mtime < _HOLDS_S
    return False
