"""Checks of users' keys and devices, by a real IAM client against the stand-in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsprof.awsapi import botocore_sessions
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import CachedIam
from awsprof.awsapi.sts import Identity
from awsprof.doctor import checks
from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.checks import iam_keys
from awsprof.doctor.findings import Fault, Finding, Severity
from awsprof.doctor.root_causes import without_answered_findings
from awsprof.doctor.runner import run_offline
from awsprof.secret import Secret
from tests.standins.aws import ACCOUNT, Aws, Key
from tests.standins.moto_iam import UserKey
from tests.unit.doctor.conftest import Visit, check_of

DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/alice"
OLD = timedelta(days=92)


class User:
    """A user with a key, whose profile is asked about; ``config`` is the profile's line more."""

    def __init__(self, visit: Visit, aws: Aws) -> None:
        self.visit, self.aws = visit, aws
        self.key = aws.user("alice")
        self.visit.now = datetime.now(UTC)
        self.write("")

    def write(self, more: str) -> None:
        line = f"/usr/bin/awsprof credential-process alice --key {self.key.id}"
        self.visit.config(f"[profile alice]\ncredential_process = {line}\n{more}")

    def later(self, by: timedelta) -> None:
        self.visit.now = datetime.now(UTC) + by

    def answered(self, key: Key | UserKey | None = None) -> LiveResult:
        """What AWS answers for the profile, with its own key or with another."""
        key = key or self.key
        token = Secret(key.token) if key.token else None
        given = Credentials(key.id, Secret(key.secret), token)
        profile = self.visit.context().catalog.get("alice")
        who = Identity(key.arn, key.account, "AIDAEXAMPLE")
        return LiveResult(profile, given, who, iam=CachedIam(given, profile=profile))

    def found(self, id: str, key: Key | UserKey | None = None) -> list[Fault]:
        """What the check of that id finds."""
        return list(check_of(id).run(self.visit.context(), self.answered(key)))

    def client(self) -> Any:
        """IAM as the user sees it, to change things there."""
        given = Credentials(self.key.id, Secret(self.key.secret))
        return botocore_sessions.make_client(
            botocore_sessions.botocore_session(None), "iam", given, "us-east-1"
        )


@pytest.fixture
def user(visit: Visit, aws: Aws) -> User:
    """Alice, who has one new key."""
    return User(visit, aws)


def test_a_root_users_key(user: User) -> None:
    root = user.aws.user("root")
    (found,) = user.found("root-key", root)
    assert root.id in found.message
    assert "delete it" in found.fix
    assert not user.found("root-key")
    session = user.aws.temporary(root.arn, ACCOUNT, 3600)
    assert not user.found("root-key", session)  # a session ends by itself


def test_an_old_key_by_the_age_that_the_settings_have(user: User) -> None:
    assert not user.found("key-old")
    user.later(OLD)
    (found,) = user.found("key-old")
    assert f"{user.key.id} is 92 days old" in found.message
    assert found.fix == "awsprof keys rotate alice"
    user.visit.key_age = timedelta(days=100)
    assert not user.found("key-old")


def test_of_two_keys_the_other_ones_age_is_not_the_profiles(user: User) -> None:
    other = user.aws.user("alice")
    user.later(OLD)
    (found,) = user.found("key-old")
    assert other.id not in found.message


def test_the_key_under_an_mfa_session_is_old_too(user: User) -> None:
    session = user.aws.temporary(user.key.arn, ACCOUNT, 3600, mfa=True)
    user.later(OLD)
    (found,) = user.found("key-old", session)
    assert user.key.id in found.message


def test_a_key_that_nobody_uses(user: User) -> None:
    other = user.aws.user("alice")
    assert not user.found("key-unused")
    user.later(OLD)
    told = [fault.message for fault in user.found("key-unused")]
    assert any(f"{other.id} was never used" in message for message in told)
    assert any(f"{user.key.id} was last used 91 days ago" in message for message in told)
    other.active = False
    assert not [f for f in user.found("key-unused") if other.id in f.message]


@pytest.mark.parametrize("version", ["", "V9"])
def test_a_user_under_quarantine(user: User, version: str) -> None:
    assert not user.found("key-quarantined")
    _attach(user, f"AWSCompromisedKeyQuarantine{version}")
    (found,) = user.found("key-quarantined")
    assert f"AWSCompromisedKeyQuarantine{version} is attached" in found.message


def test_another_policy_is_no_quarantine(user: User) -> None:
    _attach(user, "NoAWSCompromisedKeyQuarantine")
    assert not user.found("key-quarantined")


def _attach(user: User, name: str) -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    made = user.client().create_policy(PolicyName=name, PolicyDocument=text)
    user.client().attach_user_policy(UserName="alice", PolicyArn=made["Policy"]["Arn"])


