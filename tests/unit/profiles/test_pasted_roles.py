"""Roles as people paste them: ARNs and the console's switch-role links."""

import pytest

from awsprof.errors import UsageError
from awsprof.profiles.pasted_roles import parse_roles

ADMIN = "arn:aws:iam::123456789012:role/Admin"
QUERY = "account=123456789012&roleName=team%2FAdmin&displayName=Prod%20admin"


@pytest.mark.parametrize(
    ("host", "partition"),
    [
        ("signin.aws.amazon.com", "aws"),
        ("eu-west-1.signin.aws.amazon.com", "aws"),
        ("signin.amazonaws-us-gov.com", "aws-us-gov"),
        ("signin.amazonaws.cn", "aws-cn"),
        ("eusc-de-east-1.signin.amazonaws-eusc.eu", "aws-eusc"),
        ("signin.c2shome.ic.gov", "aws-iso"),
    ],
)
def test_a_switch_role_link_names_the_role_in_its_partition(host: str, partition: str) -> None:
    (role,) = parse_roles(f"https://{host}/switchrole?{QUERY}")
    assert role.arn == f"arn:{partition}:iam::123456789012:role/team/Admin"
    assert (role.display_name, role.account, role.role) == ("Prod admin", "123456789012", "Admin")


def test_an_account_may_be_written_with_dashes() -> None:
    (role,) = parse_roles(
        "https://signin.aws.amazon.com/switchrole?account=1234-5678-9012&roleName=A"
    )
    assert role.arn == "arn:aws:iam::123456789012:role/A"


def test_several_are_taken_whatever_is_between_them_and_each_once() -> None:
    other = "arn:aws:iam::123456789012:role/a,b"  # a name may have commas
    text = f'{ADMIN}, {other};\n"{ADMIN}",arn:aws:sts::210987654321:assumed-role/Ops/alice'
    assert [role.arn for role in parse_roles(text)] == [
        ADMIN,
        other,
        "arn:aws:iam::210987654321:role/Ops",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("https://example.com/switchrole?" + QUERY, "no switch-role link"),
        ("https://aws.amazon.com.evil.example/switchrole?" + QUERY, "no switch-role link"),
        ("https://evilaws.amazon.com/switchrole?" + QUERY, "no switch-role link"),
        (
            "https://signin.aws.amazon.com/switchrole?account=my-team&roleName=A",
            "'A' has alias 'my-team'",
        ),
        ("https://signin.aws.amazon.com/switchrole?roleName=A", "'A' has nothing in place"),
        ("https://signin.aws.amazon.com/switchrole?account=123456789012", "not a role ARN"),
        (f"{ADMIN} arn:aws:iam::123456789012:user/alice", "not a role ARN"),
        (" , ", "no role"),
        ("https://[", "no switch-role link"),
    ],
)
def test_what_is_no_role_is_refused_with_a_reason(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_roles(text)
