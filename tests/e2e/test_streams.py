"""Standard streams that are closed, full or left by their reader: a documented exit code, quietly.

Started as a shell starts programs, since what Python does at its start and exit is part of it.
"""

import subprocess
from pathlib import Path

import pytest

from tests.standins.cli_runner import AWSPROF

CONFIG = """\
[profile x]
region = eu-west-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = made-up
"""
PRINTS = ("list --json", "credential-process x", "env x", "settings", "--help")
SPEAKS = ("history", "doctor --offline", "set x output --help")


def ran(words: str, redirection: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {AWSPROF} {words} {redirection}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(autouse=True)
def config(home: Path) -> None:
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text(CONFIG)
    (home / ".aws" / "config").chmod(0o600)


@pytest.mark.parametrize("words", PRINTS)
def test_a_full_stdout_is_told_and_a_closed_or_broken_one_is_not(words: str) -> None:
    full = ran(words, ">/dev/full")
    assert full.returncode == 3
    assert "could not be written: No space left on device." in full.stderr
    assert "Internal error" not in full.stderr
    for quiet in (">&-", "| true", "<&-", "2>&-", "2>/dev/full", "<&- >&- 2>&-"):
        done = ran(words, quiet)
        assert (done.returncode, done.stderr) == (0, ""), (words, quiet)
    assert ran(words, ">/dev/full 2>/dev/full").returncode == 3


@pytest.mark.parametrize("redirection", (">&-", "2>&-", "2>/dev/full", "<&-", ">&- 2>&- <&-"))
@pytest.mark.parametrize("words", SPEAKS)
def test_what_prints_little_ends_as_ever(words: str, redirection: str) -> None:
    done = ran(words, redirection)
    assert done.returncode in {0, 1}
    assert "Traceback" not in done.stderr
    assert "Internal error" not in done.stderr


def test_no_file_of_ours_takes_the_place_of_a_closed_stream(home: Path) -> None:
    before = (home / ".aws" / "config").read_text()
    done = ran("copy x y --yes", "<&- >&- 2>&-")
    ran("list", "<&- >&- 2>&-")
    assert done.returncode in {0, 2}
    assert before in (home / ".aws" / "config").read_text()
    for file in home.rglob("*"):
        if file.is_file():
            assert b"awsprof:" not in file.read_bytes(), file
