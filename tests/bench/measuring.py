"""How it is measured, and told."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple

PAIRS = 15


def took(call: Callable[[], object], times: int = 5) -> float:
    """The median of some runs, in seconds."""
    runs = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        runs.append(time.perf_counter() - start)
    return median(runs)


def tell(what: str, ours: float, than: str, theirs: float) -> None:
    """One line: both times, and the ratio."""
    print(f"{what:<44} {ours * 1000:9.1f} ms")
    print(f"  {than:<42} {theirs * 1000:9.1f} ms   ratio {ours / theirs:.2f}")


def run(*words: str, stdin: str = "") -> None:
    """A program of its own, which has to do well."""
    subprocess.run(words, input=stdin, capture_output=True, text=True, check=True)


def cpu_of(
    ways: Mapping[str, tuple[list[str], Callable[[], object]]], pairs: int = PAIRS
) -> dict[str, float]:
    """The median CPU time of each command, in seconds; in turn, so that all meet the same noise.

    What stands beside a command is called before each of its runs.
    """
    runs: dict[str, list[float]] = {what: [] for what in ways}
    for _ in range(pairs + 1):
        for what, (command, before) in ways.items():
            before()
            runs[what].append(_cpu(command))
    return {what: median(times[1:]) for what, times in runs.items()}  # the first one warms up


def _cpu(command: list[str]) -> float:
    nowhere = subprocess.DEVNULL
    child = subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return used.ru_utime + used.ru_stime


class Row(NamedTuple):
    """What was measured beside what, in seconds of CPU."""

    what: str
    seconds: float
    than: str
    theirs: float


def rows_beside(found: Mapping[str, float], than: str) -> list[Row]:
    """A row for each command but ``than``, which they stand beside; printed too."""
    rows = [Row(what, took, than, found[than]) for what, took in found.items() if what != than]
    for row in rows:
        tell(row.what, row.seconds, row.than, row.theirs)
    return rows
