"""The names of all profiles, for shell completion: no catalog, no values, few imports."""

from __future__ import annotations

import os
import stat
import sys

from awsprof import paths

_QUOTES = frozenset("'\"\\")


def profile_names() -> list[str]:
    """Returns the names that ``Catalog.load().profiles`` has, in its order.

    Empty if a file cannot be read, as the catalog then raises FileError.
    """
    try:
        config, credentials = _text(paths.config_text()), _text(paths.credentials_text())
    except OSError:
        return []
    names = _plain_names(config, in_config=True), _plain_names(credentials, in_config=False)
    if names[0] is None or names[1] is None:
        return _parsed_names(config, credentials)
    return list(dict.fromkeys(names[0] + names[1]))


def _plain_names(text: str, *, in_config: bool) -> list[str] | None:
    """Returns the names in a file as most people write it; None if it needs ``section_headers``.

    That takes as long to import as all of this.
    """
    if "\r" in text:
        return None
    names = []
    for line in text.split("\n"):
        if line[:1] != "[":
            if "[" in line and line.lstrip()[:1] == "[":
                return None  # a header, or the rest of the value above it
            continue
        header = line[1 : max(line.rfind("]"), 1)]
        if not (header.isascii() and header.isprintable() and _QUOTES.isdisjoint(header)):
            return None
        words = header.split() if in_config and header.startswith("profile") else [header]
        if header and (not in_config or header == "default"):
            names.append(header)
        elif len(words) == 2:
            names.append(words[1])
    return names


def _parsed_names(config: str, credentials: str) -> list[str]:
    from awsprof.configfile.section_headers import FileKind, find_headers, section_id, split_text

    sections = (
        section_id(header, kind)
        for kind, text in ((FileKind.CONFIG, config), (FileKind.CREDENTIALS, credentials))
        for _, header in find_headers(split_text(text))
    )
    return list(dict.fromkeys(section.name for section in sections if section.type == "profile"))


def _text(path: str) -> str:
    """Returns the file's text; empty if it is missing or a folder. Raises OSError."""
    try:
        if os.path.isdir(path):  # noqa: PTH112  # as below
            return ""
        if sys.platform != "win32":
            status, null = os.stat(path), os.stat(os.devnull)  # noqa: PTH116  # pathlib takes 10 ms to import
            if not stat.S_ISREG(status.st_mode) and status.st_rdev != null.st_rdev:
                raise OSError("a pipe can be read only once, and a device may have no end")
        with open(path, "rb") as file:  # noqa: PTH123  # as above
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
