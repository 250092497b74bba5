"""A cached session that AWS rejects is dropped and replaced once, by every entry point."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

import awsprof
from tests.standins import cli_runner
from tests.standins.sample_config import Machine


def gone(machine: Machine, key_id: str, how: str) -> None:
    """AWS takes that session no more."""
    if how == "ExpiredToken":
        machine.aws.keys[key_id].expires = datetime.now(UTC) - timedelta(seconds=1)
    else:
        del machine.aws.keys[key_id]


def given(*words: str) -> str:
    """The access key ID that a command hands out."""
    said = json.loads(cli_runner.run(*words).stdout)
    return str(said.get("AccessKeyId") or said.get("AWS_ACCESS_KEY_ID"))


def sign_in(machine: Machine) -> None:
    awsprof.whoami("admin", mfa=machine.code)


ENV = ("env", "admin", "--shell", "json")
PROCESS = ("credential-process", "admin")


@pytest.mark.parametrize("how", ["InvalidClientTokenId", "ExpiredToken"])
def test_a_call_of_a_script_is_made_again_with_a_new_session(machine: Machine, how: str) -> None:
    sign_in(machine)
    client = awsprof.session("admin").client("sts")
    assert client.get_caller_identity()["Arn"].startswith("arn:aws:sts::210987654321")
    old = given(*PROCESS)
    gone(machine, old, how)
    assert client.get_caller_identity()["Account"] == "210987654321"
    new = given(*PROCESS)
    assert new != old
    assert len(machine.asked) == 1  # the code's own session was good


def test_every_door_gives_a_new_one(machine: Machine) -> None:
    sign_in(machine)
    for heal in (ENV, ("doctor", "admin", "--json"), ("login", "admin")):
        old = given(*PROCESS)
        assert given(*PROCESS) == old
        gone(machine, old, "InvalidClientTokenId")
        cli_runner.run(*heal)
        assert given(*PROCESS) != old, heal
        assert given(*ENV) == given(*PROCESS)


def test_a_session_beneath_is_made_anew_too(machine: Machine) -> None:
    sign_in(machine)
    beneath, top = given("credential-process", "base"), given(*PROCESS)
    gone(machine, beneath, "InvalidClientTokenId")
    gone(machine, top, "InvalidClientTokenId")
    assert awsprof.whoami("admin", mfa=machine.code).account == "210987654321"
    assert given("credential-process", "base") != beneath
    assert len(machine.asked) == 2


def test_a_key_that_aws_deleted_is_asked_for_once_and_told(machine: Machine) -> None:
    session = awsprof.session("prod-eu")
    assert session.client("sts").get_caller_identity()
    machine.key.active = False
    old = session.get_credentials()
    assert old is not None
    gone(machine, old.access_key, "InvalidClientTokenId")
    calls = len(machine.aws.calls)
    with pytest.raises(awsprof.CredentialsRejected):
        session.client("sts").get_caller_identity()
    assert machine.aws.calls[calls:].count("AssumeRole") <= 2


def test_what_is_not_ours_is_left_alone(machine: Machine) -> None:
    session = awsprof.session("prod-eu")
    client = session.client("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
                            aws_secret_access_key="made up")  # fmt: skip
    calls = len(machine.aws.calls)
    with pytest.raises(client.exceptions.ClientError):
        client.get_caller_identity()
    assert machine.aws.calls[calls:].count("AssumeRole") == 0
    assert isinstance(session, boto3.Session)


def test_a_role_on_a_dead_key_names_the_profile_of_the_key(machine: Machine, home: Path) -> None:
    """The mend is the source's, and never to remove the role, which is sound."""
    config = home / ".aws" / "config"
    dead = (
        "[profile dead]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    role = "[profile above]\nrole_arn = arn:aws:iam::210987654321:role/Admin\n"
    more = f"{dead}{role}source_profile = dead\nregion = eu-west-1\n"
    config.write_text(f"{config.read_text()}\n{more}")
    looks: tuple[Callable[[str], Any], ...] = (
        awsprof.whoami,
        lambda name: awsprof.session(name).client("sts"),
    )
    for look in looks:
        with pytest.raises(awsprof.CredentialsRejected) as refused:
            look("above").get_caller_identity()
        assert "the key of dead, which above uses" in refused.value.message
        assert "awsprof add keys dead" in refused.value.fix
        assert "remove" not in refused.value.fix


def test_a_stale_token_beside_a_good_key_is_told_as_that(machine: Machine, home: Path) -> None:
    key = machine.aws.user("erin")
    (home / ".aws" / "credentials").write_text(
        f"[stale]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        "aws_session_token = left over\n"
    )
    with pytest.raises(awsprof.CredentialsRejected) as refused:
        awsprof.whoami("stale")
    assert refused.value.fix.startswith("awsprof unset stale aws_session_token keeps the key")
