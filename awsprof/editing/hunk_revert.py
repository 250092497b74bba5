"""Reverts hunks in a text that may have changed since.

A hunk is found by its lines and those around it; where these have changed, by the header above it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from awsprof.editing import redaction
from awsprof.editing.hunks import Hunk, RedactedText

_GONE: Final = "A changed part is no longer there and is left alone."
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


def revert_hunks(text: RedactedText, hunks: tuple[Hunk, ...]) -> Reverted:
    """Reverts ``hunks`` in a text that may have changed since.

    Overwrites a place that has changed and leaves alone one that is gone; both are reported in
    ``conflicts``.
    """
    conflicts = []
    # A hunk's context is of the text as it is now: all are found before the first is reverted.
    found = [(hunk, _exact(text, hunk)) for hunk in sorted(hunks, key=lambda hunk: -hunk.start)]
    places = [place for _, place in found if place is not None]
    # Two parts with the same text may both be found at one place; reverting one moves the other, so
    # each is then searched for again.
    in_order = len(places) == len(found) and all(
        above[1] < below[0] for below, above in pairwise(places)
    )
    for hunk, exact in found:
        place = exact if in_order else _exact(text, hunk)
        if place is None:
            place = _around(text, hunk)
            if place is None:
                there = any(line.strip() for line in hunk.new) and text.starts(hunk.new)
                conflicts.append(_UNCLEAR if there else _GONE)
                continue
            lost = "; ".join(
                line.strip() for line in redaction.mask_lines(text.lines)[slice(*place)]
            )
            if lost:
                conflicts.append(f"This was written since and would be lost: {lost}")
            else:
                conflicts.append(_REMOVED if hunk.new else _ADDED)
        text.put(place, hunk.old)
    return Reverted(text.data, tuple(conflicts))


def _exact(text: RedactedText, hunk: Hunk) -> tuple[int, int] | None:
    """Returns where the hunk's new lines are with their context, nearest to their former place."""
    header = _header_of(text, hunk)
    for above, below in ((hunk.above, hunk.below), (hunk.above[-1:], hunk.below[:1])):
        size = len(above) + len(hunk.new) + len(below)
        if not size and not text.lines:
            return (0, 0)
        spots = _outwards(hunk.start - len(above), len(text.lines) - size) if size else ()
        for spot in spots:
            at = spot + len(above)
            if text.has(at, above, hunk.new, below) and _is_below(text, header, at):
                return (at, at + len(hunk.new))
    return _beside_changes(text, hunk, header)


def _header_of(text: RedactedText, hunk: Hunk) -> str | None:
    """Returns the header above the hunk; None if it is unknown, or renamed since."""
    header = _header_above(hunk.above, len(hunk.above))
    return header if header is not None and text.has_line(header) else None


def _is_below(text: RedactedText, header: str | None, at: int) -> bool:
    return header is None or _header_above(text.around, at) == header


def _beside_changes(text: RedactedText, hunk: Hunk, header: str | None) -> tuple[int, int] | None:
    """Returns where the hunk's new lines are if a line next to them has changed; None if unclear.

    They have to be below the same header, or two of the lines around them have to be the same.
    """
    if not any(line.strip() for line in hunk.new):
        return None
    alike: dict[int, int] = {}
    for at in text.starts(hunk.new):
        above = text.around[max(0, at - len(hunk.above)) : at]
        below = text.around[at + len(hunk.new) :]
        pairs = [*zip(above[::-1], hunk.above[::-1], strict=False)]
        pairs += zip(below, hunk.below, strict=False)
        if _is_below(text, header, at):
            alike[at] = sum(now == then for now, then in pairs)
    most = max(alike.values(), default=0)
    best = [at for at, count in alike.items() if count == most]
    if len(best) != 1 or (header is None and most < 2):
        return None
    return (best[0], best[0] + len(hunk.new))


def _header_above(lines: Sequence[str], at: int) -> str | None:
    """Returns the last header above line ``at``."""
    return next((lines[i] for i in range(at - 1, -1, -1) if lines[i].startswith("[")), None)


def _outwards(start: int, last: int) -> Iterator[int]:
    """Yields the positions from 0 to ``last``, nearest to ``start`` first."""
    below, above = min(start, last), max(start + 1, 0)
    while below >= 0 or above <= last:
        if below >= 0 and (above > last or start - below <= above - start):
            yield below
            below -= 1
        else:
            yield above
            above += 1


def _around(text: RedactedText, hunk: Hunk) -> tuple[int, int] | None:
    """Returns the span between the hunk's context lines, whatever it contains now.

    But no other section: what was removed is then put in front of it.
    """
    start, lines, header = 0, text.around, _header_of(text, hunk)
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
