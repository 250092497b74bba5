"""The frame of our HTML pages: the head, and a policy by which only our style and script run.

The policy names both by their hashes (W3C CSP Level 3, "hash-source"). A page loads nothing.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from string import Template

__all__ = ["page_part", "render_frame", "time_element"]


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
