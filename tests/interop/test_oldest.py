"""The main job by awsprof with the oldest of every library that pyproject.toml allows."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.interop.clients import ROOT
from tests.interop.machine import ALICE, PASSPHRASE, READ_ONLY, assumed
from tests.requirements import need
from tests.standins.aws import Aws

BIN = ROOT / ".venv-oldest" / "bin"
SESSION = """
import awsprof, boto3, botocore
print(awsprof.session("admin").client("sts").get_caller_identity()["Arn"])
print(boto3.__version__, botocore.__version__)
"""


def awsprof(*words: str, stdin: str = "") -> str:
    """What that awsprof prints; it must succeed, without a warning."""
    command = [str(BIN / "awsprof"), *words]
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


@pytest.fixture
def oldest(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A key, a role on it and a role of Identity Center, added by it."""
    need((BIN / "awsprof").exists(), "the oldest libraries in .venv-oldest: run make interop once")
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    awsprof("settings", "vault", "file")
    key = aws.user("alice")
    aws.role("Admin")
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    aws.approve_at_once = True
    region = ("--region", "eu-west-1", "--yes")
    secret = ("--access-key-id", key.id, "--secret-stdin")
    awsprof("add", "keys", "base", *secret, *region, stdin=key.secret)
    role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
    awsprof("add", "role", "admin", *role, *region)
    session = ("--session", "corp", "--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    of_account = ("--account", "345678901234", "--role", "ReadOnly")
    awsprof("add", "sso", "prod", *session, *of_account, *region)
    return aws


def test_profiles_work_in_the_doctor_in_exec_and_in_scripts(oldest: Aws) -> None:
    told = json.loads(awsprof("doctor", "--json"))
    who = {each["name"]: each["arn"] for each in told["profiles"]}
    assert who["base"] == ALICE
    assert who["admin"].startswith(assumed("Admin"))
    assert who["prod"].startswith(READ_ONLY)
    done = subprocess.run(
        [BIN / "python", "-c", SESSION], capture_output=True, text=True, timeout=90, check=True
    )
    arn, versions = done.stdout.splitlines()
    assert arn.startswith(assumed("Admin"))
    allowed = re.findall(r'"boto(?:3|core)>=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert versions.split() == [f"{each}.0" for each in allowed]
    shown = awsprof("exec", "--serve", "admin", "--", str(BIN / "python"), "-c", SESSION)
    assert shown.startswith(assumed("Admin"))
    assert "AWS_SESSION_TOKEN" in json.loads(awsprof("env", "admin", "--shell", "json"))


def test_a_key_is_rotated_and_an_edit_undone(oldest: Aws, home: Path) -> None:
    config = home / ".aws" / "config"
    before = config.read_text()
    awsprof("set", "admin", "region", "us-east-1", "--yes")
    awsprof("undo", "--yes")
    assert config.read_text() == before
    awsprof("keys", "rotate", "base", "--yes")
    assert config.read_text() != before  # it names the new key
    given = json.loads(awsprof("credential-process", "admin"))
    assert given["SessionToken"]
    assert json.loads(awsprof("doctor", "--json"))["profiles"]
    assert "base" in awsprof("list")
