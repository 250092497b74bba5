"""The Session factory in scripts: a job of hours, and one cache with the command line."""

import json

import pytest

import awsprof
from tests.standins.machine import Machine, machine
from tests.standins.program import python, run

__all__ = ["machine"]


def test_a_job_of_hours_asks_one_code_and_renews_each_session_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    told = json.loads(python("-m", "tests.e2e.hours").stdout.splitlines()[-1])
    assert "assumed-role/Admin/" in told["arn"]
    assert told["asked"] == 1
    assert told["used"] == 32  # each second of 64 rounds
    assert told["calls"]["AssumeRole"] == told["used"] + 1  # and once more, after all had ended
    assert told["calls"]["GetSessionToken"] == 2
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
