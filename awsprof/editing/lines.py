"""A file's lines, each knowing which part of it is a secret.

Diffs show that part as ``***``, and history keeps it in the vault. More is taken for a secret than
AWS's three keys: a key that is misspelled, nested, commented out or part of a command holds the
same secret. Nothing here reads or writes a file.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

MASK: Final = "***"

_WORD: Final = r"[\w.\-]*(?:secret|token|password|passphrase|credentials?_json)[\w.\-]*"
_NAMED: Final = re.compile(rf"(?<![\w.:/\-])(?P<key>{_WORD})[\"']?\s*[=:]\s*", re.IGNORECASE)
_FLAG: Final = re.compile(rf"(?<!\S)[\"']?(?P<key>--{_WORD})\s+", re.IGNORECASE)
_FIRST: Final = re.compile(rf"\s*{_WORD}\s*[=:]", re.IGNORECASE)
# What these name is no secret itself: where one lies, or how it is had.
_HARMLESS: Final = re.compile(
    r"[_-](file|path|url|uri|endpoint|process|command|expiration|expires|name|type)$", re.IGNORECASE
)
_HEADER: Final = re.compile(r"\s*\[(?P<header>.+)\]")


@dataclass(frozen=True)
class Line:
    """A line: ``head`` and ``end`` are shown, ``secret`` is not; together they are its text."""

    head: str
    secret: str = ""
    end: str = ""

    @property
    def text(self) -> str:
        """The line as the file has it."""
        return self.head + self.secret + self.end

    @property
    def masked(self) -> str:
        """The line as it may be shown."""
        return self.head + (MASK if self.secret else "") + self.end

    @property
    def header(self) -> str | None:
        """What stands between the brackets where the line is a header."""
        match = _HEADER.match(self.head)
        return match["header"] if match else None

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in the line."""
        return not self.text.strip()

    @property
    def is_remark(self) -> bool:
        """Whether the line is blank or a comment."""
        return self.is_blank or self.head.lstrip().startswith(("#", ";"))

    def __repr__(self) -> str:
        return f"Line({self.masked!r})"


def is_secret_key(key: str) -> bool:
    """Whether a key of that name has a secret for its value."""
    return bool(re.fullmatch(_WORD, key, re.IGNORECASE)) and not _HARMLESS.search(key)


def lines_of(data: bytes | None, known: Iterable[str] = ()) -> list[Line]:
    """The lines of a file (none where there is no file), each with its own line end.

    ``known`` are secrets that are hidden wherever they stand.
    """
    found: list[Line] = []
    below: int | None = None  # the indent of a secret key whose value may go on
    texts = (data or b"").decode(errors="surrogateescape").split("\n")
    ended = [text + "\n" for text in texts[:-1]] + ([texts[-1]] if texts[-1] else [])
    for text in ended:
        body = text.rstrip("\r\n")
        end = text[len(body) :]
        indent = len(body) - len(body.lstrip())
        stripped = body.strip()
        if (
            below is not None
            and stripped
            and indent > below
            and not stripped.startswith(("#", ";"))
        ):
            found.append(Line(body[:indent], body[indent:], end))
            continue
        if stripped and not stripped.startswith(("#", ";")):
            first = _FIRST.match(body)
            below = indent if first and _secret_at(body) is not None else None
        start = _secret_at(body)
        start = min(
            [at for at in (start, *(_at(body, text) for text in known)) if at is not None],
            default=None,
        )
        if start is None or start >= len(body):
            found.append(Line(body, "", end))
        else:
            found.append(Line(body[:start], body[start:], end))
    return found


def _at(body: str, text: str) -> int | None:
    at = body.find(text) if text else -1
    return None if at < 0 else at


def _secret_at(body: str) -> int | None:
    """Where a line's secret begins; at its end for a secret key without a value on that line."""
    starts = [
        match.end()
        for pattern in (_NAMED, _FLAG)
        for match in pattern.finditer(body)
        if not _HARMLESS.search(match["key"])
    ]
    return min(starts, default=None)


def bytes_of(lines: Sequence[Line]) -> bytes:
    """The file again."""
    return "".join(line.text for line in lines).encode(errors="surrogateescape")


def bare(line: Line) -> Line:
    """The line without its line end, which nobody sees."""
    return replace(line, end="")
