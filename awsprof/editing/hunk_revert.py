"""Reverts hunks in a text that may have changed since.

A hunk is found by its lines and those around it; where these have changed, by the header above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Self

from awsprof.editing.hunks import Hunk, RedactedText

_GONE: Final = "A changed part is no longer there and is left alone."
_SECTION_GONE: Final = (
    "The section of a changed part was removed or renamed since; the part is left alone."
)
_REMOVED: Final = "The lines that the change wrote were removed since."
_ADDED: Final = (
    "A section was added where the change removed lines; the lines are put back above it."
)
_UNCLEAR: Final = (
    "The lines around a changed part have changed too, so awsprof cannot tell where it was, and"
    " leaves it alone."
)


@dataclass(frozen=True)
class Reverted:
    """The text with the hunks reverted, and a sentence for each conflicting later change."""

    data: bytes
    conflicts: tuple[str, ...]


def revert_hunks(
    text: RedactedText, hunks: tuple[Hunk, ...], renamed: Mapping[str, str] | None = None
) -> Reverted:
    """Reverts ``hunks`` in a text that may have changed since.

    Overwrites a place that has changed and leaves alone one that is gone; both are reported in
    ``conflicts``. ``renamed`` has the present header of each section that was renamed since.
    """
    conflicts = []
    # A hunk's context is of the text as it is now: all are found before the first is reverted.
    parts = [_Part.of(text, hunk, renamed or {}) for hunk in sorted(hunks, key=_from_the_end)]
    found = [part.place(text) for part in parts]
    places = [place.span for place in found if place.span is not None]
    # Two parts with the same text may both be found at one place; reverting one moves the other, so
    # each is then searched for again.
    in_order = all(above[1] < below[0] for below, above in pairwise(places))
    for part, first in zip(parts, found, strict=True):
        place = first if in_order else part.place(text)
        if place.conflict is not None:
            conflicts.append(place.conflict)
        if place.span is not None:
            text.put(place.span, part.hunk.old)
    return Reverted(text.data, tuple(conflicts))


def _from_the_end(hunk: Hunk) -> int:
    return -hunk.start


class _Place(NamedTuple):
    """The lines to replace, None if they are gone; and what changed there since."""

    span: tuple[int, int] | None
    conflict: str | None = None


@dataclass(frozen=True)
class _Part:
    """A hunk, and the header of its section now: None if unknown. ``gone``: it is not there."""

    hunk: Hunk
    header: str | None
    gone: bool

    @classmethod
    def of(cls, text: RedactedText, hunk: Hunk, renamed: Mapping[str, str]) -> Self:
        header = hunk.section or _header_above(hunk.above, len(hunk.above))
        header = renamed.get(header, header) if header is not None else None
        if header is None or text.has_line(header):
            return cls(hunk, header, gone=False)
        # A whole section may go or come back wherever the one above it is.
        return cls(hunk, None, gone=not _begins_section(hunk.new or hunk.old))

    def place(self, text: RedactedText) -> _Place:
        """Returns where to revert the hunk in the text as it is now."""
        if self.gone:
            return _Place(None, _SECTION_GONE)
        hunk, span = self.hunk, _exact(text, self.hunk, self.header)
        if span is not None:
            return _Place(span)
        span = _around(text, hunk, self.header)
        if span is None:
            there = any(line.strip() for line in hunk.new) and text.starts(hunk.new)
            return _Place(None, _UNCLEAR if there else _GONE)
        lost = "; ".join(line.strip() for line in text.masked(*span))
        if lost:
            return _Place(span, f"This was written since and would be lost: {lost}")
        return _Place(span, _REMOVED if hunk.new else _ADDED)


def _begins_section(lines: Sequence[str]) -> bool:
    """True if the first of these lines that is neither blank nor a comment is a header."""
    first = next((line for line in lines if line.strip() and line[0] not in "#;"), "")
    return first.startswith("[")


def _exact(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns where the hunk's new lines are with their context, nearest to their former place."""
    for above, below in ((hunk.above, hunk.below), (hunk.above[-1:], hunk.below[:1])):
        if not (above or hunk.new or below):
            if not text.lines:
                return (0, 0)
            continue
        spots = text.places(above, hunk.new, below, header)
        for at in sorted(spots, key=lambda at: (abs(at - hunk.start), at)):
            if text.has(at, above, hunk.new, below) and _is_below(text, header, at):
                return (at, at + len(hunk.new))
    return _beside_changes(text, hunk, header)


def _is_below(text: RedactedText, header: str | None, at: int) -> bool:
    return header is None or text.header_above(at) == header


def _beside_changes(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns where the hunk's new lines are if a line next to them has changed; None if unclear.

    They have to be below the same header or begin with one, or two of the lines around them have to
    be the same.
    """
    if not any(line.strip() for line in hunk.new):
        return None
    alike: dict[int, int] = {}
    for at in text.places((), hunk.new, (), header):
        if _is_below(text, header, at) and text.has(at, (), hunk.new, ()):
            above = text.around[max(0, at - len(hunk.above)) : at]
            below = text.around[at + len(hunk.new) : at + len(hunk.new) + len(hunk.below)]
            pairs = [*zip(above[::-1], hunk.above[::-1], strict=False)]
            pairs += zip(below, hunk.below, strict=False)
            alike[at] = sum(now == then for now, then in pairs)
    most = max(alike.values(), default=0)
    best = [at for at, count in alike.items() if count == most]
    known = header is not None or _begins_section(hunk.new)
    if len(best) != 1 or (most < 2 and not known):
        return None
    return (best[0], best[0] + len(hunk.new))


def _header_above(lines: Sequence[str], at: int) -> str | None:
    """Returns the last header above line ``at``."""
    return next((lines[i] for i in range(at - 1, -1, -1) if lines[i].startswith("[")), None)


def _around(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns the span between the hunk's context lines, whatever it contains now.

    But no other section: what was removed is then put in front of it.
    """
    start, lines = 0, text.around
    if hunk.above:
        spots = [i + 1 for i, line in enumerate(lines) if line == hunk.above[-1]]
        spots = [spot for spot in spots if _is_below(text, header, spot)]
        if not spots:
            return None
        start = min(spots, key=lambda spot: abs(spot - hunk.start))
    stop = len(lines)
    if hunk.below:
        ends = [i for i in range(start, len(lines)) if lines[i] == hunk.below[0]]
        if not ends:
            return None
        stop = ends[0]
    if any(line not in hunk.new for line in _headers(lines[start:stop])):
        come_back = hunk.new or any(line in lines for line in _headers(hunk.old))
        return None if come_back else (start, start)
    return (start, stop)


def _headers(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.startswith("[")]
