"""The Session factory in scripts: long jobs, the same cache as the command line, other tools."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python(*words: str) -> str:
    """What a Python of its own prints; warnings are errors there too."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        start_new_session=True,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_job_of_hours_asks_one_code_and_renews_each_session_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    told = json.loads(python("-m", "tests.e2e.hours").splitlines()[-1])
    assert "assumed-role/Admin/" in told["arn"]
    assert told["asked"] == 1
    assert told["used"] == 32  # each second of 64 rounds
    assert told["calls"]["AssumeRole"] == told["used"] + 1  # and once more, after all had ended
    assert told["calls"]["GetSessionToken"] == 2
    assert (told["asked_again"], told["again"].split("/")[1]) == (1, "Admin")
    assert told["without_a_person"] == "MfaRequired"
    assert told["refused"] == "it goes on, CredentialsRejected, it goes on"
