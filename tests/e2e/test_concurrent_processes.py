"""Several of us at once, and a disk that is full: what was there stays, what was asked is done."""

import subprocess
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key

ROLE = "arn:aws:iam::210987654321:role/Audit"


def start(*words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [AWSPROF, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: "subprocess.Popen[str]", stdin: str = "") -> tuple[int, str]:
    said = "".join(process.communicate(stdin, timeout=90))
    assert "Traceback" not in said
    return process.returncode, said


@pytest.fixture
def base(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One profile with a key in the vault; the config file."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    add_vault_key(key)
    return home / ".aws" / "config"


def test_each_of_many_at_once_gets_its_profile(base: Path, aws: Aws) -> None:
    aws.role("Audit")
    flags = ("--role-arn", ROLE, "--source", "base", "--yes")
    adding = [start("add", "role", f"audit-{i}", *flags) for i in range(6)]
    for process in adding:
        code, said = finished(process)
        assert code == 0, said
    written = base.read_text()
    assert [f"[profile audit-{i}]" in written for i in range(6)] == [True] * 6
    assert written.count("[profile ") == 7


def test_two_keys_given_at_once_are_both_kept(home: Path, aws: Aws, base: Path) -> None:
    keys = {name: aws.user(name) for name in ("bob", "carol")}
    adding = {
        name: start("add", "keys", name, "--access-key-id", key.id, "--secret-stdin", "--yes")
        for name, key in keys.items()
    }
    for name, process in adding.items():
        code, said = finished(process, keys[name].secret)
        assert code == 0, said
    code, said = finished(start("doctor"))
    assert code == 0, said
    assert said.count("arn:aws:iam::123456789012:user/") == 3


def test_a_full_disk_leaves_everything_as_it_was(base: Path, home: Path) -> None:
    files = [f for f in home.rglob("*") if f.is_file() and f.suffix != ".lock"]
    before = {f: f.read_bytes() for f in files}
    # No file may grow beyond what is there: what a full disk does to a write.
    limited = f"ulimit -f 0; exec {AWSPROF} set base output json --yes"
    done = subprocess.run(
        ["bash", "-c", limited], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in {3, 5}, done.stderr
    assert done.stderr.startswith(("awsprof: ", "\n")), done.stderr
    assert "Traceback" not in done.stderr
    assert {f: f.read_bytes() for f in files} == before
