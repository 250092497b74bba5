"""What awsprof writes and hands out, used by programs that know nothing of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.cli_runner import here, run

ROOT = Path(__file__).parents[2]
ADMIN = "arn:aws:iam::210987654321:role/Admin"
BOTO3 = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
WHO = {
    "base": "arn:aws:iam::123456789012:user/alice",
    "admin": "arn:aws:sts::210987654321:assumed-role/Admin/",
    "deep": "arn:aws:sts::456789012345:assumed-role/Deep/",
    "prod": "arn:aws:sts::345678901234:assumed-role/AWSReservedSSO_ReadOnly_",
}


def aws_cli(profile: str) -> list[str]:
    program = ROOT / ".venv-awscli" / "bin" / "aws"
    need(program.exists(), "the AWS CLI in .venv-awscli: run make test once")
    words = [str(program), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    return [*words, "--profile", profile]


def javascript(profile: str) -> list[str]:
    node = shutil.which("node")
    modules = ROOT / "tests" / "foreign" / "node_modules"
    need(node is not None and modules.exists(), "nodejs and npm, and make test run once")
    return [str(node), str(ROOT / "tests" / "foreign" / "whoami.mjs")]


def boto3(profile: str) -> list[str]:
    return [sys.executable, "-c", BOTO3]


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
    here("add", "keys", "base", *key_id, *region, stdin=key.secret)
    here("add", "role", "admin", "--role-arn", ADMIN, "--source", "base", *region)
    deep = "arn:aws:iam::456789012345:role/Deep"
    here("add", "role", "deep", "--role-arn", deep, "--source", "admin", *region)
    session = ("--session", "corp", "--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    role = ("--account", "345678901234", "--role", "ReadOnly")
    here("add", "sso", "prod", *session, *role, *region)


@pytest.mark.parametrize("client", [aws_cli, boto3, javascript])
def test_every_client_is_who_the_profile_says(
    client: Callable[[str], list[str]], profiles: None
) -> None:
    for profile, arn in WHO.items():
        env = {**os.environ, "AWS_PROFILE": profile}
        done = subprocess.run(
            client(profile), env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.startswith(arn), done.stderr


def test_the_aws_cli_reads_our_values_and_needs_no_awsprof_to_sign_in(profiles: None) -> None:
    program = aws_cli("admin")[0]
    get = [program, "configure", "get", "region", "--profile", "admin"]
    assert subprocess.run(get, capture_output=True, text=True, check=True).stdout == "eu-west-1\n"
    env = {**os.environ, "PATH": "/usr/bin:/bin"}  # no awsprof to be found
    done = subprocess.run(
        aws_cli("prod"), env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert "AWSReservedSSO_ReadOnly" in done.stdout


def test_a_trust_policy_that_asks_for_a_source_identity_gets_it_from_every_tool(
    profiles: None, aws: Aws
) -> None:
    ops = aws.role("Ops", source_identity="alice").arn
    role = ("--role-arn", ops, "--source", "base", "--region", "eu-west-1", "--yes")
    run("add", "role", "plain", *role, code=3)
    here("add", "role", "ops", *role, "--source-identity", "alice")
    for client in (boto3, aws_cli):
        env = {**os.environ, "AWS_PROFILE": "ops"}
        done = subprocess.run(
            client("ops"), env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.startswith("arn:aws:sts::210987654321:assumed-role/Ops/"), done.stderr
