"""Frames and writes our HTML pages: only our style and script run, and only you may read them.

A Content-Security-Policy names both by their hashes (W3C CSP Level 3, "hash-source"). A page loads
nothing.
"""

from __future__ import annotations

import os
import stat
import sys
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from string import Template

from awsprof.errors import FileError


def page_part(name: str) -> str:
    """Returns the text of a file beside this module."""
    return files("awsprof.doctor").joinpath(name).read_text(encoding="utf-8")


def render_frame(title: str, body: str, *, kind: str, style: str, script: str = "") -> str:
    """Returns the whole page around ``body``, which is HTML and has the script if there is one.

    ``title`` follows the word awsprof; ``kind`` is the class of the body element.
    """
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash_source(style)}'"
    )
    if script:
        policy += f"; script-src '{_hash_source(script)}'"
    frame = Template(page_part("page_frame.html"))
    return frame.substitute(title=title, body=body, kind=kind, style=style, policy=policy)


def time_element(at: datetime | None) -> str:
    """Returns a time for people and programs, or "" for None."""
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} {at:%Z}</time>' if at else ""


def _hash_source(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


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
