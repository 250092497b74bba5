"""docs/performance.md and the table in both READMEs: the rows of a run, and what is aimed at."""

import os
import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.bench.measuring import Row

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "performance.md"
# What a row may have at most, a ratio or seconds of CPU ("2 s"), and what keeps it from less.
GOALS: Final = {
    "awsprof --version": ("3", "preparing the streams, eight modules of ours"),
    "awsprof --help": ("3", "the same, and the table of commands"),
    "a Tab among 1,000 profiles": ("3", "reading both files, and the shell's words"),
    "awsprof list, 3 profiles": ("1", "importing click, rich and the vault's checks"),
    "awsprof list, 1,000 profiles": ("1", "the same"),
    "awsprof list, 10,000 profiles": ("1", "a Profile for each, with the line of every value"),
    "awsprof set, 10,000 profiles": ("1", "splitting the file, and merging its profiles"),
    "one edit in process, 10,000 profiles": ("1", "splitting the file into sections and keys"),
    "awsprof rename, 10,000 users": ("2 s", "an edit and a hunk for each"),
    "awsprof undo of that": ("2 s", "the diff, and a hunk for each"),
    "awsprof doctor --offline, 10,000 profiles": ("5 s", "a hundred checks of each profile"),
    "awsprof team apply, 5,000 profiles added": ("3 s", "reading 101 files, and the diff"),
    "awsprof team apply, 5,000 profiles changed": ("3 s", "the same"),
    "awsprof team apply, 2,500 profiles removed": ("3 s", "the same"),
    "awsprof team diff, nothing differs": ("2 s", "reading 101 files, and the lines of their keys"),
    "a kept session": ("1.25", "Python's own start"),
    "  after an edit of another profile": ("2.5", "the same: only the chain's lines count"),
    "  with another variable": ("2.5", "the same"),
    "a key of the vault without MFA, asked again": ("1.5", "Python's own start"),
    "  for the first time in a while": ("3.75", "importing os, and cryptography"),
    "a key in GNOME Keyring, asked again": ("1.5", "Python's own start"),
    "  the key in GNOME Keyring, for the first time in a while": (
        "3.75",
        "importing os, and six calls on the bus",
    ),
    "awsprof exec, a kept session": ("2", "the console script, and nine modules of ours"),
    "awsprof exec, a key of the vault, run again": ("2", "the same"),
    "awsprof env, the same": ("3", "the same, and the quoting of each shell"),
    "awsprof.session, a cached role session, the same": ("1", "importing boto3, as in the other"),
    "the doctor of 200 profiles, AWS 60 ms away": ("1.5", "IAM's answers, and the checks"),
    "the doctor of 2,000 profiles, AWS 60 ms away": ("1.5", "the same"),
    "  its memory, 2,000 profiles": ("1.5", "the profiles and their findings"),
    "awsprof sso discover, 6,000 profiles, 100 calls a second": (
        "1.5",
        "the diff, and writing 6,000 profiles",
    ),
}
HEAD: Final = """\
# Performance

`make bench` measures what people and SDKs wait for, and writes this page and the READMEs' tables.
Each row is the median of runs that take turns with what stands beside them, so the ratio means
more than the milliseconds: the machine is not idle. CPU is user and system time. A floor is the
cost that nobody can avoid: Python's start, botocore's own reading of the file, or the calls alone.
A goal is a ratio, or seconds of CPU; one that a run misses is marked. The goal of "for the first
time" is three times a kept session, which is 3.75 times Python's start.

"""
# Rows that the READMEs quote: English, Japanese, and the same of what stands beside them.
QUOTED: Final = {
    "a kept session": (
        ("a cached session, handed to an SDK", "Python's own start"),
        ("SDK へのセッション(保存済み)", "Python の起動"),
    ),
    "awsprof list, 10,000 profiles": (
        ("`list` of 10,000 profiles", "the AWS CLI"),
        ("10,000 プロファイルの `list`", "AWS CLI"),
    ),
    "awsprof set, 10,000 profiles": (
        ("`set` in a file of 10,000 profiles", "the AWS CLI"),
        ("10,000 プロファイルのファイルでの `set`", "AWS CLI"),
    ),
}
_QUOTE: Final = re.compile(r"(?<=<!-- bench -->\n).*?(?=<!-- /bench -->)", re.DOTALL)


def write_page(rows: list[Row]) -> None:
    """Write the page, and the tables of the READMEs, from the rows of this run."""
    PAGE.write_text(HEAD + "".join(_lines(rows)))
    heads = ("| | awsprof | compared with | ratio |", "| | awsprof | 比較対象 | 比率 |")
    for language, (name, head) in enumerate(zip(("README.md", "README.ja.md"), heads, strict=True)):
        readme = ROOT / name
        quoted = "".join(_quoted(rows, language))
        table = f"{head}\n| --- | --- | --- | --- |\n{quoted}".replace("\\", r"\\")
        readme.write_text(_QUOTE.sub(table, readme.read_text()))


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    when = datetime.now(UTC).date().isoformat()
    yield f"Measured {when} on {os.cpu_count()} cores ({_processor()}), {platform.system()}"
    yield f" {platform.release().partition('-')[0]}, Python {platform.python_version()};"
    yield f" load {os.getloadavg()[0]:.1f} at the end. {_go_programs()}\n\n"
    missed = [_name(row) for row in rows if is_missed(row)]
    yield f"Goals missed in this run: {'; '.join(missed) or 'none'}.\n\n"
    yield "| what | | beside | | measure | ratio | goal | pairs | what remains |\n"
    yield "|---|---|---|---|---|---|---|---|---|\n"
    for row in rows:
        goal, remains = GOALS.get(row.what, ("", ""))
        goal = f"**{goal}, missed**" if is_missed(row) else goal
        ours, theirs = row.values()
        yield (
            f"| {_name(row)} | {ours} | {row.than} | {theirs} | {row.unit}"
            f" | {row.ours / row.theirs:.2f} | {goal} | {row.pairs} | {remains} |\n"
        )


def is_missed(row: Row) -> bool:
    """True if the row is over its goal, as the page shows both."""
    goal = GOALS.get(row.what, ("", ""))[0]
    if goal.endswith(" s"):
        return round(row.ours, 2) > float(goal.removesuffix(" s"))
    return bool(goal) and round(row.ours / row.theirs, 2) > float(goal)


def _name(row: Row) -> str:
    return row.what.replace("  ", "… ", 1) if row.what.startswith("  ") else row.what


def _quoted(rows: Iterable[Row], language: int) -> Iterator[str]:
    found = {row.what: row for row in rows}
    for what, labels in QUOTED.items():
        label, than = labels[language]
        row = found[what]
        ours, theirs = row.values()
        yield f"| {label} | {ours} ms | {than}: {theirs} ms | {row.ours / row.theirs:.2f} |\n"


def _go_programs() -> str:
    if shutil.which("aws-vault"):
        return "aws-vault's rows are of the one on PATH."
    return "aws-vault was not on PATH, so it has no row."


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
