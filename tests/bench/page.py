"""docs/performance.md: the rows of a run, each beside what it is compared with."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench.measuring import Row

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
# The ratio that a row is meant to have, and what keeps it from less.
GOALS: Final = {
    "awsprof --version": ("3", "Python's own start, and preparing the streams"),
    "awsprof --help": ("3", "the same, and the table of commands"),
    "a Tab among 1,000 profiles": ("3", "reading both files, and importing re and shlex"),
    "awsprof list, 3 profiles": ("1", "importing click, rich and the vault's checks"),
    "awsprof list, 1,000 profiles": ("1", "the same"),
    "awsprof list, 10,000 profiles": ("1", "a Profile for each, with the line of every value"),
    "awsprof set, 10,000 profiles": ("1", "splitting the file, and merging its profiles"),
    "one edit in process, 10,000 profiles": ("1", "splitting the file into sections and keys"),
    "awsprof rename, 10,000 users": ("", "finding secrets in the diff and in the history"),
    "awsprof undo of that": ("", "the same, and reading the file before and after"),
    "awsprof doctor --offline, 10,000 profiles": ("", "a hundred checks of each profile"),
    "awsprof team apply, 5,000 profiles added": ("", "3 s of CPU is the goal"),
    "awsprof team apply, 5,000 profiles changed": ("", "the same"),
    "awsprof team diff, nothing differs": ("", "2 s of CPU is the goal"),
    "a kept session": ("1.25", "Python's own start"),
    "  after an edit of another profile": ("2.5", "the same: only the chain's lines count"),
    "  with another variable": ("2.5", "the same"),
    "a key of the vault without MFA, asked again": ("1.5", "Python's own start"),
    "  for the first time in a while": ("3", "importing os, and cryptography"),
    "a key in GNOME Keyring, asked again": ("1.5", "Python's own start"),
    "  the key in GNOME Keyring, for the first time in a while": (
        "3",
        "importing jeepney and secretstorage, and the key exchange with the keyring",
    ),
    "awsprof.session, a role in hand, the same": ("1", ""),
}
HEAD: Final = """\
# Performance

`make bench` measures what people and SDKs wait for, and writes this page. Each row is CPU time
(user and system), the median of runs that take turns with what stands beside them, so the ratio
means more than the milliseconds: the machine is not idle. A floor (Python's start, botocore's own
reading of the file) is what no program in Python, or no reader of the whole file, can be faster
than.

"""


def write_page(rows: Iterable[Row]) -> None:
    """Write the page from the rows of this run."""
    PAGE.write_text(HEAD + "".join(_lines(rows)))


def _lines(rows: Iterable[Row]) -> Iterable[str]:
    when = datetime.now(UTC).date().isoformat()
    yield f"Measured {when} on {os.cpu_count()} cores ({_processor()}), {platform.system()},"
    yield f" Python {platform.python_version()}.\n\n"
    yield "| what | ms | beside | ms | ratio | goal | what remains |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for row in rows:
        goal, remains = GOALS.get(row.what, ("", ""))
        what = row.what.replace("  ", "… ", 1) if row.what.startswith("  ") else row.what
        yield (
            f"| {what} | {row.seconds * 1000:.0f} | {row.than} | {row.theirs * 1000:.0f}"
            f" | {row.seconds / row.theirs:.2f} | {goal} | {remains} |\n"
        )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
