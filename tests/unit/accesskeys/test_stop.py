"""A leaked key is stopped: in an order that does not cut off its own hand, as far as one may."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from awsprof.accesskeys import activation, stop, stop_followup
from awsprof.accesskeys.iam_policies import PolicyParameters, policy_document
from awsprof.accesskeys.incident import Incident, find_incident, finished_stop, stop_plan
from awsprof.accesskeys.rotation.flows import rotate_key
from awsprof.auth.caller_identities import check_identities
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam_users import IamUsers
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.vault.index import Index
from tests.contract.test_aws_standin import client, refused, temporary
from tests.standins.aws import ACCOUNT, Key
from tests.standins.moto_iam import UserKey
from tests.unit.accesskeys.conftest import ARN, KeyRig

CHANGES = {
    "PutUserPolicy",
    "CreateAccessKey",
    "UpdateAccessKey",
    "GetSessionToken",
    "DeleteAccessKey",
}


def changes(key_rig: KeyRig) -> list[str]:
    return [call for call in key_rig.aws.calls if call in CHANGES]


def stopped(
    key_rig: KeyRig, target: str = "base", using: str | None = None, **how: Any
) -> Incident:
    key_context = key_rig.key_context()
    case = find_incident(key_context, target, using)
    stop.stop_key(key_context, case, **{"new_key": True, **how})
    return case


def session(key_rig: KeyRig, key: Key | UserKey, **arguments: Any) -> Callable[[], str]:
    """A session that the thief has; calling it says how AWS refuses it in IAM."""
    given = client(key_rig.aws, "sts", key.id, key.secret).get_session_token(**arguments)
    return lambda: refused(temporary(key_rig.aws, "iam", given).list_access_keys, UserName="alice")


def test_sessions_first_then_the_key_and_work_goes_on(key_rig: KeyRig) -> None:
    device = key_rig.aws.device("alice")
    code = {"SerialNumber": device.serial, "TokenCode": device.code()}
    thief = client(key_rig.aws, "sts", key_rig.key.id, key_rig.key.secret).get_session_token(**code)
    iam = temporary(key_rig.aws, "iam", thief)
    iam.list_access_keys(UserName="alice")
    key_rig.aws.calls.clear()

    case = stopped(key_rig)

    assert changes(key_rig) == [
        "PutUserPolicy",
        "CreateAccessKey",
        "UpdateAccessKey",
        "PutUserPolicy",
    ]
    assert not case.failed
    assert refused(iam.list_access_keys, UserName="alice") == "AccessDenied"
    assert key_rig.at_aws() == {key_rig.key.id: False, str(case.new): True}
    assert key_rig.names() == {case.new}
    for found in check_identities(
        key_rig.key_context().resolver(Catalog.load()), ["base", "ci", "admin"]
    ):
        assert found.identity is not None, found.error


def test_what_the_key_made_meanwhile_is_denied_too(key_rig: KeyRig) -> None:
    made: list[Any] = []

    def meanwhile() -> None:
        """The thief signs in, after the first denial and before the key goes."""
        if key_rig.aws.calls[-1] == "CreateAccessKey" and not made:
            made.append(key_rig.aws.temporary(ARN, ACCOUNT, 3600, mfa=True))

    key_rig.aws.answering = meanwhile
    stopped(key_rig)
    (key,) = made
    iam = client(key_rig.aws, "iam", key.id, key.secret, key.token)
    assert refused(iam.list_access_keys, UserName="alice") == "AccessDenied"


def test_without_a_new_key_the_first_denial_has_to_last(key_rig: KeyRig) -> None:
    case = stopped(key_rig, new_key=False)
    assert changes(key_rig) == ["PutUserPolicy", "UpdateAccessKey"]
    assert key_rig.at_aws() == {key_rig.key.id: False}
    later = key_rig.aws.temporary(ARN, ACCOUNT, 3600, mfa=True)  # of the key's last moment
    iam = client(key_rig.aws, "iam", later.id, later.secret, later.token)
    assert refused(iam.list_access_keys, UserName="alice") == "AccessDenied"
    tasks = stop_followup.remaining_tasks(case, Catalog.load(), None)
    assert tasks[0].commands == "awsprof keys import base"


@pytest.mark.parametrize("new_key", [True, False])
def test_where_iam_wants_mfa_the_session_that_stops_it_is_not_cut_off(
    key_rig: KeyRig, new_key: bool
) -> None:
    """Our own session is made for it, and what was signed in before is denied."""
    blanks = PolicyParameters(account=ACCOUNT, user="alice")
    names = ("stop-keys", "manage-own-keys")
    key_rig.aws.moto.permit("alice", ACCOUNT, *(policy_document(name, blanks) for name in names))
    device = key_rig.aws.device("alice")
    key_rig.config(f"mfa_serial = {device.serial}\n")
    key_context = key_rig.key_context()
    before = key_context.resolver(Catalog.load()).credentials("base")
    assert before.token is not None
    old = client(
        key_rig.aws, "iam", before.access_key_id, before.secret.reveal(), before.token.reveal()
    )
    old.list_access_keys(UserName="alice")
    key_rig.aws.keys[before.access_key_id].made = datetime(2026, 1, 1, tzinfo=UTC)
    key_rig.aws.calls.clear()
    case = find_incident(key_context, "base", None)
    stop.stop_key(key_context, case, new_key=new_key)
    assert not case.failed
    made = ["CreateAccessKey"] if new_key else []
    wanted = ["PutUserPolicy", "GetSessionToken", "PutUserPolicy", *made, "UpdateAccessKey"]
    assert changes(key_rig) == [*wanted, "PutUserPolicy"]
    assert refused(old.list_access_keys, UserName="alice") == "AccessDenied"
    assert not key_rig.at_aws()[key_rig.key.id]
    assert not key_rig.cache.sessions  # nothing of ours is left that AWS denies


def test_what_is_not_allowed_is_told_and_the_rest_is_done(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    key_rig.aws.temper.denied = {"PutUserPolicy"}
    case = stopped(key_rig)
    assert not key_rig.at_aws()[key_rig.key.id]
    assert key_rig.names() == {case.new}
    assert len(case.failed) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "awsprof policy stop-keys" in said
    assert f"awsprof keys stop {key_rig.key.id} with --using and a profile" in said
    assert not any(
        "policy that denies" in t.what
        for t in stop_followup.remaining_tasks(case, Catalog.load(), "")
    )


def test_a_key_that_stays_active_is_told_loudly(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    key_rig.aws.temper.denied = {"UpdateAccessKey"}
    case = stopped(key_rig, new_key=False)
    assert [f"{key_rig.key.id} IS STILL ACTIVE" in failed for failed in case.failed] == [True]
    assert "in the console: IAM" in " ".join(capsys.readouterr().err.split())


def test_two_keys_leave_no_place_for_a_third_and_it_stops_all_the_same(key_rig: KeyRig) -> None:
    key_rig.aws.user("alice")
    case = stopped(key_rig)
    assert "two keys" in case.failed[0]
    assert not key_rig.at_aws()[key_rig.key.id]
    assert key_rig.names() == {key_rig.key.id}


@pytest.mark.parametrize("own", [False, True])
def test_yes_deletes_only_the_key_of_its_own_call(key_rig: KeyRig, own: bool) -> None:
    key_rig.aws.temper.denied = {"CreateAccessKey"}
    assert "CreateAccessKey" in stopped(key_rig).failed[0]
    key_rig.aws.temper.denied = set()
    key_rig.key.active = True
    if own:  # the answer to that call never came
        (record,) = Index.load().stops()
        Index.load().note_stop(replace(record, creating=datetime.now(UTC)))
    other = key_rig.aws.user("alice")
    key_context = key_rig.key_context(yes=True)
    case = find_incident(key_context, "base", None)
    stop.stop_key(key_context, case, new_key=True)
    assert (other.id in key_rig.at_aws()) is not own
    assert (f"no room for a new key while {other.id} exists" in " ".join(case.failed)) is not own
    assert not key_rig.at_aws()[key_rig.key.id]


def test_it_goes_on_where_an_earlier_run_was_cut_off(key_rig: KeyRig) -> None:
    """The new key was made and kept; the old one may be inactive by then."""
    Index.load().record(key_rig.key.id, ACCOUNT, ARN, backend="memory")
    new = key_rig.aws.user("alice")
    key_rig.vault.put(new.id, Secret(new.secret))
    Index.load().record(new.id, ACCOUNT, ARN, backend="memory")
    key_rig.key.active = False
    case = stopped(key_rig)
    assert case.new == new.id
    assert "CreateAccessKey" not in key_rig.aws.calls
    assert key_rig.names() == {new.id}


def test_a_key_in_plain_text_gives_way_to_one_in_the_vault(key_rig: KeyRig) -> None:
    config = key_rig.home / ".aws" / "config"
    key = f"aws_access_key_id = {key_rig.key.id}\naws_secret_access_key = {key_rig.key.secret}\n"
    config.write_text(f"[profile base]\n{key}region = eu-west-1\n")
    case = stopped(key_rig)
    text = config.read_text()
    assert key_rig.key.secret not in text and f"--key {case.new}" in text
    assert "region = eu-west-1" in text


def test_a_stranger_s_key_is_stopped_by_who_may(key_rig: KeyRig) -> None:
    bob = key_rig.aws.user("bob")
    bobs = session(key_rig, bob)
    case = stopped(key_rig, bob.id, "base", new_key=False)
    assert case.user == "bob"
    assert not bob.active
    assert key_rig.at_aws() == {key_rig.key.id: True}
    assert bobs() == "AccessDenied"
    assert changes(key_rig)[-3:] == ["PutUserPolicy", "UpdateAccessKey", "PutUserPolicy"]


def test_whose_hand_is_missing_is_told(key_rig: KeyRig) -> None:
    with pytest.raises(CredentialsError) as error:
        find_incident(key_rig.key_context(), "AKIAIOSFODNN7EXAMPLE", None)
    assert "--using" in error.value.fix
    assert "awsprof policy stop-keys" in error.value.fix
    key_rig.key.active = False
    with pytest.raises(CredentialsError, match="inactive"):
        find_incident(key_rig.key_context(), "base", None)


@pytest.mark.parametrize(
    ("target", "told"), [("admin", "keys stop base"), ("ASIAIOSFODNN7EXAMPLE", "logout")]
)
def test_what_has_no_key_to_stop_is_told(key_rig: KeyRig, target: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        find_incident(key_rig.key_context(), target, None)
    assert told in error.value.fix


def test_root_is_told_how_to_delete_its_key(key_rig: KeyRig) -> None:
    root = key_rig.aws.user("root")
    key_rig.vault.put(root.id, Secret(root.secret))
    text = (key_rig.home / ".aws" / "config").read_text().replace(key_rig.key.id, root.id)
    (key_rig.home / ".aws" / "config").write_text(text)
    with pytest.raises(AwsprofError) as error:
        find_incident(key_rig.key_context(), "base", None)
    assert error.value.code == "root-key"
    assert "delete it" in error.value.fix


def test_the_plan_says_all_that_is_done(key_rig: KeyRig) -> None:
    case = find_incident(key_rig.key_context(), "base", None)
    assert len(stop_plan(case, new_key=True)) == 6
    assert len(stop_plan(case, new_key=False)) == 3
    assert "base, ci" in " ".join(stop_plan(case, new_key=True))


def quarantined(key_rig: KeyRig) -> None:
    """AWS has found the key: what it attaches denies the user this, among much else."""
    iam = client(key_rig.aws, "iam", key_rig.key.id, key_rig.key.secret)
    actions = ["iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:PutUserPolicy"]
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    made = iam.create_policy(
        PolicyName="AWSCompromisedKeyQuarantineV3",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    iam.attach_user_policy(UserName="alice", PolicyArn=made["Policy"]["Arn"])


def test_where_aws_was_first_somebody_else_stops_it(key_rig: KeyRig) -> None:
    boss = key_rig.aws.user("boss")
    key_rig.vault.put(boss.id, Secret(boss.secret))
    line = f"/usr/bin/awsprof credential-process boss --key {boss.id}"
    with (key_rig.home / ".aws" / "config").open("a") as config:
        config.write(f"[profile boss]\ncredential_process = {line}\n")
    quarantined(key_rig)
    own = find_incident(key_rig.key_context(), "base", None)
    assert own.is_own_signer and own.quarantine == ("AWSCompromisedKeyQuarantineV3",)
    stop.stop_key(key_rig.key_context(), own, new_key=True)
    assert len(own.failed) == 3 and key_rig.key.active
    first = stop_followup.remaining_tasks(own, Catalog.load(), None)[0]
    assert first.commands == f"awsprof keys stop {own.key_id}"  # it can be pasted
    case = stopped(key_rig, using="boss")
    assert not case.failed and not key_rig.key.active
    assert key_rig.names() == {case.new, boss.id}


def test_what_is_left_comes_with_its_commands(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    quarantined(key_rig)
    boss = key_rig.aws.user("boss")
    case = find_incident(key_rig.key_context(), "base", None)
    assert case.signer is not None
    case.signer.iam = IamUsers(Credentials(boss.id, Secret(boss.secret)))
    stop.stop_key(key_rig.key_context(), case, new_key=True)
    commands = "\n".join(
        t.commands for t in stop_followup.remaining_tasks(case, Catalog.load(), None)
    )
    for wanted in (
        f"AttributeKey=AccessKeyId,AttributeValue={key_rig.key.id}",
        "--role-name=Admin --policy-name AWSRevokeOlderSessions",
        f"awsprof keys delete {key_rig.key.id}",
        "policy/AWSCompromisedKeyQuarantineV3",
        "delete-user-policy --user-name=alice --profile=base",
    ):
        assert wanted in commands
    capsys.readouterr()
    stop_followup.tell_remaining(key_rig.key_context(), case, None)
    shown = capsys.readouterr().err
    assert "***" not in shown
    assert f"AttributeKey=AccessKeyId,AttributeValue={key_rig.key.id}" in shown
    assert '{"aws:TokenIssueTime": "20' in shown


def test_the_profile_s_name_never_means_the_new_key_while_the_stop_is_known(
    key_rig: KeyRig,
) -> None:
    case = stopped(key_rig)
    assert case.new is not None
    key_rig.aws.calls.clear()
    ended = finished_stop(key_rig.key_context(), "base")
    assert ended is not None and (ended.leaked, ended.new) == (key_rig.key.id, case.new)
    again = stopped(key_rig)  # whoever goes on all the same stops the leaked key once more
    assert again.key_id == key_rig.key.id
    assert key_rig.at_aws() == {key_rig.key.id: False, case.new: True}
    assert "CreateAccessKey" not in key_rig.aws.calls
    assert (
        find_incident(key_rig.key_context(), case.new, None).key_id == case.new
    )  # by its ID it can be meant


def test_deleting_the_leaked_key_ends_the_story(key_rig: KeyRig) -> None:
    case = stopped(key_rig)
    key_context = key_rig.key_context()
    activation.delete_key(key_context, key_rig.key.id, None, now=True)
    assert not Index.load().stops()
    assert find_incident(key_rig.key_context(), "base", None).key_id == case.new


def test_a_key_that_is_being_rotated_is_stopped_and_the_rotation_is_over(key_rig: KeyRig) -> None:
    """The rotation had made the new key, and came no further."""
    key_rig.aws.temper.denied = {"UpdateAccessKey"}
    with pytest.raises(CredentialsError):
        rotate_key(key_rig.key_context(), "base", now=False)
    key_rig.aws.temper.denied = set()
    (rotation,) = Index.load().rotations()
    made = rotation.new
    assert made is not None and key_rig.names() == {made}
    key_rig.aws.calls.clear()
    case = stopped(key_rig, key_rig.key.id)
    assert not case.failed
    assert case.new == made and "CreateAccessKey" not in key_rig.aws.calls
    assert key_rig.at_aws() == {key_rig.key.id: False, made: True}
    assert not Index.load().rotations()


def test_the_new_key_of_a_rotation_leaks(key_rig: KeyRig) -> None:
    rotate_key(key_rig.key_context(), "base", now=False)
    (leaked,) = key_rig.names()
    case = stopped(key_rig, "base")
    assert case.key_id == leaked and not key_rig.at_aws()[leaked]
    assert not Index.load().rotations()  # neither --continue nor --back leads anywhere now
    assert "two keys" in case.failed[0]


def test_a_key_that_is_being_stopped_is_not_rotated(key_rig: KeyRig) -> None:
    key_rig.aws.temper.denied = {"CreateAccessKey"}
    stopped(key_rig)
    key_rig.aws.temper.denied = set()
    with pytest.raises(UsageError) as refused:
        rotate_key(key_rig.key_context(), "base", now=True)
    assert refused.value.fix.startswith(f"awsprof keys stop {key_rig.key.id}")
    assert not stopped(key_rig, using=None).failed or not key_rig.at_aws()[key_rig.key.id]


def test_who_was_overtaken_does_nothing(key_rig: KeyRig) -> None:
    key_context = key_rig.key_context()
    late = find_incident(key_context, "base", None)
    stopped(key_rig)
    before = key_rig.at_aws()
    with pytest.raises(AwsprofError, match="at the same time"):
        stop.stop_key(key_context, late, new_key=True)
    assert key_rig.at_aws() == before
