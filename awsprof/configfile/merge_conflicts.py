"""Finds what a merge left in a file: conflicts, and markers of conflicts.

Source: "git help merge", "How conflicts are presented".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?")


def find_merge_conflicts(lines: Iterable[str]) -> tuple[range, ...]:
    """Returns the lines (from 1) of each conflict, with both sides; or of a marker left alone."""
    found: list[range] = []
    start: int | None = None  # the line of the <<<<<<< of the conflict that is open
    pending: list[int] = []  # the markers below it
    for number, line in enumerate(lines, start=1):
        marker = _MARKER.fullmatch(line.rstrip())
        if marker is None:
            continue
        if marker[1] == "<" * 7:
            found += _alone(start, pending)
            start, pending = number, []
        elif marker[1] == ">" * 7 and start is not None and pending:
            found.append(range(start, number + 1))
            start, pending = None, []
        else:
            pending.append(number)
    return (*found, *_alone(start, pending))


def _alone(start: int | None, pending: list[int]) -> list[range]:
    first = [] if start is None else [start]
    return [range(number, number + 1) for number in (*first, *pending)]
