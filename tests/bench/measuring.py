"""How it is measured: each command in turn with what stands beside it."""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import NamedTuple

PAIRS = 15
FEWEST = 2
PATIENCE_S = 40.0
Ways = Mapping[str, tuple[list[str], Callable[[], object]]]
"""The command of each row, and what is called before each of its runs."""


class Row(NamedTuple):
    """What was measured, beside what: seconds of CPU or of waiting, or MB of memory."""

    what: str
    ours: float
    than: str
    theirs: float
    pairs: int
    unit: str = "ms of CPU"

    def values(self) -> tuple[str, str]:
        """Both as numbers, as the page shows them."""
        ours, theirs = (
            each if self.unit == "MB" else each * 1000 for each in (self.ours, self.theirs)
        )
        digits = 1 if theirs < 100 else 0
        return f"{ours:.{digits}f}", f"{theirs:.{digits}f}"


class Found(NamedTuple):
    """The median of each way, in seconds, and of how many runs."""

    medians: Mapping[str, float]
    pairs: int


def run(*words: str, stdin: str = "") -> None:
    """A program of its own, which has to do well."""
    subprocess.run(words, input=stdin, capture_output=True, text=True, check=True)


def nothing() -> None:
    """Nothing changed since the last run."""


def cpu_of(ways: Ways, pairs: int = PAIRS) -> Found:
    """The median CPU time (user and system) of each command; in turn, so that all meet the same.

    On a machine that is busy with other things there are fewer pairs: after 40 seconds, two do.
    """
    runs: dict[str, list[float]] = {what: [] for what in ways}
    until, done = time.monotonic() + PATIENCE_S, -1  # the first round warms up
    while done < pairs and (done < min(pairs, FEWEST) or time.monotonic() < until):
        for what, (command, before) in ways.items():
            before()
            runs[what].append(_cpu(command))
        done += 1
    return Found({what: median(times[1:]) for what, times in runs.items()}, done)


def waiting_for(calls: Mapping[str, Callable[[], object]], pairs: int) -> Found:
    """The median time that each call takes, in turn: what a user waits for."""
    runs: dict[str, list[float]] = {what: [] for what in calls}
    for _ in range(pairs):
        for what, call in calls.items():
            start = time.perf_counter()
            call()
            runs[what].append(time.perf_counter() - start)
    return Found({what: median(times) for what, times in runs.items()}, pairs)


def _cpu(command: list[str]) -> float:
    nowhere = subprocess.DEVNULL
    child = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return used.ru_utime + used.ru_stime


def rows_beside(found: Found, than: str, unit: str = "ms of CPU") -> list[Row]:
    """A row for each way but ``than``, which they stand beside; printed too."""
    theirs = found.medians[than]
    rows = [
        Row(what, ours, than, theirs, found.pairs, unit)
        for what, ours in found.medians.items()
        if what != than
    ]
    tell(rows)
    return rows


def tell(rows: Iterable[Row]) -> None:
    """Print rows: both values and the ratio."""
    for row in rows:
        ours, theirs = row.values()
        print(f"{row.what:<58} {ours:>7} {row.unit}", flush=True)
        print(f"  {row.than:<56} {theirs:>7}   ratio {row.ours / row.theirs:.2f}", flush=True)
