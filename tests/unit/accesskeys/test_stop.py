"""A leaked key is stopped: in an order that does not cut off its own hand, as far as one may."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from awsprof.accesskeys import aftermath, stop, switching
from awsprof.accesskeys.incident import Incident, find, finished, plan
from awsprof.accesskeys.policies import Blanks, document
from awsprof.accesskeys.rotate import rotate
from awsprof.errors import AwsprofError, SignInFailed, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.signin.credentials import Credentials
from awsprof.signin.iam_users import IamUsers
from awsprof.signin.identity import check
from awsprof.vault.index import Index
from tests.contract.test_aws_standin import client, refused, temporary
from tests.standins.aws import ACCOUNT, Key
from tests.standins.moto_iam import UserKey
from tests.unit.accesskeys.conftest import ARN, Office

CHANGES = {
    "PutUserPolicy",
    "CreateAccessKey",
    "UpdateAccessKey",
    "GetSessionToken",
    "DeleteAccessKey",
}


def changes(office: Office) -> list[str]:
    return [call for call in office.aws.calls if call in CHANGES]


def stopped(office: Office, target: str = "base", using: str | None = None, **how: Any) -> Incident:
    desk = office.desk()
    case = find(desk, target, using)
    stop.stop(desk, case, **{"new_key": True, **how})
    return case


def session(office: Office, key: Key | UserKey, **arguments: Any) -> Callable[[], str]:
    """A session that the thief has; calling it says how AWS refuses it in IAM."""
    given = client(office.aws, "sts", key.id, key.secret).get_session_token(**arguments)
    return lambda: refused(temporary(office.aws, "iam", given).list_access_keys, UserName="alice")


def test_sessions_first_then_the_key_and_work_goes_on(office: Office) -> None:
    device = office.aws.device("alice")
    code = {"SerialNumber": device.serial, "TokenCode": device.code()}
    thief = client(office.aws, "sts", office.key.id, office.key.secret).get_session_token(**code)
    iam = temporary(office.aws, "iam", thief)
    iam.list_access_keys(UserName="alice")
    office.aws.calls.clear()

    case = stopped(office)

    assert changes(office) == [
        "PutUserPolicy",
        "CreateAccessKey",
        "UpdateAccessKey",
        "PutUserPolicy",
    ]
    assert not case.failed
    assert refused(iam.list_access_keys, UserName="alice") == "AccessDenied"
    assert office.at_aws() == {office.key.id: False, str(case.new): True}
    assert office.names() == {case.new}
    for found in check(office.desk().resolver(Catalog.load()), ["base", "ci", "admin"]):
        assert found.identity is not None, found.error


def test_what_the_key_made_meanwhile_is_denied_too(office: Office) -> None:
    made: list[Any] = []

    def meanwhile() -> None:
        """The thief signs in, after the first denial and before the key goes."""
        if office.aws.calls[-1] == "CreateAccessKey" and not made:
            made.append(office.aws.temporary(ARN, ACCOUNT, 3600, mfa=True))

    office.aws.answering = meanwhile
    stopped(office)
    (key,) = made
    iam = client(office.aws, "iam", key.id, key.secret, key.token)
    assert refused(iam.list_access_keys, UserName="alice") == "AccessDenied"


def test_without_a_new_key_the_first_denial_has_to_last(office: Office) -> None:
    case = stopped(office, new_key=False)
    assert changes(office) == ["PutUserPolicy", "UpdateAccessKey"]
    assert office.at_aws() == {office.key.id: False}
    later = office.aws.temporary(ARN, ACCOUNT, 3600, mfa=True)  # of the key's last moment
    iam = client(office.aws, "iam", later.id, later.secret, later.token)
    assert refused(iam.list_access_keys, UserName="alice") == "AccessDenied"
    tasks = aftermath.remaining(case, Catalog.load(), None)
    assert tasks[0].commands == "awsprof keys import base"


@pytest.mark.parametrize("new_key", [True, False])
def test_where_iam_wants_mfa_the_session_that_stops_it_is_not_cut_off(
    office: Office, new_key: bool
) -> None:
    """Our own session is made for it, and what was signed in before is denied."""
    blanks = Blanks(account=ACCOUNT, user="alice")
    names = ("stop-keys", "manage-own-keys")
    office.aws.moto.permit("alice", ACCOUNT, *(document(name, blanks) for name in names))
    device = office.aws.device("alice")
    office.config(f"mfa_serial = {device.serial}\n")
    desk = office.desk()
    before = desk.resolver(Catalog.load()).credentials("base")
    assert before.token is not None
    old = client(
        office.aws, "iam", before.access_key_id, before.secret.reveal(), before.token.reveal()
    )
    old.list_access_keys(UserName="alice")
    office.aws.keys[before.access_key_id].made = datetime(2026, 1, 1, tzinfo=UTC)
    office.aws.calls.clear()
    case = find(desk, "base", None)
    stop.stop(desk, case, new_key=new_key)
    assert not case.failed
    made = ["CreateAccessKey"] if new_key else []
    wanted = ["PutUserPolicy", "GetSessionToken", "PutUserPolicy", *made, "UpdateAccessKey"]
    assert changes(office) == [*wanted, "PutUserPolicy"]
    assert refused(old.list_access_keys, UserName="alice") == "AccessDenied"
    assert not office.at_aws()[office.key.id]
    assert not office.cache.sessions  # nothing of ours is left that AWS denies


def test_what_is_not_allowed_is_told_and_the_rest_is_done(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.aws.temper.denied = {"PutUserPolicy"}
    case = stopped(office)
    assert not office.at_aws()[office.key.id]
    assert office.names() == {case.new}
    assert len(case.failed) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "awsprof policy stop-keys" in said
    assert f"awsprof keys stop {office.key.id} with --using and a profile that may" in said
    assert not any("denial may go" in t.what for t in aftermath.remaining(case, Catalog.load(), ""))


def test_a_key_that_stays_active_is_told_loudly(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.aws.temper.denied = {"UpdateAccessKey"}
    case = stopped(office, new_key=False)
    assert [f"{office.key.id} IS STILL ACTIVE" in failed for failed in case.failed] == [True]
    assert "in the console: IAM" in " ".join(capsys.readouterr().err.split())


def test_two_keys_leave_no_place_for_a_third_and_it_stops_all_the_same(office: Office) -> None:
    office.aws.user("alice")
    case = stopped(office)
    assert "two keys" in case.failed[0]
    assert not office.at_aws()[office.key.id]
    assert office.names() == {office.key.id}


def test_it_goes_on_where_an_earlier_run_was_cut_off(office: Office) -> None:
    """The new key was made and kept; the old one may be inactive by then."""
    Index.load().record(office.key.id, ACCOUNT, ARN, backend="memory")
    new = office.aws.user("alice")
    office.vault.put(new.id, Secret(new.secret))
    Index.load().record(new.id, ACCOUNT, ARN, backend="memory")
    office.key.active = False
    case = stopped(office)
    assert case.new == new.id
    assert "CreateAccessKey" not in office.aws.calls
    assert office.names() == {new.id}


def test_a_key_in_plain_text_gives_way_to_one_in_the_vault(office: Office) -> None:
    config = office.home / ".aws" / "config"
    key = f"aws_access_key_id = {office.key.id}\naws_secret_access_key = {office.key.secret}\n"
    config.write_text(f"[profile base]\n{key}region = eu-west-1\n")
    case = stopped(office)
    text = config.read_text()
    assert office.key.secret not in text and f"--key {case.new}" in text
    assert "region = eu-west-1" in text


def test_a_stranger_s_key_is_stopped_by_who_may(office: Office) -> None:
    bob = office.aws.user("bob")
    bobs = session(office, bob)
    case = stopped(office, bob.id, "base", new_key=False)
    assert case.user == "bob"
    assert not bob.active
    assert office.at_aws() == {office.key.id: True}
    assert bobs() == "AccessDenied"
    assert changes(office)[-3:] == ["PutUserPolicy", "UpdateAccessKey", "PutUserPolicy"]


def test_whose_hand_is_missing_is_told(office: Office) -> None:
    with pytest.raises(SignInFailed) as error:
        find(office.desk(), "AKIAIOSFODNN7EXAMPLE", None)
    assert "--using" in error.value.fix
    assert "awsprof policy stop-keys" in error.value.fix
    office.key.active = False
    with pytest.raises(SignInFailed, match="inactive"):
        find(office.desk(), "base", None)


@pytest.mark.parametrize(
    ("target", "told"), [("admin", "keys stop base"), ("ASIAIOSFODNN7EXAMPLE", "logout")]
)
def test_what_has_no_key_to_stop_is_told(office: Office, target: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        find(office.desk(), target, None)
    assert told in error.value.fix


def test_root_is_told_how_to_delete_its_key(office: Office) -> None:
    root = office.aws.user("root")
    office.vault.put(root.id, Secret(root.secret))
    text = (office.home / ".aws" / "config").read_text().replace(office.key.id, root.id)
    (office.home / ".aws" / "config").write_text(text)
    with pytest.raises(AwsprofError) as error:
        find(office.desk(), "base", None)
    assert error.value.code == "root-key"
    assert "delete it" in error.value.fix


def test_the_plan_says_all_that_is_done(office: Office) -> None:
    case = find(office.desk(), "base", None)
    assert len(plan(case, new_key=True)) == 6
    assert len(plan(case, new_key=False)) == 3
    assert "base, ci" in " ".join(plan(case, new_key=True))


def quarantined(office: Office) -> None:
    """AWS has found the key: what it attaches denies the user this, among much else."""
    iam = client(office.aws, "iam", office.key.id, office.key.secret)
    actions = ["iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:PutUserPolicy"]
    statement = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    made = iam.create_policy(
        PolicyName="AWSCompromisedKeyQuarantineV3",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    iam.attach_user_policy(UserName="alice", PolicyArn=made["Policy"]["Arn"])


def test_where_aws_was_first_somebody_else_stops_it(office: Office) -> None:
    boss = office.aws.user("boss")
    office.vault.put(boss.id, Secret(boss.secret))
    line = f"/usr/bin/awsprof credential-process boss --key {boss.id}"
    with (office.home / ".aws" / "config").open("a") as config:
        config.write(f"[profile boss]\ncredential_process = {line}\n")
    quarantined(office)
    own = find(office.desk(), "base", None)
    assert own.own and own.quarantine == ("AWSCompromisedKeyQuarantineV3",)
    stop.stop(office.desk(), own, new_key=True)
    assert len(own.failed) == 3 and office.key.active
    case = stopped(office, using="boss")
    assert not case.failed and not office.key.active
    assert office.names() == {case.new, boss.id}


def test_what_is_left_comes_with_its_commands(office: Office) -> None:
    quarantined(office)
    boss = office.aws.user("boss")
    case = find(office.desk(), "base", None)
    assert case.hand is not None
    case.hand.iam = IamUsers(Credentials(boss.id, Secret(boss.secret)))
    stop.stop(office.desk(), case, new_key=True)
    commands = "\n".join(t.commands for t in aftermath.remaining(case, Catalog.load(), None))
    for wanted in (
        f"AttributeKey=AccessKeyId,AttributeValue={office.key.id}",
        "--role-name Admin --policy-name AWSRevokeOlderSessions",
        f"awsprof keys delete {office.key.id}",
        "policy/AWSCompromisedKeyQuarantineV3",
        "delete-user-policy --user-name alice --profile base",
    ):
        assert wanted in commands


def test_the_profile_s_name_never_means_the_new_key_while_the_stop_is_known(
    office: Office,
) -> None:
    case = stopped(office)
    assert case.new is not None
    office.aws.calls.clear()
    ended = finished(office.desk(), "base")
    assert ended is not None and (ended.leaked, ended.new) == (office.key.id, case.new)
    again = stopped(office)  # whoever goes on all the same stops the leaked key once more
    assert again.key_id == office.key.id
    assert office.at_aws() == {office.key.id: False, case.new: True}
    assert "CreateAccessKey" not in office.aws.calls
    assert find(office.desk(), case.new, None).key_id == case.new  # by its id it can be meant


def test_deleting_the_leaked_key_ends_the_story(office: Office) -> None:
    case = stopped(office)
    desk = office.desk()
    switching.delete(desk, office.key.id, None, now=True)
    assert not Index.load().stops()
    assert find(office.desk(), "base", None).key_id == case.new


def test_a_key_that_is_being_rotated_is_stopped_and_the_rotation_is_over(office: Office) -> None:
    """The rotation had made the new key, and came no further."""
    office.aws.temper.denied = {"UpdateAccessKey"}
    with pytest.raises(SignInFailed):
        rotate(office.desk(), "base", now=False)
    office.aws.temper.denied = set()
    (rotation,) = Index.load().rotations()
    made = rotation.new
    assert made is not None and office.names() == {made}
    office.aws.calls.clear()
    case = stopped(office, office.key.id)
    assert not case.failed
    assert case.new == made and "CreateAccessKey" not in office.aws.calls
    assert office.at_aws() == {office.key.id: False, made: True}
    assert not Index.load().rotations()


def test_the_new_key_of_a_rotation_leaks(office: Office) -> None:
    rotate(office.desk(), "base", now=False)
    (leaked,) = office.names()
    case = stopped(office, "base")
    assert case.key_id == leaked and not office.at_aws()[leaked]
    assert not Index.load().rotations()  # neither --continue nor --back leads anywhere now
    assert "two keys" in case.failed[0]


def test_a_key_that_is_being_stopped_is_not_rotated(office: Office) -> None:
    office.aws.temper.denied = {"CreateAccessKey"}
    stopped(office)
    office.aws.temper.denied = set()
    with pytest.raises(UsageError) as refused:
        rotate(office.desk(), "base", now=True)
    assert refused.value.fix.startswith(f"awsprof keys stop {office.key.id}")
    assert not stopped(office, using=None).failed or not office.at_aws()[office.key.id]


def test_who_was_overtaken_does_nothing(office: Office) -> None:
    desk = office.desk()
    late = find(desk, "base", None)
    stopped(office)
    before = office.at_aws()
    with pytest.raises(AwsprofError, match="at the same time"):
        stop.stop(desk, late, new_key=True)
    assert office.at_aws() == before
