"""A script's second run: a role with MFA by awsprof, beside boto3 with a key in a file."""

import sys
from pathlib import Path

import awsprof
from tests.bench.measuring import run, tell, took
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF

CALL = '.client("sts", region_name="eu-west-1").get_caller_identity()'
OURS = f'import awsprof; awsprof.session("with-mfa"){CALL}'
THEIRS = f'import boto3; boto3.Session(profile_name="in-file"){CALL}'


def second_run(home: Path, aws: Aws) -> None:
    """Each in a process of its own, with one call of AWS."""
    key, device = aws.user("bob"), aws.device("bob")
    aws.role("Mfa", mfa=True)
    add = (AWSPROF, "add", "keys", "bob", "--access-key-id", key.id, "--secret-stdin", "--yes")
    run(*add, "--mfa-serial", device.serial, "--no-verify", stdin=key.secret)
    role = ("add", "role", "with-mfa", "--role-arn", "arn:aws:iam::210987654321:role/Mfa")
    run(AWSPROF, *role, "--source", "bob", "--no-verify", "--yes")
    with (home / ".aws" / "config").open("a") as config:
        config.write(f"\n[profile in-file]\naws_access_key_id = {key.id}\n")
        config.write(f"aws_secret_access_key = {key.secret}\n")
    awsprof.whoami("with-mfa", mfa=lambda *_: device.code())  # the first run
    ours = took(lambda: run(sys.executable, "-c", OURS))
    theirs = took(lambda: run(sys.executable, "-c", THEIRS))
    tell("second run of a role with MFA, awsprof.session", ours, "boto3, a key in a file", theirs)
