"""Says a thing once, not in each of the processes that notice it.

It is for what awsprof cannot keep because its own folders cannot be written, so what was said is
noted elsewhere: by an empty file in XDG_RUNTIME_DIR, else in the system's folder of temporary
files. Where neither can be written, every process says it.
"""

import hashlib
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.errors import AwsprofError

_HOLDS_S: Final = 8 * 3600.0  # a working day


def tell_once(topic: str, message: str, tell: Callable[[str], object]) -> None:
    """Pass ``message`` to ``tell``, unless one about ``topic`` was told in the last eight hours.

    ``topic`` holds for this user and data folder. An AwsprofError of ``tell`` means that nobody is
    there to read it, and the next process tries again.
    """
    note = _note(topic)
    if not _is_new(note):
        return
    try:
        tell(message)
    except AwsprofError:
        with suppress(OSError):
            note.unlink()


def _note(topic: str) -> Path:
    """The file that says that it was told."""
    digest = hashlib.sha256(f"{topic}\0{paths.data_dir()}".encode()).hexdigest()[:16]
    return _folder() / f"awsprof-{_user()}-{digest}.told"


def _folder() -> Path:
    import tempfile  # slow to import, and rarely needed

    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    with suppress(OSError):
        if runtime.is_absolute() and runtime.stat().st_uid == _user():
            return runtime
    return Path(tempfile.gettempdir())


def _user() -> int:
    """The user's number; 0 on Windows, where the folder is the user's own."""
    return os.getuid() if hasattr(os, "getuid") else 0


def _is_new(note: Path) -> bool:
    """Make the note; return False if this user has made one that still holds."""
    if _holds(note):
        return False
    with suppress(OSError):
        if _is_own(note):
            note.unlink()
        os.close(os.open(note, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return True
    return not _holds(note)  # another process of this user may have been faster


def _holds(note: Path) -> bool:
    return _is_own(note) and 0 <= time.time() - note.lstat().st_mtime < _HOLDS_S


def _is_own(note: Path) -> bool:
    """False for a file that another user has put there, so that we say it all the same."""
    with suppress(OSError):
        known = note.lstat()
        return stat.S_ISREG(known.st_mode) and known.st_uid == _user()
    return False
