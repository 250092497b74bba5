"""How it is measured, and told."""

import subprocess
import time
from collections.abc import Callable
from statistics import median


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
