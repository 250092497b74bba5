"""The credential report, read."""

from datetime import UTC, datetime, timedelta

import pytest

from awsprof.accesskeys.credential_report import ROOT_USER, read_report
from awsprof.errors import CredentialsError

NOW = datetime(2026, 11, 26, tzinfo=UTC)
QUARTER = timedelta(days=90)
HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service"
)
NONE = "false,N/A,N/A,N/A,N/A"


def key(active: bool, created: str, used: str) -> str:
    where = "N/A,N/A" if used == "N/A" else "eu-west-1,s3"
    return f"{str(active).lower()},{created}T00:00:00+00:00,{used},{where}"


def findings(*keys: str, user: str = "alice", password: str = "false", mfa: str = "true") -> object:
    line = f"{user},arn:aws:iam::123456789012:user/{user},2020-01-01T00:00:00+00:00"
    text = f"{HEAD}\n{line},{password},N/A,{mfa},{','.join([*keys, *[NONE] * (2 - len(keys))])}\n"
    return [(row.number, row.findings) for row in read_report(text.encode(), NOW, QUARTER)]


NEW, USED = "2026-11-01", "2026-11-25T10:00:00+00:00"


def test_what_is_well_has_no_findings() -> None:
    assert findings(key(True, NEW, USED)) == [(1, ())]
    assert findings() == []


def test_each_thing_to_look_at_is_found() -> None:
    assert findings(key(True, "2026-01-01", USED)) == [(1, ("329 days old",))]
    assert findings(key(True, NEW, "N/A")) == [(1, ("never used",))]
    old_use = "2026-01-01T00:00:00+00:00"
    assert findings(key(True, NEW, old_use)) == [(1, ("not used for 329 days",))]
    assert findings(key(True, NEW, USED), key(True, NEW, USED)) == [
        (1, ("two active keys",)),
        (2, ("two active keys",)),
    ]
    assert findings(key(False, "2020-01-01", "N/A")) == [(1, ())]
    assert findings(password="true", mfa="false") == [(0, ("password without MFA",))]


def test_root_comes_first_whatever_it_has() -> None:
    found = findings(key(True, NEW, USED), user=ROOT_USER, password="not_supported")
    assert found == [(1, ("a key of root",))]
    assert findings(user=ROOT_USER, password="not_supported", mfa="false") == [
        (0, ("password without MFA",))
    ]


def test_what_is_no_report_is_told() -> None:
    with pytest.raises(CredentialsError, match="not a credential report"):
        read_report(b"<html>", NOW, QUARTER)


def test_how_old_is_too_old_is_for_the_person_to_say() -> None:
    text = (
        f"{HEAD}\nalice,arn:aws:iam::123456789012:user/alice,2020-01-01T00:00:00+00:00,false,N/A,"
    )
    line = f"{text}true,{key(True, NEW, USED)},{NONE}\n".encode()
    assert [row.findings for row in read_report(line, NOW, timedelta(days=7))] == [("25 days old",)]
    assert [row.findings for row in read_report(line, NOW, timedelta(days=30))] == [()]
