"""credential-process: JSON on stdout or one line on stderr, and nothing led astray."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key, run


def serve(*words: str, stdin: int = subprocess.DEVNULL) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [AWSPROF, "credential-process", *words],
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        start_new_session=True,
    )


@pytest.fixture
def key_id(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A key in the vault, handed out by base; its ID."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    add_vault_key(key)
    return key.id


def test_a_bare_key_has_no_expiration(key_id: str) -> None:
    given = json.loads(serve("base").stdout)
    assert set(given) == {"Version", "AccessKeyId", "SecretAccessKey"}
    assert (given["Version"], given["AccessKeyId"]) == (1, key_id)


def test_the_key_may_be_named(key_id: str) -> None:
    assert serve("base", "--key", key_id).stdout == serve("base").stdout
    other = serve("base", "--key", "AKIAIOSFODNN7EXAMPLE")
    assert other.returncode == 5
    assert "AKIAIOSFODNN7EXAMPLE" in other.stderr


def test_a_role_has_an_expiration(key_id: str, aws: Aws) -> None:
    aws.role("Admin")
    arn = "arn:aws:iam::210987654321:role/Admin"
    run("add", "role", "admin", "--role-arn", arn, "--source", "base", "--yes")
    given = json.loads(serve("admin").stdout)
    assert given["Expiration"].endswith("Z")
    assert given["SessionToken"]


def test_aws_profile_does_not_lead_it(key_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "nobody")
    assert serve("base").returncode == 0


def test_stdin_is_never_read(key_id: str) -> None:
    never_ending, writer = os.pipe()
    try:
        assert serve("base", stdin=never_ending).returncode == 0
    finally:
        os.close(never_ending)
        os.close(writer)


@pytest.mark.parametrize(
    ("words", "code", "mend"),
    [
        (("nobody",), 2, "awsprof list"),
        ((), 2, "credential-process PROFILE"),
        (("a", "b"), 2, "credential-process PROFILE"),
        (("base", "--key"), 2, "credential-process PROFILE"),
    ],
)
def test_a_failure_is_one_line_with_what_to_run(
    key_id: str, words: tuple[str, ...], code: int, mend: str
) -> None:
    done = serve(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("awsprof: ")
    assert done.stderr.count("\n") == 1
    assert mend in done.stderr


def test_where_a_code_is_needed_and_nobody_is_there(key_id: str, home: Path) -> None:
    config = home / ".aws" / "config"
    with config.open("a") as file:
        file.write("mfa_serial = arn:aws:iam::123456789012:mfa/alice\n")
    done = serve("base")
    assert (done.returncode, done.stdout) == (4, "")
    assert "awsprof login base" in done.stderr
