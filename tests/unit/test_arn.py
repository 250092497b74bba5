"""ARNs: every kind that identities and profiles show, and what is no ARN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.arn import Arn, parse_role


def parsed(text: str) -> Arn:
    found = Arn.parse(text)
    assert found is not None
    return found


def test_a_user_with_a_path() -> None:
    arn = parsed("arn:aws:iam::123456789012:user/division/team/alice")
    assert (arn.partition, arn.account, arn.type) == ("aws", "123456789012", "user")
    assert (arn.user_name, arn.name, arn.role_name) == ("alice", "alice", None)


def test_a_role_and_its_session_have_one_role_name() -> None:
    role = parsed("arn:aws-us-gov:iam::123456789012:role/service/Deploy")
    session = parsed("arn:aws-us-gov:sts::123456789012:assumed-role/Deploy/alice@example.com")
    assert role.role_name == session.role_name == "Deploy"
    assert role.session_name is None and session.session_name == "alice@example.com"
    assert session.user_name is None


def test_root_is_told_apart() -> None:
    assert parsed("arn:aws:iam::123456789012:root").is_root
    assert not parsed("arn:aws:iam::123456789012:user/root").is_root


@pytest.mark.parametrize(
    "text",
    ["", None, "arn", "arn:aws:iam::1", "arn:aws:iam::1:", "x:a:b:c:d:e"],
)
def test_what_is_no_arn(text: str | None) -> None:
    assert Arn.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:iam::12345678901:role/Admin",
        "arn:aws:sts::123456789012:assumed-role/Admin/me",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:role/Admin ",
        "arn:aws:iam::123456789012:role/Admin\n",
    ],
)
def test_what_role_arn_does_not_take(text: str) -> None:
    assert parse_role(text) is None


def test_what_role_arn_takes() -> None:
    found = parse_role("arn:aws-cn:iam::123456789012:role/path/Admin")
    assert found is not None and (found.partition, found.role_name) == ("aws-cn", "Admin")


@given(st.lists(st.text("abcXYZ019-/:", min_size=1), min_size=5, max_size=5))
def test_an_arn_is_written_as_it_was_read(parts: list[str]) -> None:
    head = [part.replace(":", "") for part in parts[:4]]
    text = ":".join(["arn", *head, parts[4]])
    found = Arn.parse(text)
    assert found is None or str(found) == text
