"""What may be odd about the line of a key: its delimiter, a comment behind it, quotes around it."""

import re
from typing import Final

_DELIMITER: Final = re.compile(r"[=:]")
_MARK: Final = re.compile(r"(?<=[ \t])[#;]")


def delimiter_at(line: str) -> int | None:
    """Where the ``=`` or ``:`` is that parts a key from its value."""
    match = _DELIMITER.search(line)
    return match.start() if match else None


def comment_behind(line: str, *, below: bool = False) -> int | None:
    """Where in a key's line the comment begins that all SDKs but botocore see behind its value.

    None where it stands within quotes, since there it may be meant, and where no value is before
    it (nor ``below`` it), since it may be the value.
    """
    at = mark_behind(line)
    start = delimiter_at(line)
    if at is None or start is None:
        return None
    value = line[start + 1 : at].strip()
    odd = value.count('"') % 2 or value.count("'") % 2
    return at if (value or below) and not odd else None


def mark_behind(line: str) -> int | None:
    """Where in a key's line a ``#`` or ``;`` follows white space behind the delimiter."""
    start = delimiter_at(line)
    match = _MARK.search(line, start + 1) if start is not None else None
    return match.start() if match else None


def unquoted(value: str) -> str | None:
    """The value without the quotes around it; None where there are none, or they are needed."""
    mark = value[:1]
    bare = value[1:-1]
    if len(value) < 2 or mark not in {'"', "'"} or not value.endswith(mark) or mark in bare:
        return None
    if bare != bare.strip() or bare.startswith(("#", ";")) or _MARK.search(bare) or "\n" in bare:
        return None
    return bare
