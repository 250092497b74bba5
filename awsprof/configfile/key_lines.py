"""The parts of a key's line: its delimiter, an inline comment, quotes around the value."""

import re
from typing import Final

_DELIMITER: Final = re.compile(r"[=:]")
_MARK: Final = re.compile(r"(?<=[ \t])[#;]")


def delimiter_index(line: str) -> int | None:
    """Returns the index of the ``=`` or ``:`` between key and value, or None."""
    match = _DELIMITER.search(line)
    return match.start() if match else None


def inline_comment_index(line: str, *, below: bool = False) -> int | None:
    """Returns the index of an inline comment, which every SDK but botocore recognises, or None.

    None inside quotes, where it may be intended, and without a value before it (or ``below`` it),
    since then it may be the value.
    """
    at = comment_mark_index(line)
    start = delimiter_index(line)
    if at is None or start is None:
        return None
    value = line[start + 1 : at].strip()
    odd = value.count('"') % 2 or value.count("'") % 2
    return at if (value or below) and not odd else None


def comment_mark_index(line: str) -> int | None:
    """Returns the index of a ``#`` or ``;`` after white space in the value, or None."""
    if "#" not in line and ";" not in line:
        return None
    start = delimiter_index(line)
    match = _MARK.search(line, start + 1) if start is not None else None
    return match.start() if match else None


def split_inline_comment(value: str) -> tuple[str, str]:
    """Splits a value as botocore reads it into what the other SDKs read and the comment after it.

    The comment has the white space before it, and is empty if there is none.
    """
    at = inline_comment_index(f"={value}")
    text = value if at is None else value[: at - 1]
    bare = text.rstrip(" \t")
    return bare, value[len(bare) :]


def strip_value_quotes(value: str) -> str | None:
    """Returns the value without its quotes; None if there are none, or they are needed."""
    mark = value[:1]
    bare = value[1:-1]
    if len(value) < 2 or mark not in {'"', "'"} or not value.endswith(mark) or mark in bare:
        return None
    if bare != bare.strip() or bare.startswith(("#", ";")) or _MARK.search(bare) or "\n" in bare:
        return None
    return bare
