"""Writes an HTML page of a report: readable by this user only."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from awsprof.errors import FileError


def write_page(page: str, path: Path) -> None:
    """Writes the page. It names accounts, so nobody else can read it, whatever the umask.

    Raises FileError if it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if sys.platform != "win32" and stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, 0o600)
            file.write(page.encode())
    except OSError as exc:
        raise FileError(
            f"{path} cannot be written: {exc.strerror}.", "use another file: --html FILE"
        ) from exc
