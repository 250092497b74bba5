"""Reverts hunks in a text that may have changed since.

A hunk is found by its lines and those around it; where these have changed, by the header above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Self

from awsprof.editing.hunks import CONTEXT, Hunk, RedactedText
from awsprof.editing.line_diff import is_significant

_GONE: Final = "A changed part is no longer there and is left alone."
_SECTION_GONE: Final = (
    "The section of a changed part was removed or renamed since; the part is left alone."
)
_REMOVED: Final = "The lines that the change wrote were removed since."
_BACK: Final = "A section that the change removed is there again; the part is left alone."
_UNCLEAR: Final = (
    "The lines around a changed part have changed too, so awsprof cannot tell where it was, and"
    " leaves it alone."
)


@dataclass(frozen=True)
class Reverted:
    """The text with the hunks reverted, and a sentence for each conflicting later change.

    ``left_alone``: a part of the change was not reverted. ``refused``: nothing was, since something
    else would change.
    """

    data: bytes
    conflicts: tuple[str, ...]
    left_alone: bool = False
    refused: bool = False


def revert_hunks(
    text: RedactedText, hunks: tuple[Hunk, ...], renamed: Mapping[str, str] | None = None
) -> Reverted:
    """Reverts ``hunks`` in a text that may have changed since.

    Overwrites a place that has changed and leaves alone one that is gone; both are reported in
    ``conflicts``. ``renamed`` has the present header of each section that was renamed since.
    """
    conflicts, left_alone = [], False
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
        left_alone = left_alone or place.span is None
    return Reverted(text.data, tuple(conflicts), left_alone)


def section_above(hunk: Hunk) -> str | None:
    """Returns the header of the section in which a hunk begins; None if it is unknown."""
    return hunk.section or _header_above(hunk.above, len(hunk.above))


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
        header = section_above(hunk)
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
        if splits_section(hunk):
            return _Place(None, _UNCLEAR)
        if _begins_section(hunk.old) and not _significant(hunk.new):
            return self._place_of_sections(text)
        if _begins_section(hunk.new) and not _significant(hunk.old):
            found = _with_lines_added_since(text, hunk.new, self.header)
            if found is not None:
                return found
        span = _around(text, hunk, self.header)
        if span is None:
            there = any(line.strip() for line in hunk.new) and text.starts(hunk.new)
            return _Place(None, _UNCLEAR if there else _GONE)
        return _Place(span, _loses(text.masked(*span)) or _REMOVED)

    def _place_of_sections(self, text: RedactedText) -> _Place:
        """Returns where removed sections come back: below the one above them, the first on top.

        One of two of the same name comes back above the other.
        """
        removed, beside = _headers(self.hunk.old), _headers((*self.hunk.above, *self.hunk.below))
        if any(text.has_line(line) for line in removed if line not in beside):
            return _Place(None, _BACK)
        if (below := "".join(_significant(self.hunk.below)[:1])) in removed:
            spots = [at for at, line in enumerate(text.around) if line == below]
            return _Place((spots[0], spots[0]) if spots else None, None if spots else _UNCLEAR)
        first = section_above(self.hunk) is None
        at = 0 if first else text.end_of_section(self.header, self.hunk.start)
        return _Place((at, at))


def _loses(lines: Sequence[str]) -> str | None:
    lost = "; ".join(line.strip() for line in lines if line.strip())
    return f"This was written since and would be lost: {lost}" if lost else None


def _significant(lines: Sequence[str]) -> list[str]:
    return list(filter(is_significant, lines))


def _begins_section(lines: Sequence[str]) -> bool:
    """True if the first of these lines that is neither blank nor a comment is a header."""
    return "".join(_significant(lines)[:1]).startswith("[")


def _ends_sections(hunk: Hunk) -> bool:
    """True if the hunk has a header, and its last section ended with the hunk."""
    if not _headers((*hunk.old, *hunk.new)):
        return False
    below = _significant(hunk.below)
    return _begins_section(below) or (not below and len(hunk.below) < CONTEXT)


def splits_section(hunk: Hunk) -> bool:
    """True if the lines below the hunk get into another section when it is reverted."""
    same = len(_headers(hunk.old)) == len(_headers(hunk.new))
    return not same and not _ends_sections(hunk)


def _fits(text: RedactedText, hunk: Hunk, header: str | None, at: int) -> bool:
    """True if a place is in the hunk's section, and no line below it would change its section."""
    below = at + len(hunk.new)
    if splits_section(hunk) and len(hunk.below) < CONTEXT:  # the text ended there
        return _is_below(text, header, at) and below + len(hunk.below) == len(text.lines)
    return _is_below(text, header, at) and (not _ends_sections(hunk) or text.is_boundary(below))


def _with_lines_added_since(
    text: RedactedText, added: Sequence[str], header: str | None
) -> _Place | None:
    """Returns where added sections are, with the lines that were added at their end since."""
    blanks = next(at for at, line in enumerate(added) if line.strip())
    for lines in (added, added[blanks:]):
        starts = text.starts(lines)
        starts = [at for at in starts if _is_below(text, header, at)] or starts
        if len(starts) == 1:
            end = starts[0] + len(lines)
            span = (starts[0], text.end_below(end))
            return _Place(span, _loses(text.masked(end, span[1])))
    return None


def _exact(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns where the hunk's new lines are with their context, nearest to their former place."""
    contexts = [(hunk.above, hunk.below), (hunk.above[-1:], hunk.below[:1])]
    for above, below in contexts[:1] if splits_section(hunk) else contexts:
        if not (above or hunk.new or below):
            if not text.lines:
                return (0, 0)
            continue
        spots = text.places(above, hunk.new, below, header)
        for at in sorted(spots, key=lambda at: (abs(at - hunk.start), at)):
            if text.has(at, above, hunk.new, below) and _fits(text, hunk, header, at):
                return (at, at + len(hunk.new))
    return None if splits_section(hunk) else _beside_changes(text, hunk, header)


def _is_below(text: RedactedText, header: str | None, at: int) -> bool:
    return header is None or text.header_above(at) == header


def _beside_changes(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns where the hunk's new lines are if a line next to them has changed; None if unclear.

    They have to be below the same header or begin with one, or two of the lines around them have to
    be the same. Where the change only removed lines, one of the lines next to them has to be there.
    """
    if not any(line.strip() for line in hunk.new):
        return _beside_one_line(text, hunk, header) if header is not None else None
    alike: dict[int, int] = {}
    for at in text.places((), hunk.new, (), header):
        if _fits(text, hunk, header, at) and text.has(at, (), hunk.new, ()):
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


def _beside_one_line(text: RedactedText, hunk: Hunk, header: str) -> tuple[int, int] | None:
    """Returns where removed lines were by the line above them, or else the one below them."""
    for above, below in ((hunk.above[-1:], ()), ((), hunk.below[:1])):
        spots = [
            at
            for at in text.places(above, hunk.new, below, header)
            if (above or below)
            and text.has(at, above, hunk.new, below)
            and _fits(text, hunk, header, at)
        ]
        if len(spots) == 1:
            return (spots[0], spots[0] + len(hunk.new))
    return None


def _header_above(lines: Sequence[str], at: int) -> str | None:
    """Returns the last header above line ``at``."""
    return next((lines[i] for i in range(at - 1, -1, -1) if lines[i].startswith("[")), None)


def _around(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns the span between the hunk's context lines, whatever it contains now.

    None if it contains another section.
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
        return None
    return (start, stop)


def _headers(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.startswith("[")]
