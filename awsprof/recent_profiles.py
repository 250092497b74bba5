"""The profiles that you used last at a terminal: only their names, the last one first."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from awsprof import paths

_MOST: Final = 50


def recent_profiles() -> list[str]:
    """Returns the names, the last one first; some may be gone by now."""
    try:
        text = _file().read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    return list(dict.fromkeys(filter(None, text.split("\n"))))[:_MOST]


def note_use(name: str) -> None:
    """Puts the name first. A file that cannot be written changes nothing: it is a convenience."""
    if not name or not name.isprintable() or recent_profiles()[:1] == [name]:
        return
    names = [name, *(other for other in recent_profiles() if other != name)][:_MOST]
    path = _file()
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError, ValueError):
        if sys.platform != "win32" and paths.home().stat().st_uid != os.geteuid():
            return  # sudo: the files of that home belong to somebody else
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(names) + "\n")
        beside.replace(path)


def _file() -> Path:
    return paths.data_dir() / "recent"
