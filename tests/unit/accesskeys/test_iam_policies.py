"""The documents: AWS takes them, they permit what our flows call, and deny the rest."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from awsprof.accesskeys.iam_policies import (
    POLICIES,
    PolicyParameters,
    older_sessions,
    policy_document,
)
from awsprof.errors import UsageError
from tests.contract.test_aws_standin import ADMIN, client, temporary
from tests.standins.aws import ACCOUNT, Aws, Device, Key
from tests.standins.moto_iam import UserKey

MINE = PolicyParameters(account=ACCOUNT)


@pytest.fixture
def alice(aws: Aws) -> Key | UserKey:
    """A user, whose policies each test sets."""
    return aws.user("alice")


def permit(aws: Aws, *names: str, blanks: PolicyParameters = MINE) -> None:
    aws.moto.permit("alice", ACCOUNT, *(policy_document(name, blanks) for name in names))


def signed_in(aws: Aws, key: Key | UserKey, device: Device) -> dict[str, Any]:
    """A session with MFA."""
    sts = client(aws, "sts", key.id, key.secret)
    given: dict[str, Any] = sts.get_session_token(
        SerialNumber=device.serial, TokenCode=device.code()
    )
    return given


def denied(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError as exc:
        assert exc.response["Error"]["Code"] == "AccessDenied", exc
        return True
    return False


@pytest.mark.parametrize("partition", Session().get_available_partitions())
@pytest.mark.parametrize("name", POLICIES)
def test_every_document_is_filled_in_for_every_partition(name: str, partition: str) -> None:
    text = json.dumps(
        policy_document(name, PolicyParameters(partition, ACCOUNT, "alice", ("Admin",)))
    )
    assert json.loads(text)["Version"] == "2012-10-17"
    assert f"arn:{partition}:iam::{ACCOUNT}:" in text
    assert text.count("arn:") == text.count(f"arn:{partition}:")
    assert "${" not in text


def test_one_s_own_device_is_made_and_nothing_else_is_done_without_it(
    aws: Aws, alice: Key | UserKey
) -> None:
    permit(aws, "manage-own-mfa")
    iam = client(aws, "iam", alice.id, alice.secret)
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    iam.delete_virtual_mfa_device(SerialNumber=made["SerialNumber"])
    phone = iam.create_virtual_mfa_device(Path="/alice/", VirtualMFADeviceName="phone")
    serial = phone["VirtualMFADevice"]["SerialNumber"]
    device = aws.virtual.unassigned[serial]
    now = int(time.time()) // 30
    codes = {
        "AuthenticationCode1": device.at(now - 1),
        "AuthenticationCode2": device.at(now),
    }
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes)
    iam.resync_mfa_device(UserName="alice", SerialNumber=serial, **codes)
    assert iam.list_mfa_devices(UserName="alice")["MFADevices"][0]["SerialNumber"] == serial
    assert denied(iam.create_virtual_mfa_device, VirtualMFADeviceName="boss")
    assert denied(iam.list_mfa_devices, UserName="boss")
    assert denied(iam.list_access_keys, UserName="alice")
    assert denied(iam.create_access_key, UserName="alice")


def test_one_s_own_keys_are_managed_with_mfa_alone(aws: Aws, alice: Key | UserKey) -> None:
    device, boss = aws.device("alice"), aws.user("boss")
    permit(aws, "manage-own-keys", "manage-own-mfa")
    bare = client(aws, "iam", alice.id, alice.secret)
    assert denied(bare.create_access_key, UserName="alice")
    assert bare.list_mfa_devices(UserName="alice")["MFADevices"]
    sts = client(aws, "sts", alice.id, alice.secret)
    assert sts.get_access_key_info(AccessKeyId=boss.id)["Account"] == ACCOUNT
    iam = temporary(aws, "iam", signed_in(aws, alice, device))
    new = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="alice", AccessKeyId=new, Status="Inactive")
    assert len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 2
    iam.get_access_key_last_used(AccessKeyId=new)
    iam.list_attached_user_policies(UserName="alice")
    iam.delete_access_key(UserName="alice", AccessKeyId=new)
    assert denied(iam.create_access_key, UserName="boss")
    assert denied(iam.get_access_key_last_used, AccessKeyId=boss.id)
    assert denied(iam.put_user_policy, UserName="alice", PolicyName="x", PolicyDocument="{}")


def test_a_role_is_assumed_with_a_code_alone(aws: Aws, alice: Key | UserKey) -> None:
    device = aws.device("alice")
    aws.role("Admin")
    aws.role("Other")
    permit(
        aws, "assume-with-mfa", blanks=PolicyParameters(account="210987654321", roles=("Admin",))
    )
    sts = client(aws, "sts", alice.id, alice.secret)
    wanted = {"RoleArn": ADMIN, "RoleSessionName": "me"}
    assert denied(sts.assume_role, **wanted)
    by_session = temporary(aws, "sts", signed_in(aws, alice, device))
    by_session.assume_role(**wanted)
    assert denied(by_session.assume_role, **{**wanted, "RoleArn": ADMIN.replace("Admin", "Other")})
    code = {"SerialNumber": device.serial, "TokenCode": device.code()}
    sts.assume_role(**wanted, **code)


def test_who_looks_after_keys_sees_all_and_changes_nothing(aws: Aws, alice: Key | UserKey) -> None:
    boss = aws.user("boss")
    permit(aws, "audit-keys")
    iam = client(aws, "iam", alice.id, alice.secret)
    iam.generate_credential_report()
    assert iam.get_access_key_last_used(AccessKeyId=boss.id)["UserName"] == "boss"
    for call in (iam.list_access_keys, iam.list_mfa_devices, iam.list_attached_user_policies):
        call(UserName="boss")
    key = {"UserName": "boss", "AccessKeyId": boss.id}
    assert denied(iam.update_access_key, **key, Status="Inactive")


def test_keys_are_stopped_by_who_signed_in_with_mfa(aws: Aws, alice: Key | UserKey) -> None:
    boss, device = aws.user("boss"), aws.device("alice")
    permit(aws, "stop-keys")
    deny = json.dumps(older_sessions(datetime(2026, 1, 1, tzinfo=UTC)))
    put = {"UserName": "boss", "PolicyName": "Deny", "PolicyDocument": deny}
    assert denied(client(aws, "iam", alice.id, alice.secret).put_user_policy, **put)
    iam = temporary(aws, "iam", signed_in(aws, alice, device))
    iam.put_user_policy(**put)
    iam.create_access_key(UserName="boss")
    iam.update_access_key(UserName="boss", AccessKeyId=boss.id, Status="Inactive")


def test_iam_takes_the_trust_policy(aws: Aws, alice: Key | UserKey) -> None:
    iam = client(aws, "iam", alice.id, alice.secret)
    for user in ("", "alice"):
        trust = json.dumps(
            policy_document("role-trust-mfa", PolicyParameters(account=ACCOUNT, user=user))
        )
        iam.create_role(RoleName=f"Trusting{user}", AssumeRolePolicyDocument=trust)
    with pytest.raises(UsageError, match="needs the account"):
        policy_document("role-trust-mfa", PolicyParameters())
