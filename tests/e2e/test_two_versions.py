"""Two versions of awsprof at once on one home: the one of this tree and another one beside it.

The other one is the first release, once there is a tag; until then, this one under another number.
``AWSPROF_TEST_OTHER`` names any other commit.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from awsprof import __version__
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, ROOT

ROLE = "arn:aws:iam::210987654321:role/Admin"
WRITERS = 4
REGIONS = ("eu-west-1", "eu-west-2", "eu-west-3")
# What a served child does: an edit by the other version, in between two sessions.
SERVED = """
import subprocess, sys
import boto3
who = lambda: boto3.Session().client("sts").get_caller_identity()["Arn"]
before = who()
words = ["set", "admin", "output", "json", "--yes", "--no-verify"]
subprocess.run([sys.argv[1], *words], check=True, capture_output=True)
print(before, who())
"""
# As pip writes it, for a package in that folder.
PROGRAM = """#!{python}
import sys
sys.path.insert(0, {folder!r})
from awsprof.__main__ import main
sys.exit(main())
"""


class Version:
    """An awsprof by the path of its program."""

    def __init__(self, program: str) -> None:
        self.program = program

    def run(self, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        """Run it with these words; it never fails with a traceback."""
        done = subprocess.run(
            [self.program, *words],
            cwd=Path.home(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def do(self, *words: str, stdin: str = "") -> str:
        """The same for what must not fail; returns what it printed."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _git(*words: str) -> bytes:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


@pytest.fixture(scope="module")
def other_program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program of the other version."""
    folder = tmp_path_factory.mktemp("other")
    tags = _git("tag", "--list", "v*", "--sort=creatordate").decode().split()
    commit = os.environ.get("AWSPROF_TEST_OTHER") or next(iter(tags), "")
    if commit:
        with tarfile.open(fileobj=BytesIO(_git("archive", commit, "awsprof"))) as archive:
            archive.extractall(folder, filter="data")
    else:
        without = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "awsprof", folder / "awsprof", ignore=without)
        start = folder / "awsprof" / "__init__.py"
        start.write_text(start.read_text().replace(f'"{__version__}"', '"0.0.9"'))
    program = folder / "bin" / "awsprof"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def both(
    other_program: str, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Version, Version]]:
    """This version and the other; a key in the vault and a role on it, by one each."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # awsprof would start itself again without it
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    this, other = Version(AWSPROF), Version(other_program)
    key = aws.user("alice")
    aws.role("Admin")
    given = ("--access-key-id", key.id, "--secret-stdin", "--region", "eu-west-1", "--yes")
    other.do("add", "keys", "base", *given, stdin=key.secret)
    flags = ("--role-arn", ROLE, "--source", "base", "--region", "eu-west-1", "--yes")
    this.do("add", "role", "admin", *flags)
    yield this, other


def test_they_are_two(both: tuple[Version, Version]) -> None:
    this, other = (each.do("--version") for each in both)
    assert this != other or os.environ.get("AWSPROF_TEST_OTHER")


def test_writers_of_both_at_once_lose_nothing(both: tuple[Version, Version], home: Path) -> None:
    def edit(number: int) -> None:
        words = ("--yes", "--no-verify")
        flags = ("--role-arn", ROLE, "--source", "base", *words)
        both[number % 2].do("add", "role", f"w{number}", *flags)
        for count, region in enumerate(REGIONS, 1):
            both[(number + count) % 2].do("set", f"w{number}", "region", region, *words)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(edit, range(WRITERS)))
    for each in both:
        listed = each.do("list")
        assert all(f"w{number} " in listed for number in range(WRITERS))
    assert (home / ".aws" / "config").read_text().count(REGIONS[-1]) == WRITERS
    histories = [each.do("history") for each in both]
    assert histories[0] == histories[1]
    assert len(histories[0].splitlines()) == 1 + 2 + WRITERS * (1 + len(REGIONS))


def test_each_undoes_what_the_other_did(both: tuple[Version, Version], home: Path) -> None:
    config = home / ".aws" / "config"
    before = config.read_text()
    for first, second in (both, both[::-1]):
        first.do("remove", "admin", "--yes")
        assert config.read_text() != before
        second.do("undo", "--yes")
        assert config.read_text() == before


def test_both_have_one_vault_and_one_session(both: tuple[Version, Version], aws: Aws) -> None:
    this, other = both
    secrets = [
        json.loads(each.do("credential-process", "base"))["SecretAccessKey"] for each in both
    ]
    assert secrets[0] == secrets[1]
    this.do("logout", "--all")
    aws.calls.clear()
    sessions = [each.do("credential-process", "admin") for each in (other, this, other)]
    assert len(set(sessions)) == 1
    assert aws.calls.count("AssumeRole") == 1
    other.do("logout", "--all")
    assert this.do("credential-process", "admin") != sessions[0]


def test_a_served_program_goes_on_while_the_other_edits(
    both: tuple[Version, Version],
) -> None:
    for first, second in (both, both[::-1]):
        served = ("exec", "--serve", "admin", "--", sys.executable, "-c", SERVED)
        said = first.do(*served, second.program).split()
        assert said[0] == said[1]
        assert ":assumed-role/Admin/" in said[0]
        second.do("undo", "--yes")


def test_settings_of_one_are_the_other_s(both: tuple[Version, Version]) -> None:
    this, other = both
    this.do("settings", "key-age", "30")
    other.do("settings", "key-cache", "off")
    for each in both:
        assert "30" in each.do("settings", "key-age")
        assert "off" in each.do("settings", "key-cache")
