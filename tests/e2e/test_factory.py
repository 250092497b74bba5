"""The Session factory in scripts: a job of hours, and one cache with the command line."""

import json
import sys
from pathlib import Path

import pexpect
import pytest

import awsprof
from tests.standins.aws import Aws
from tests.standins.cli_runner import ROOT, python, run
from tests.standins.sample_config import Machine, machine

__all__ = ["machine"]


def test_a_job_of_days_asks_a_code_each_36_hours_and_renews_each_session_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    told = json.loads(python("-m", "tests.e2e.long_session_script").stdout.splitlines()[-1])
    assert "assumed-role/Admin/" in told["arn"]
    assert told["asked"] == 2  # in four days
    assert told["used"] == 28  # each second of 56 rounds
    assert told["calls"]["AssumeRole"] == told["used"] + 1  # and once more, after all had ended
    assert told["calls"]["GetSessionToken"] == 3
    assert (told["asked_again"], told["again"].split("/")[1]) == (1, "Admin")
    assert told["without_a_person"] == "MfaRequired"
    assert told["refused"] == "it goes on, CredentialsRejected, it goes on"


def test_sessions_are_the_command_lines_too(machine: Machine) -> None:
    found = awsprof.credentials("admin", mfa=machine.code)
    printed = json.loads(run("credential-process", "admin").stdout)
    assert printed["AccessKeyId"] == found.access_key_id
    assert machine.aws.calls.count("AssumeRole") == 1
    run("logout", "admin")
    with pytest.raises(awsprof.MfaRequired):
        awsprof.credentials("admin", interactive=False)


def test_a_person_is_asked_on_the_terminal_by_the_first_run_alone(machine: Machine) -> None:
    script = ["-m", "examples.list_buckets", "admin"]
    child = pexpect.spawn(sys.executable, script, cwd=ROOT, timeout=60, encoding="utf-8")
    child.expect("MFA code for base .*: ")
    child.sendline(machine.device.code())
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert python(*script).stdout == ""  # no terminal, no question, and no buckets


def test_an_identity_center_profile(aws: Aws, home: Path) -> None:
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    role = ("--account", "345678901234", "--role", "ReadOnly", "--region", "eu-west-1")
    run("add", "sso", "prod", "--session", "corp", *start, *role, "--yes")
    assert awsprof.whoami("prod", account="345678901234").account == "345678901234"
    run("logout", "--session", "corp")
    with pytest.raises(awsprof.SignInRequired) as caught:
        awsprof.session("prod").client("s3").list_buckets()
    assert "awsprof login prod" in caught.value.fix
