"""Parameters of AssumeRole that a script gives: policies, transitive tags, an MFA device."""

from typing import Any

import pytest

import awsprof
from awsprof.auth.session_cache_keys import is_session_key
from awsprof.factory import credential_source
from awsprof.vault.session_cache import SessionCache
from tests.requirements import need_kernel_keyring
from tests.standins.cli_runner import run
from tests.standins.sample_config import ADMIN, Machine

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def arn(session: awsprof.Session) -> str:
    return str(session.client("sts").get_caller_identity()["Arn"])


def key_id(way: str, machine: Machine) -> str:
    """The key of a session that is made by options, in a process of its own."""
    credential_source._cache_of.cache_clear()
    if way == "assume":
        made = awsprof.session("plain").assume(ADMIN).get_credentials()
        return str(made.get_frozen_credentials().access_key)
    if way == "duration":
        return awsprof.credentials("base", duration=3600, mfa=machine.code).access_key_id
    if way == "device":
        serial = machine.device.serial
        return awsprof.credentials("prod-eu", mfa_serial=serial, mfa=machine.code).access_key_id
    return awsprof.credentials("prod-eu", policy_arns=[READ_ONLY]).access_key_id


@pytest.mark.parametrize(
    ("way", "profile"),
    [("assume", "plain"), ("duration", "base"), ("device", "prod-eu"), ("policy", "base")],
)
def test_logout_deletes_sessions_that_were_made_with_options(
    machine: Machine, way: str, profile: str
) -> None:
    need_kernel_keyring()
    before = key_id(way, machine)
    assert "AWS accepts it until" in run("logout", profile).stderr
    assert not list(filter(is_session_key, SessionCache().kept_keys()))
    assert key_id(way, machine) != before


@pytest.mark.parametrize("way", ["session", "assume"])
def test_policies_and_transitive_tags_reach_aws(machine: Machine, way: str) -> None:
    options: dict[str, Any] = {
        "policy_arns": [READ_ONLY],
        "tags": {"team": "data", "site": "tokyo"},
        "transitive_tag_keys": ["team"],
    }
    if way == "session":
        made = awsprof.session("prod-eu", **options)
    else:
        made = awsprof.session("plain").assume(ADMIN, **options)
    assert "assumed-role/Admin" in arn(made)
    asked = machine.aws.asked[-1]
    assert asked["PolicyArns.member.1.arn"] == READ_ONLY
    assert asked["TransitiveTagKeys.member.1"] == "team"


def test_sessions_with_other_policies_are_not_shared(machine: Machine) -> None:
    keys = [
        awsprof.credentials("prod-eu", policy_arns=arns).access_key_id
        for arns in ([READ_ONLY], None, [READ_ONLY])
    ]
    assert keys[0] == keys[2] != keys[1]


@pytest.mark.parametrize("name", ["policy_arns", "transitive_tag_keys"])
@pytest.mark.parametrize("given", ["team", [{"arn": READ_ONLY}], 7])
def test_a_list_of_strings_is_asked_for(name: str, given: Any) -> None:
    with pytest.raises(awsprof.UsageError, match=f"{name} must be a list of strings"):
        awsprof.session("admin", **{name: given})


def test_policies_of_a_key_are_refused(machine: Machine) -> None:
    with pytest.raises(awsprof.UsageError, match="it is not a role"):
        awsprof.credentials("base", policy_arns=[READ_ONLY], mfa=machine.code)


@pytest.mark.parametrize("profile", ["prod-eu", "bare"])
def test_a_device_of_the_script_is_asked(machine: Machine, profile: str) -> None:
    """A role without mfa_serial, and a key in the vault without one."""
    text = machine.config.read_text()
    bare = f"/usr/bin/awsprof credential-process bare --key {machine.key.id}"
    machine.config.write_text(f"{text}\n[profile bare]\ncredential_process = {bare}\n")
    serial = machine.device.serial
    for _ in range(2):  # the second one is served by the first one's session
        made = awsprof.credentials(profile, mfa_serial=serial, mfa=machine.code)
    assert made.token is not None
    assert machine.asked == [(profile, serial)]
    plain = awsprof.credentials(profile)
    assert plain.access_key_id != made.access_key_id


def test_keys_of_the_environment_do_not_take_the_place_of_a_device(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", machine.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", machine.key.secret)
    monkeypatch.setenv("AWS_PROFILE", "prod-eu")
    made = awsprof.session(mfa_serial=machine.device.serial, mfa=machine.code)
    assert "assumed-role/Admin" in arn(made) and machine.asked


@pytest.mark.parametrize("name", ["plain", None])
def test_a_device_is_refused_where_it_means_nothing(machine: Machine, name: str | None) -> None:
    with pytest.raises(awsprof.UsageError, match=r"mfa_serial does not apply|no profile"):
        awsprof.credentials(name, mfa_serial=machine.device.serial)


def test_a_role_that_asks_for_a_code_is_assumed_with_one(machine: Machine) -> None:
    audit = awsprof.session("plain").assume(
        ADMIN, mfa_serial=machine.device.serial, mfa=machine.code
    )
    assert "assumed-role/Admin" in arn(audit)
    assert machine.aws.asked[-1]["SerialNumber"] == machine.device.serial
    assert machine.asked == [("plain", machine.device.serial)]


def test_no_code_is_sent_with_temporary_credentials(machine: Machine) -> None:
    base = awsprof.session("base", mfa=machine.code)
    audit = base.assume(ADMIN, mfa_serial=machine.device.serial, mfa=machine.code)
    with pytest.raises(awsprof.CredentialsUnavailable, match="takes no MFA code with temporary"):
        arn(audit)


def test_without_a_person_a_device_raises_at_once(machine: Machine) -> None:
    with pytest.raises(awsprof.MfaRequired):
        awsprof.credentials("prod-eu", mfa_serial=machine.device.serial, interactive=False)
    audit = awsprof.session("plain").assume(
        ADMIN, mfa_serial=machine.device.serial, interactive=False
    )
    with pytest.raises(awsprof.MfaRequired):
        arn(audit)
