"""Find the section headers of a file as botocore's configparser does, and what each one names.

Shell completion reads unusual files with this module alone, so it imports little: no dataclasses,
and shlex only for a header with quotes.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

LONE_CR: Final = re.compile(r"\r(?!\n)")
ANY_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
COMMENT: Final = ("#", ";")
_HEADER: Final = re.compile(r"\[(?P<header>.+)\]")
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_PREFIXED: Final = ("profile", "sso-session", "services")


class FileKind(StrEnum):
    """Which of AWS's two files; their headers differ."""

    CONFIG = "config"
    CREDENTIALS = "credentials"


class SectionId(NamedTuple):
    """What a header names: ``type`` is profile, sso-session, services, or other (raw text)."""

    type: str
    name: str

    @classmethod
    def profile(cls, name: str) -> "SectionId":
        """Returns the profile of that name, including ``default``."""
        return cls("profile", name)

    @classmethod
    def sso_session(cls, name: str) -> "SectionId":
        """Returns the sso-session of that name."""
        return cls("sso-session", name)

    def __str__(self) -> str:
        return self.name if self.type == "other" else f"{self.type} {self.name}"


@lru_cache(maxsize=32_768)  # each reader of a text asks for all of its headers
def section_id(header: str, kind: FileKind) -> SectionId:
    """Returns the section that botocore reads a header as."""
    if kind is FileKind.CREDENTIALS or header == "default":
        return SectionId.profile(header)
    for prefix in _PREFIXED:
        if header.startswith(prefix):
            parts = _words(header)
            return SectionId(prefix, parts[1]) if len(parts) == 2 else SectionId("other", header)
    return SectionId("other", header)


def _words(header: str) -> list[str]:
    """Splits like ``shlex.split``, as botocore does; empty if a quote is not closed."""
    if '"' not in header and "'" not in header and "\\" not in header:
        if header.isascii() and header.isprintable():  # its only white space is the blank
            return header.split()
        return [word for word in _BLANKS.split(header) if word]
    import shlex

    try:
        return shlex.split(header)
    except ValueError:
        return []


def header_in(text: str) -> str | None:
    """Returns the text in a header line's brackets (without its indent); None if it has none."""
    match = _HEADER.match(text)
    return match["header"] if match else None


def indent_of(line: str) -> int:
    """Returns the number of leading white space characters, as configparser counts them."""
    return len(line) - len(line.lstrip())


def is_comment(line: str) -> bool:
    """True if the line is a comment, at any indent."""
    return line.lstrip().startswith(COMMENT)


def split_text(text: str) -> list[str]:
    """Returns the lines of a text, with line ends, as botocore and the other SDKs split them."""
    # splitlines() would also split at form feeds and Unicode separators, unlike both dialects
    if LONE_CR.search(text):
        return ANY_LINE.findall(text)  # like botocore, for which it ends a line
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def find_headers(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yields the index of each header's line and the text in its brackets.

    A line that is indented deeper than the key above it continues that key's value.
    """
    level = 0
    in_key = below_header = False
    for index, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped.startswith(COMMENT):
            continue
        indent = 0 if line[0] == stripped[0] else indent_of(line)
        if in_key and indent > level:
            continue
        level = indent
        header = header_in(stripped) if stripped[0] == "[" else None
        if header is None:
            in_key = below_header
        else:
            in_key, below_header = False, True
            yield index, header
