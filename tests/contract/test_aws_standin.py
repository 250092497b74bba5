"""The stand-in refuses what AWS refuses: else what passes against it would prove nothing."""

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from tests.standins.aws import STEP, Aws, Device

ADMIN = "arn:aws:iam::210987654321:role/Admin"


def client(aws: Aws, service: str, id_: str, secret: str, token: str | None = None) -> Any:
    return Session().create_client(
        service,
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id=id_,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def temporary(aws: Aws, service: str, given: dict[str, Any]) -> Any:
    keys = given["Credentials"]
    secret, token = keys["SecretAccessKey"], keys["SessionToken"]
    return client(aws, service, keys["AccessKeyId"], secret, token)


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


def test_keys_are_checked(aws: Aws) -> None:
    key = aws.user("alice")
    sts = client(aws, "sts", key.id, key.secret)
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/alice"
    wrong = client(aws, "sts", key.id, "x" * 40)
    assert refused(wrong.get_caller_identity) == "SignatureDoesNotMatch"
    unknown = client(aws, "sts", "AKIAIOSFODNN7EXAMPLE", key.secret)
    assert refused(unknown.get_caller_identity) == "InvalidClientTokenId"
    key.active = False
    assert refused(sts.get_caller_identity) == "InvalidClientTokenId"


def test_a_clock_that_is_off_is_refused(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    key = aws.user("alice")
    sts = client(aws, "sts", key.id, key.secret)
    off = datetime.now(UTC) - timedelta(minutes=6)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: off)
    assert refused(sts.get_caller_identity) == "SignatureDoesNotMatch"


def test_a_code_is_good_once(aws: Aws) -> None:
    key, device = aws.user("alice"), aws.device("alice")
    sts = client(aws, "sts", key.id, key.secret)
    mfa = {"SerialNumber": device.serial, "TokenCode": device.code()}
    first = sts.get_session_token(**mfa)
    assert refused(sts.get_session_token, **mfa) == "AccessDenied"
    assert refused(sts.get_session_token, **{**mfa, "TokenCode": "000000"}) == "AccessDenied"
    session = temporary(aws, "sts", first)
    assert session.get_caller_identity()["Arn"].endswith(":user/alice")
    assert refused(session.get_session_token) == "AccessDenied"


def test_sessions_expire(aws: Aws) -> None:
    key = aws.user("alice")
    given = client(aws, "sts", key.id, key.secret).get_session_token(DurationSeconds=900)
    kept = aws.keys[given["Credentials"]["AccessKeyId"]]
    kept.expires = datetime.now(UTC) - timedelta(seconds=1)
    assert refused(temporary(aws, "sts", given).get_caller_identity) == "ExpiredToken"


@pytest.mark.parametrize(
    "trust",
    [
        {"trusted": ("arn:aws:iam::999999999999:root",)},
        {"external_id": "4711"},
        {"mfa": True},
    ],
    ids=str,
)
def test_a_trust_policy_is_kept(aws: Aws, trust: dict[str, Any]) -> None:
    key = aws.user("alice")
    aws.role("Admin", **trust)
    sts = client(aws, "sts", key.id, key.secret)
    wanted = {"RoleArn": ADMIN, "RoleSessionName": "me"}
    assert refused(sts.assume_role, **wanted) == "AccessDenied"
    unknown = {**wanted, "RoleArn": ADMIN + "x"}
    assert refused(sts.assume_role, **unknown) == "AccessDenied"


def test_durations_are_limited(aws: Aws) -> None:
    key = aws.user("alice")
    aws.role("Admin", longest=7200)
    sts = client(aws, "sts", key.id, key.secret)
    wanted = {"RoleArn": ADMIN, "RoleSessionName": "me"}
    sts.assume_role(**wanted, DurationSeconds=7200)
    assert refused(sts.assume_role, **wanted, DurationSeconds=7201) == "ValidationError"
    session = temporary(aws, "sts", sts.get_session_token())
    assert refused(session.assume_role, **wanted, DurationSeconds=7200) == "ValidationError"


def test_a_session_carries_its_mfa_to_a_role_and_to_iam(aws: Aws) -> None:
    key, device = aws.user("alice"), aws.device("alice")
    aws.role("Admin", mfa=True)
    sts = client(aws, "sts", key.id, key.secret)
    mfa = {"SerialNumber": device.serial, "TokenCode": device.code()}
    given = sts.get_session_token(**mfa)
    temporary(aws, "sts", given).assume_role(RoleArn=ADMIN, RoleSessionName="me")
    made = temporary(aws, "iam", given).create_access_key(UserName="alice")["AccessKey"]
    new = client(aws, "sts", made["AccessKeyId"], made["SecretAccessKey"])
    assert new.get_caller_identity()["Account"] == "123456789012"
    without = temporary(aws, "iam", sts.get_session_token())
    assert refused(without.list_access_keys, UserName="alice") == "AccessDenied"
    third = client(aws, "iam", key.id, key.secret)
    assert refused(third.create_access_key, UserName="alice") == "LimitExceeded"


def test_a_new_key_is_known_after_a_while(aws: Aws) -> None:
    key = aws.user("alice")
    aws.temper.known_after = 3
    made = client(aws, "iam", key.id, key.secret).create_access_key(UserName="alice")["AccessKey"]
    born = time.monotonic()
    new = client(aws, "sts", made["AccessKeyId"], made["SecretAccessKey"])
    assert refused(new.get_caller_identity) == "InvalidClientTokenId"
    assert client(aws, "sts", key.id, key.secret).get_caller_identity()
    while time.monotonic() - born < 3:
        time.sleep(0.05)
    assert new.get_caller_identity()["Arn"].endswith("user/alice")


def test_where_iam_wants_mfa_a_bare_key_is_denied_and_a_session_names_its_user(aws: Aws) -> None:
    key, device = aws.user("alice"), aws.device("alice")
    aws.temper.wants_mfa = True
    bare = client(aws, "iam", key.id, key.secret)
    assert refused(bare.list_access_keys) == "AccessDenied"
    source = client(aws, "sts", key.id, key.secret)
    given = source.get_session_token(SerialNumber=device.serial, TokenCode=device.code())
    iam = temporary(aws, "iam", given)
    off = {"AccessKeyId": key.id, "Status": "Inactive"}
    assert refused(iam.update_access_key, **off) == "ValidationError"
    iam.update_access_key(UserName="alice", **off)
    assert refused(source.get_caller_identity) == "InvalidClientTokenId"


def test_whose_a_key_is_is_told_to_long_term_keys_alone(aws: Aws) -> None:
    key = aws.user("alice")
    sts = client(aws, "sts", key.id, key.secret)
    other = aws.user("bob", "210987654321").id
    assert sts.get_access_key_info(AccessKeyId=other)["Account"] == "210987654321"
    session = temporary(aws, "sts", sts.get_session_token())
    assert refused(session.get_access_key_info, AccessKeyId=other) == "AccessDenied"


def test_sessions_older_than_a_policy_says_are_denied_and_keys_are_not(aws: Aws) -> None:
    key, device = aws.user("alice"), aws.device("alice")
    sts = client(aws, "sts", key.id, key.secret)
    mfa = {"SerialNumber": device.serial, "TokenCode": device.code()}
    given = sts.get_session_token(**mfa)
    session, bare = temporary(aws, "iam", given), client(aws, "iam", key.id, key.secret)
    session.list_access_keys(UserName="alice")
    for moment, says in (("2020-01-01T00:00:00Z", None), ("2100-01-01T00:00:00Z", "AccessDenied")):
        condition = {"DateLessThan": {"aws:TokenIssueTime": moment}}
        statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        bare.put_user_policy(UserName="alice", PolicyName="old", PolicyDocument=document)
        if says is None:
            session.list_access_keys(UserName="alice")
        else:
            assert refused(session.list_access_keys, UserName="alice") == says
    bare.list_access_keys(UserName="alice")


def test_a_device_gives_sessions_once_two_codes_in_a_row_confirmed_it(aws: Aws) -> None:
    key = aws.user("alice")
    iam, sts = (client(aws, name, key.id, key.secret) for name in ("iam", "sts"))
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="alice")["VirtualMFADevice"]
    serial = made["SerialNumber"]
    device = Device(serial, base64.b32decode(made["Base32StringSeed"]))
    code = {"SerialNumber": serial, "TokenCode": device.code()}
    assert refused(sts.get_session_token, **code) == "AccessDenied"
    step = int(time.time()) // STEP
    codes = [device.at(step - 1), device.at(step)]
    for first, second in (codes[::-1], [codes[1], codes[1]]):
        given = {"AuthenticationCode1": first, "AuthenticationCode2": second}
        told = refused(iam.enable_mfa_device, UserName="alice", SerialNumber=serial, **given)
        assert told == "InvalidAuthenticationCode"
    given = {"AuthenticationCode1": codes[0], "AuthenticationCode2": codes[1]}
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **given)
    sts.get_session_token(**code)
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial) == "DeleteConflict"
