"""Many at once and many in a row: what one process does right, thousands do too."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsprof.configfile import storage
from awsprof.configfile.document import FileKind, SectionId
from tests.requirements import need
from tests.standins.at_once import run_at_once
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, ROOT, run

_CLI = ROOT / ".venv-awscli" / "bin" / "aws"
_WRITERS = 50
_MINUTE_S = 60
_MOST_MB_OF_A_WAITER = 32  # Python itself takes 10


@pytest.fixture
def admin(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> str:
    """A role on a key in the vault; its profile."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    aws.role("Admin")
    given = ("--access-key-id", key.id, "--secret-stdin", "--region", "eu-west-1", "--yes")
    run("add", "keys", "base", *given, stdin=key.secret)
    role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
    run("add", "role", "admin", *role, "--region", "eu-west-1", "--yes")
    run("logout", "--all")
    aws.calls.clear()
    return "admin"


def test_two_hundred_processes_share_one_cold_session(admin: str, aws: Aws) -> None:
    outcomes = run_at_once(200, "credential-process", admin)
    assert {each.code for each in outcomes} == {0}, {each.stderr for each in outcomes}
    assert len({each.stdout for each in outcomes}) == 1
    assert aws.calls.count("AssumeRole") == 1


# In place of the lock that others hold: what is imported by then, and the memory it takes (MB).
_WAITING = """
import os, sys
from awsprof import locks
from awsprof.auth.credential_process import credential_process_main

def wait(lock, **_):
    loaded = sorted({"boto3", "botocore", "keyring", "urllib3"} & set(sys.modules))
    pages = int(open("/proc/self/statm").read().split()[1])
    print(lock.name, pages * os.sysconf("SC_PAGE_SIZE") // 2**20, *loaded)
    sys.exit(0)

locks.hold_lock = wait
credential_process_main(["admin"])
"""


def test_a_process_that_waits_is_small_and_has_not_loaded_what_makes_a_session(
    admin: str,
) -> None:
    assert admin == "admin"
    done = subprocess.run(
        [sys.executable, "-c", _WAITING], capture_output=True, text=True, check=True
    )
    name, megabytes, *loaded = done.stdout.split()
    assert name.startswith("role-")
    assert loaded == []
    assert int(megabytes) < _MOST_MB_OF_A_WAITER, megabytes


def test_five_thousand_sessions_leave_nothing_behind(admin: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.sessions_script", "5000", admin],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    early, late = measured["early"], measured["late"]
    assert late["descriptors"] == early["descriptors"], measured
    assert late["threads"] == early["threads"], measured
    assert late["objects"] < early["objects"] * 1.02, measured
    assert late["memory"] < early["memory"] * 1.05, measured


def _write_for_a_minute(number: int, until: float) -> tuple[int, int]:
    """Edits of one writer's own profile, one process each: how many, and the last number."""
    written = 0
    while time.monotonic() < until:
        region = f"eu-west-{written}"
        done = subprocess.run(
            [AWSPROF, "set", f"ours-{number}", "region", region, "--yes", "--no-verify"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        if done.returncode == 0:
            written += 1
        else:  # it waited for the others for as long as it may
            assert "still busy" in done.stderr, done.stderr
    return number, written


def test_fifty_writers_and_the_aws_cli_for_a_minute(home: Path) -> None:
    need(_CLI.is_file(), "the AWS CLI in .venv-awscli (make test puts it there)")
    config = home / ".aws" / "config"
    config.parent.mkdir(mode=0o700)
    ours = "\n".join(f"[profile ours-{n}]\nregion = eu-west-0\n" for n in range(_WRITERS))
    config.write_text(f"# by hand\n{ours}")
    until = time.monotonic() + _MINUTE_S
    with ThreadPoolExecutor(_WRITERS) as pool:
        writing = [pool.submit(_write_for_a_minute, n, until) for n in range(_WRITERS)]
        theirs = 0
        while time.monotonic() < until:
            words = ["configure", "set", "region", f"eu-north-{theirs}", "--profile", "cli"]
            subprocess.run([_CLI, *words], check=True, capture_output=True, env=dict(os.environ))
            theirs += 1
        written = dict(each.result() for each in writing)
    assert theirs
    assert sum(written.values())
    document = storage.read_config_file(FileKind.CONFIG).document
    assert config.read_text().startswith("# by hand\n")
    assert document.problems == ()
    names = [section.id.name for section in document.sections]
    assert len(names) == len(set(names))
    assert set(names) == {"cli", *(f"ours-{n}" for n in range(_WRITERS))}
    cli = document.find(SectionId.profile("cli"))
    assert cli is not None
    assert [entry.key for entry in cli.entries] == ["region"]
