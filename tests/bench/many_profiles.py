"""Commands that people wait for, with few and with thousands of profiles; CPU time."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measuring import Row, Ways, cpu_of, nothing, rows_beside
from tests.standins.cli_runner import AWSPROF

FLOOR = "python -c pass"
NO_PROGRAM = [sys.executable, "-c", "pass"]
READING = "botocore reads 10,000 profiles"
COUNTS = (3, 1000, 10_000)
_ROLE = "role_arn = arn:aws:iam::{0}:role/Admin\nsource_profile = base\nregion = eu-west-1\n\n"
_EDIT = """
from pathlib import Path
from awsprof.configfile.document import Document, FileKind, SectionId, SetValue
document = Document.parse(Path({path!r}).read_bytes(), FileKind.CONFIG)
document.edit(SetValue(SectionId.profile("p00500"), "output", "json")).render()
"""
_READ = """
from botocore.configloader import load_config
load_config({path!r})
"""


def many_profiles(folder: Path) -> list[Row]:
    """Each command beside the AWS CLI's, or the start of Python where there is no AWS CLI."""
    aws = _aws_cli()
    rows = _quick_answers(folder / "few")
    for count in COUNTS:
        with with_profiles(folder / str(count), count):
            than, theirs = _listing(aws)
            ours = f"awsprof list, {count:,} profiles"
            lists: Ways = {than: (theirs, nothing), ours: ([AWSPROF, "list"], nothing)}
            rows += rows_beside(cpu_of(lists, 5), than)
    with with_profiles(folder / "edited", COUNTS[-1]) as config:
        rows += _edits(str(config), aws)
    with with_profiles(folder / "renamed", COUNTS[-1]) as config:
        rows += _many_edits(str(config))
    return rows


def _quick_answers(home: Path) -> list[Row]:
    floor: Ways = {FLOOR: (NO_PROGRAM, nothing)}
    with with_profiles(home, 1000):
        words: Ways = {f"awsprof {w}": ([AWSPROF, w], nothing) for w in ("--version", "--help")}
        rows = rows_beside(cpu_of({**floor, **words}), FLOOR)
        with _completing("awsprof show p"):
            tab: Ways = {"a Tab among 1,000 profiles": ([AWSPROF], nothing)}
            return rows + rows_beside(cpu_of({**floor, **tab}), FLOOR)


def _edits(config: str, aws: str | None) -> list[Row]:
    values = iter(range(1000))

    def choose() -> None:
        """A value of its own for each run, so that there is something to write."""
        os.environ["BENCH_VALUE"] = f"v{next(values)}"

    than = "aws configure set" if aws else FLOOR
    theirs = ["sh", "-c", f'exec {aws} configure set cli_pager "$BENCH_VALUE" --profile p00700']
    ours = f'exec {AWSPROF} set p00500 cli_pager "$BENCH_VALUE" --yes --no-verify'
    ways: Ways = {
        than: (theirs if aws else NO_PROGRAM, choose),
        "awsprof set, 10,000 profiles": (["sh", "-c", ours], choose),
    }
    rows = rows_beside(cpu_of(ways, 5), than)
    inside: Ways = {
        READING: (reading_words(Path(config)), nothing),
        "one edit in process, 10,000 profiles": (_python(_EDIT.format(path=config)), nothing),
    }
    return rows + rows_beside(cpu_of(inside, 5), READING)


def _many_edits(config: str) -> list[Row]:
    renaming = [AWSPROF, "rename", "base", "basis", "--yes"]
    ways: Ways = {
        READING: (reading_words(Path(config)), nothing),
        "awsprof rename, 10,000 users": (renaming, nothing),
        "awsprof undo of that": ([AWSPROF, "undo", "--yes"], nothing),
        "awsprof doctor --offline, 10,000 profiles": (
            ["sh", "-c", f"{AWSPROF} doctor --offline || true"],
            nothing,
        ),
    }
    return rows_beside(cpu_of(ways, 3), READING)


def reading_words(config: Path) -> list[str]:
    """The command with which botocore reads the file."""
    return _python(_READ.format(path=str(config)))


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _listing(aws: str | None) -> tuple[str, list[str]]:
    """What of the AWS CLI reads all profiles: version 1 cannot list them."""
    for words in (("list-profiles",), ("get", "region", "--profile", "base")) if aws else ():
        command = [f"{aws}", "configure", *words]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return f"aws configure {' '.join(words)}", command
    return FLOOR, NO_PROGRAM


def _aws_cli() -> str | None:
    """The AWS CLI: that of a virtual environment beside ours, or the one on PATH."""
    ours = Path(__file__).parents[2] / ".venv-awscli" / "bin" / "aws"
    return str(ours) if ours.exists() else shutil.which("aws")


@contextmanager
def with_profiles(home: Path, count: int) -> Iterator[Path]:
    """A HOME with that many roles on one key; its config file."""
    folder = home / ".aws"
    folder.mkdir(parents=True, mode=0o700)
    roles = (f"[profile p{i:05}]\n{_ROLE.format(10**11 + i)}" for i in range(count - 1))
    (folder / "config").write_text("[profile base]\nregion = eu-west-1\n\n" + "".join(roles))
    before = os.environ["HOME"]
    os.environ["HOME"] = str(home)
    try:
        yield folder / "config"
    finally:
        os.environ["HOME"] = before


@contextmanager
def _completing(line: str) -> Iterator[None]:
    """The variables with which bash asks for completions of a line."""
    asked = {
        "_AWSPROF_COMPLETE": "bash_complete",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    os.environ.update(asked)
    try:
        yield
    finally:
        for name in asked:
            del os.environ[name]
