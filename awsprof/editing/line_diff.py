"""A patience diff: the lines that differ between two texts, in near-linear time.

difflib compares every line with every other, which takes minutes for ten thousand changed lines.
Here, lines that occur exactly once in both texts are anchors, and only the lines between two
anchors are compared, with difflib if there are few of them. Texts of as many lines are often equal
but for lines in the same places, as after a value was changed: they are compared line by line.
"""

import difflib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

LineSpan = tuple[int, int, int, int]
"""(i1, i2, j1, j2): ``new[j1:j2]`` replaces ``old[i1:i2]``, as in difflib."""

_SMALL: Final = 250_000  # pairs of lines that difflib may compare


def changed_spans(old: Sequence[str], new: Sequence[str]) -> list[LineSpan]:
    """Returns the spans in which the texts differ, in order; adjacent spans are joined.

    Added or removed sections are spans that begin at their first header where the text allows it,
    and end with their last section: lines below a span are in the same section in both texts. A
    line that was changed in place, as from or to a header, is a span by itself.
    """
    if len(old) == len(new):
        at = [i for i, (ours, theirs) in enumerate(zip(old, new, strict=True)) if ours != theirs]
        # Where no text moved from one of these lines to another, no other diff keeps more lines.
        if {old[i] for i in at}.isdisjoint([new[i] for i in at]):
            return _runs(at)
    spans: list[LineSpan] = []
    todo = [(0, len(old), 0, len(new))]
    while todo:
        span = _trim(old, new, todo.pop())
        i1, i2, j1, j2 = span
        if i1 == i2 and j1 == j2:
            continue
        anchors = _anchors(old, new, span) if i1 < i2 and j1 < j2 else []
        if anchors:
            ends = [*anchors, (i2, j2)]
            starts = [(i1, j1), *((i + 1, j + 1) for i, j in anchors)]
            gaps = [(a, c, b, d) for (a, b), (c, d) in zip(starts, ends, strict=True)]
            todo += reversed(gaps)  # popped from the end, so in order
        else:
            for found in _compare(old, new, span):
                _join(spans, found)
    _slide_to_headers(spans, old, new)
    return _with_whole_sections(spans, old, new)


def _with_whole_sections(
    spans: Sequence[LineSpan], old: Sequence[str], new: Sequence[str]
) -> list[LineSpan]:
    """Returns the spans, longer where equal lines below one are of different sections."""
    whole: list[LineSpan] = []
    for span in spans:
        i1, i2, j1, j2 = span
        if whole and i1 <= whole[-1][1]:  # that one went on to here
            i1, j1 = whole[-1][0], whole[-1][2]
            whole.pop()
        if _count_headers(old[i1:i2]) != _count_headers(new[j1:j2]):
            more = _rest_of_section(old, i2)
            i2, j2 = i2 + more, j2 + more
        whole.append((i1, i2, j1, j2))
    return whole


def _count_headers(lines: Sequence[str]) -> int:
    return sum(line.startswith("[") for line in lines)


def _rest_of_section(lines: Sequence[str], start: int) -> int:
    """Returns how many lines there are up to the last that counts before the next header."""
    last = start
    for at in range(start, len(lines)):
        if lines[at].startswith("["):
            break
        if is_significant(lines[at]):
            last = at + 1
    return last - start


def is_significant(line: str) -> bool:
    """True for a line that is neither blank nor a comment."""
    return bool(line.strip()) and line[0] not in "#;"


def _slide_to_headers(spans: list[LineSpan], old: Sequence[str], new: Sequence[str]) -> None:
    """Moves spans of added or removed lines that have a header so that they begin with it.

    Of sections that are alike, the same diff could else be half of one and half of the next.
    """
    for at, (i1, i2, j1, j2) in enumerate(spans):
        if i1 != i2 and j1 != j2:
            continue
        lines, start, stop = (old, i1, i2) if j1 == j2 else (new, j1, j2)
        if not _begins_within_section(lines[start:stop]):
            continue
        # One equal line stays between two spans.
        room = spans[at - 1][1] + 1 if at else 0
        end = spans[at + 1][0] - 1 if at + 1 < len(spans) else len(old)
        by = _distance_to_header(lines, start, stop, i1 - room, end - i2)
        spans[at] = (i1 + by, i2 + by, j1 + by, j2 + by)


def _begins_within_section(lines: Sequence[str]) -> bool:
    counting = list(filter(is_significant, lines))
    return any(line.startswith("[") for line in counting[1:]) and not counting[0].startswith("[")


