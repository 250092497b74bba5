"""What awsprof writes and hands out, used by programs that know nothing of it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.interop.clients import installed_client
from tests.standins.aws import Aws
from tests.standins.cli_runner import run, run_in_process

ADMIN = "arn:aws:iam::210987654321:role/Admin"
WHO = {
    "base": "arn:aws:iam::123456789012:user/alice",
    "admin": "arn:aws:sts::210987654321:assumed-role/Admin/",
    "deep": "arn:aws:sts::456789012345:assumed-role/Deep/",
    "prod": "arn:aws:sts::345678901234:assumed-role/AWSReservedSSO_ReadOnly_",
}


@pytest.fixture
def profiles(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the vault, a role on it, a role on that, and one of Identity Center."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    aws.role("Admin")
    aws.role("Deep", account="456789012345", trusted=("arn:aws:iam::210987654321:root",))
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    aws.approve_at_once = True
    region = ("--region", "eu-west-1", "--yes")
    key_id = ("--access-key-id", key.id, "--secret-stdin")
    run_in_process("add", "keys", "base", *key_id, *region, stdin=key.secret)
    run_in_process("add", "role", "admin", "--role-arn", ADMIN, "--source", "base", *region)
    deep = "arn:aws:iam::456789012345:role/Deep"
    run_in_process("add", "role", "deep", "--role-arn", deep, "--source", "admin", *region)
    session = ("--session", "corp", "--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    role = ("--account", "345678901234", "--role", "ReadOnly")
    run_in_process("add", "sso", "prod", *session, *role, *region)


@pytest.mark.parametrize("name", ["AWS CLI 1", "boto3", "JavaScript"])
def test_every_client_is_who_the_profile_says(name: str, profiles: None, tmp_path: Path) -> None:
    said = installed_client(name, tmp_path).ask(WHO)
    for profile, arn in WHO.items():
        assert said[profile].arn.startswith(arn), said[profile].error


def test_the_aws_cli_reads_our_values_and_needs_no_awsprof_to_sign_in(
    profiles: None, tmp_path: Path
) -> None:
    cli = installed_client("AWS CLI 1", tmp_path)
    program = str(cli.needs[0])
    get = [program, "configure", "get", "region", "--profile", "admin"]
    assert subprocess.run(get, capture_output=True, text=True, check=True).stdout == "eu-west-1\n"
    said = cli.ask(["prod"], {**os.environ, "PATH": "/usr/bin:/bin"})  # no awsprof to be found
    assert "AWSReservedSSO_ReadOnly" in said["prod"].arn


def test_a_trust_policy_that_asks_for_a_source_identity_gets_it_from_every_tool(
    profiles: None, aws: Aws, tmp_path: Path
) -> None:
    ops = aws.role("Ops", source_identity="alice").arn
    role = ("--role-arn", ops, "--source", "base", "--region", "eu-west-1", "--yes")
    run("add", "role", "plain", *role, code=3)
    run_in_process("add", "role", "ops", *role, "--source-identity", "alice")
    for name in ("boto3", "AWS CLI 1"):
        said = installed_client(name, tmp_path).ask(["ops"])["ops"]
        assert said.arn.startswith("arn:aws:sts::210987654321:assumed-role/Ops/"), said.error
