"""The names of all profiles, for shell completion: no catalog, no values, few imports."""

import os
import stat

from awsprof import paths
from awsprof.configfile.section_headers import FileKind, find_headers, section_id, split_text


def profile_names() -> list[str]:
    """Return the names that ``Catalog.load().profiles`` has, in its order.

    None if a file cannot be read, as the catalog then raises FileError.
    """
    try:
        texts = [
            (FileKind.CONFIG, _text(paths.config_text())),
            (FileKind.CREDENTIALS, _text(paths.credentials_text())),
        ]
    except OSError:
        return []
    sections = (
        section_id(header, kind)
        for kind, text in texts
        for _, header in find_headers(split_text(text))
    )
    return list(dict.fromkeys(section.name for section in sections if section.type == "profile"))


def _text(path: str) -> str:
    """Return the file's text, empty if there is no file. Raises OSError."""
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116  # pathlib takes 10 ms to import
            raise OSError("a pipe can be read only once")
        with open(path, "rb") as file:  # noqa: PTH123  # as above
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