def _distance_to_header(lines: Sequence[str], start: int, stop: int, up: int, down: int) -> int:
    """Returns by how many lines a span has to move to begin at a header; 0 if it cannot."""
    at = 0
    while at < up and lines[start - at - 1] == lines[stop - at - 1]:
        at += 1
        if _begins_with_header(lines, start - at):
            return -at
    at = 0
    while at < down and lines[start + at] == lines[stop + at]:
        at += 1
        if _begins_with_header(lines, start + at):
            return at
    return 0


def _begins_with_header(lines: Sequence[str], start: int) -> bool:
    first = next((at for at in range(start, len(lines)) if is_significant(lines[at])), start)
    return lines[first].startswith("[")


def _runs(positions: Iterable[int]) -> list[LineSpan]:
    """Returns a span for each run of adjacent positions, which are the same in both texts."""
    spans: list[LineSpan] = []
    start = stop = -1
    for at in positions:
        if at != stop:
            if stop >= 0:
                spans.append((start, stop, start, stop))
            start = at
        stop = at + 1
    if stop >= 0:
        spans.append((start, stop, start, stop))
    return spans


def spans_to_show(
    spans: Iterable[LineSpan], old: Sequence[str], new: Sequence[str]
) -> Iterator[LineSpan]:
    """Yields the changed spans; splits off a changed value right above a removed section.

    Otherwise a diff shows the old value above the whole section, and the new one below it.
    """
    for i1, i2, j1, j2 in spans:
        added = j2 - j1
        if i2 - i1 <= added:  # no section is gone
            yield i1, i2, j1, j2
            continue
        pairs = zip(old[i1:i2], new[j1:j2], strict=False)
        rest = old[i1 + added : i2]
        if added and any(line.startswith("[") for line in rest) and all(map(_same_key, pairs)):
            yield i1, i1 + added, j1, j2
            yield i1 + added, i2, j2, j2
        else:
            yield i1, i2, j1, j2


def _same_key(pair: tuple[str, str]) -> bool:
    old, new = (line.partition("=") for line in pair)
    return bool(old[1] and new[1]) and old[0].strip() == new[0].strip()


def _trim(old: Sequence[str], new: Sequence[str], span: LineSpan) -> LineSpan:
    """Returns the span without its common prefix and suffix."""
    i1, i2, j1, j2 = span
    while i1 < i2 and j1 < j2 and old[i1] == new[j1]:
        i1, j1 = i1 + 1, j1 + 1
    while i1 < i2 and j1 < j2 and old[i2 - 1] == new[j2 - 1]:
        i2, j2 = i2 - 1, j2 - 1
    return i1, i2, j1, j2


def _anchors(old: Sequence[str], new: Sequence[str], span: LineSpan) -> list[tuple[int, int]]:
    """Returns the longest ordered run of lines that occur once in both."""
    i1, i2, j1, j2 = span
    ours, theirs = _once(old, i1, i2), _once(new, j1, j2)
    pairs = [(i, theirs[line]) for line, i in ours.items() if line in theirs]
    # Patience sorting: the longest increasing subsequence of positions in the new text.
    tops: list[int] = []
    piles: list[int] = []
    below: list[int] = []
    for at, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        below.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(j)
            piles.append(at)
        else:
            tops[pile], piles[pile] = j, at
    found = []
    at = piles[-1] if piles else -1
    while at >= 0:
        found.append(pairs[at])
        at = below[at]
    return found[::-1]


def _once(lines: Sequence[str], start: int, stop: int) -> dict[str, int]:
    """Returns the lines that occur once in ``lines[start:stop]`` with their positions, in order."""
    places: dict[str, int] = {}
    for index in range(start, stop):
        places[lines[index]] = -1 if lines[index] in places else index
    return {line: index for line, index in places.items() if index >= 0}


def _compare(old: Sequence[str], new: Sequence[str], span: LineSpan) -> Iterator[LineSpan]:
    i1, i2, j1, j2 = span
    if i1 == i2 or j1 == j2 or i2 - i1 == j2 - j1 == 1 or (i2 - i1) * (j2 - j1) > _SMALL:
        yield span
        return
    matcher = difflib.SequenceMatcher(None, old[i1:i2], new[j1:j2], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield i1 + a, i1 + b, j1 + c, j1 + d


def _join(spans: list[LineSpan], span: LineSpan) -> None:
    if spans and spans[-1][1] == span[0] and spans[-1][3] == span[2]:
        span = (spans[-1][0], span[1], spans[-1][2], span[3])
        spans.pop()
    spans.append(span)
