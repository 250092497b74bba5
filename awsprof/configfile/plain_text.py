"""A fast reader for simple files, which botocore and the other SDKs read the same way.

Plain are empty lines, comments at the margin, headers of one or two words without quotes,
``key = value`` at the margin and, below a key without a value, indented ``name = value``; values of
printable ASCII without ``#`` and ``;``, and no duplicated name. Most files are plain, and
both dialects' own readers take several times as long. Tests compare all three.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from awsprof.configfile.encoding import first_misread_line
from awsprof.configfile.section_headers import FileKind, SectionId, section_id

_WORD: Final = r"[A-Za-z0-9_\-/.%@:+]+"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_\-.]*"
_VALUE: Final = r"[ \t]*([!-\"$-:<-~](?:[ -\"$-:<-~\t]*[!-\"$-:<-~])?|)[ \t]*"
_LINE: Final = re.compile(
    rf"(?:\[({_WORD}(?: {_WORD})?)\][ \t]*|({_NAME})[ \t]*={_VALUE}|[ \t]+({_NAME})[ \t]*={_VALUE}"
    r"|[#;][^\r\n]*|[ \t]*)(?:\r?\n|\Z)|([\s\S])"  # any other character: not plain
)
_SDK_TYPES: Final = frozenset({"profile", "sso-session", "services"})

SectionValues = Mapping[SectionId, Mapping[str, "str | Mapping[str, str]"]]
_Found = dict[SectionId, dict[str, "str | dict[str, str]"]]


class PlainReading(NamedTuple):
    """The sections that botocore reads, and those of them that the other SDKs read."""

    botocore: SectionValues
    sdk: SectionValues


@lru_cache(maxsize=8)
def read_plain(data: bytes, kind: FileKind) -> PlainReading | None:
    """Returns what both dialects read; None if the file is not plain."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if first_misread_line(data) is not None:  # comments may have any characters
        return None
    found: _Found = {}
    keys: dict[str, str | dict[str, str]] | None = None
    last = ""
    for header, name, value, nested, below, other in _LINE.findall(text):
        if name:
            last = name.lower()
            if keys is None or last in keys:
                return None
            keys[last] = value
        elif header:
            section = section_id(header, kind)
            if header == "DEFAULT" or section in found or _is_misspelt(header, section, kind):
                return None
            keys, last = found.setdefault(section, {}), ""
        elif other or (
            nested and (not last or keys is None or not _nest(keys, last, nested, below))
        ):
            return None
    return PlainReading(found, {s: found[s] for s in found if _is_read_by_sdks(s, kind)})


def _nest(keys: dict[str, str | dict[str, str]], key: str, name: str, value: str) -> bool:
    """Adds a line of a nested block; False if the key's own line has a value."""
    block = keys[key] or {}
    if isinstance(block, str):
        return False
    block[name] = value
    keys[key] = block
    return True


def _is_misspelt(header: str, section: SectionId, kind: FileKind) -> bool:
    """True if only botocore reads the header's first word as a type: [profiles dev]."""
    typed = kind is FileKind.CONFIG and section.type != "other" and header != "default"
    return typed and header.partition(" ")[0] != section.type


def _is_read_by_sdks(section: SectionId, kind: FileKind) -> bool:
    if kind is FileKind.CREDENTIALS:
        return " " not in section.name
    return section.type in _SDK_TYPES
