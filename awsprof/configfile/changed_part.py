"""Find the sections that a change of a file can affect, so that only those are read again."""

import re
from configparser import DEFAULTSECT
from dataclasses import dataclass
from typing import Final

from awsprof.configfile.section_headers import FileKind, SectionId, section_id

# Plain lines, of which botocore and the other SDKs read the same structure. No possessive
# quantifiers: before 3.11.5 Python matches too much with those of a group.
_TEXT: Final = "[^\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]*"
_END: Final = r"(?:\r?\n|\Z)"
_WORD: Final = r"[A-Za-z0-9_\-/.%@:+]+"
_SKIPPED: Final = rf"[ \t]*\r?\n|[#;]{_TEXT}{_END}"
_HEADER: Final = rf"\[({_WORD}(?: {_WORD})?)\][ \t]*{_END}"
_KEY: Final = rf"[A-Za-z_][A-Za-z0-9_\-.]*[ \t]*={_TEXT}{_END}"
_PLAIN: Final = re.compile(
    rf"(?:{_SKIPPED})*(?:{_HEADER}(?:{_SKIPPED})*(?:{_KEY}(?:{_SKIPPED}|[ \t]+{_KEY})*)*)*\Z"
)
_MARGIN_HEADER: Final = re.compile(rf"^\[({_WORD}(?: {_WORD})?)\]", re.MULTILINE)


@dataclass(frozen=True)
class ChangedPart:
    """The changed sections before and after; ``outside`` are the sections that are left out."""

    before: bytes
    after: bytes
    outside: frozenset[SectionId]


def find_changed_part(before: bytes, after: bytes, kind: FileKind) -> ChangedPart | None:
    """Returns the sections with the changed bytes; None if the change can reach further.

    The part begins at the last header at the margin above the first changed byte, and ends before
    the first one below the last changed byte. Both dialects begin anew at such a header, whatever
    is above it. The change stays in the part if the rest is plain: empty lines, comments at the
    margin, headers of one or two words without quotes, ``key = value`` at the margin, and indented
    ``name = value`` below a key. Each of these lines is read in one way, and none is an error.

    Sections of one name replace or complete each other wherever they are, so the caller compares
    the names of the part with ``outside``. A [DEFAULT], whose keys every section has, gives None,
    and so does a duplicated header.
    """
    start = before.rfind(b"\n[", 0, _common_prefix(before, after)) + 1
    shared = _common_suffix(before[start:], after[start:])
    end = before.find(b"\n[", len(before) - shared) + 1 or len(before)
    below = before[end:]
    try:
        rest = [before[:start].decode(), below.decode()]
    except UnicodeDecodeError:
        return None
    if not all(map(_PLAIN.match, rest)):
        return None
    headers = [header for text in rest for header in _MARGIN_HEADER.findall(text)]
    outside = frozenset(section_id(header, kind) for header in headers)
    part = ChangedPart(before[start:end], after[start : len(after) - len(below)], outside)
    leaking = DEFAULTSECT in headers or b"[DEFAULT]" in part.before + part.after
    return None if leaking or len(outside) < len(headers) else part


def changes_most(before: bytes, after: bytes) -> bool:
    """True if more than half of the text lies between the first and the last changed byte."""
    start = _common_prefix(before, after)
    return start + _common_suffix(before[start:], after[start:]) < len(before) // 2


def _common_prefix(one: bytes, other: bytes) -> int:
    """Returns the number of bytes that both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(one: bytes, other: bytes) -> int:
    """Returns the number of bytes that both end with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle :] == other[len(other) - middle :]:
            low = middle
        else:
            high = middle - 1
    return low