def test_two_keys_active_and_one_of_them_inactive(user: User) -> None:
    assert not user.found("two-active-keys")
    assert not user.found("key-inactive")
    other = user.aws.user("alice")
    (found,) = user.found("two-active-keys")
    assert found.fix.endswith(f"awsprof keys deactivate {other.id}")
    assert not user.found("key-inactive")
    other.active = False
    assert not user.found("two-active-keys")
    (idle,) = user.found("key-inactive")
    assert other.id in idle.message


def test_a_user_without_mfa(user: User) -> None:
    (found,) = user.found("user-without-mfa")
    assert found.fix == "awsprof mfa enable alice"
    user.write(f"mfa_serial = {DEVICE}\n")  # one finding for one cause
    assert [fault.fix for fault in user.found("mfa-serial-unknown")] == [found.fix]
    assert not user.found("user-without-mfa")
    user.write("")
    user.aws.device("alice")
    assert not user.found("user-without-mfa")


def test_a_device_that_the_user_has_not_in_the_profile_and_in_roles_on_it(user: User) -> None:
    user.aws.device("alice")
    role = f"[profile r]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/R\nsource_profile = alice\n"
    user.write(f"mfa_serial = {DEVICE}\n\n{role}mfa_serial = {DEVICE}\n")
    assert not user.found("mfa-serial-unknown")
    user.write(f"mfa_serial = {DEVICE}-old\n\n{role}mfa_serial = {DEVICE}-older\n")
    key, on_it = user.found("mfa-serial-unknown")
    assert (key.profile, on_it.profile) == ("alice", "r")
    assert on_it.fix == f"awsprof set r mfa_serial {DEVICE}"
    user.write(f"\n{role}")
    assert not user.found("mfa-serial-unknown")


def test_a_wrong_device_is_told_once_with_the_right_one(user: User) -> None:
    user.aws.device("alice")
    user.write(f"mfa_serial = arn:aws:iam::{ACCOUNT}:user/alice\n")
    known = run_offline(user.visit.context())
    assert "bad-arn" in {finding.id for finding in known}
    live = [
        Finding("mfa-serial-unknown", Severity.ERROR, f) for f in user.found("mfa-serial-unknown")
    ]
    left = without_answered_findings((*known, *live))
    assert [f.fix for f in left if "mfa_serial" in f.fix] == [
        f"awsprof set alice mfa_serial {DEVICE}"
    ]
    assert "bad-arn" not in {finding.id for finding in left}


def test_a_user_who_has_a_fido_key_alone_is_told_to_enable_one(user: User) -> None:
    user.aws.device("alice", fido=True)
    user.write(f"mfa_serial = {DEVICE}\n")
    (found,) = user.found("mfa-serial-unknown")
    assert found.fix == "awsprof mfa enable alice"


def _everything(user: User, answered: LiveResult) -> list[Fault]:
    """What all checks of keys and devices find."""
    context = user.visit.context()
    ours = [check for check in checks.all_checks() if check in vars(iam_keys).values()]
    return [fault for check in ours for fault in check.run(context, answered)]


def _bad(user: User) -> None:
    """All that can be found of a user at once."""
    user.aws.user("alice")
    user.write(f"mfa_serial = {DEVICE}-old\n")
    user.later(OLD)


def test_iam_is_asked_each_thing_once(user: User) -> None:
    _bad(user)
    answered = user.answered()
    user.aws.calls.clear()
    assert len(_everything(user, answered)) == 5
    assert sorted(user.aws.calls) == [
        "GetAccessKeyLastUsed",
        "GetAccessKeyLastUsed",
        "ListAccessKeys",
        "ListAttachedUserPolicies",
        "ListMFADevices",
    ]


def _not_allowed(user: User) -> None:
    user.client().delete_user_policy(UserName="alice", PolicyName="anything")


def _key_gone(user: User) -> None:
    user.key.active = False


@pytest.mark.parametrize("happens", [_not_allowed, _key_gone])
def test_where_one_may_not_look_nothing_is_found(
    user: User, happens: Callable[[User], None]
) -> None:
    user.aws.device("alice")
    _bad(user)
    answered = user.answered()
    happens(user)
    found = [
        fault for fault in _everything(user, answered) if "does not belong" not in fault.message
    ]
    assert not found


def test_nothing_is_asked_of_iam_about_a_role(user: User) -> None:
    session = user.aws.temporary(f"arn:aws:sts::{ACCOUNT}:assumed-role/R/me", ACCOUNT, 3600)
    answered = user.answered(session)
    user.aws.calls.clear()
    assert not _everything(user, answered)
    assert not user.aws.calls
