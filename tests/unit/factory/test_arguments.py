"""What scripts give to the factory: boto3's own ways, AWS's own shapes, and what cannot be."""

import asyncio
import builtins
from datetime import timedelta
from typing import Any

import pytest

import awsprof
import awsprof.aio
from tests.standins.sample_config import ADMIN, Machine


def arn(session: awsprof.Session) -> str:
    return str(session.client("sts").get_caller_identity()["Arn"])


def test_the_class_itself_is_awsprofs_session(machine: Machine) -> None:
    awsprof.whoami("base", mfa=machine.code)
    made = awsprof.Session(profile_name="admin", region_name="eu-west-1")
    assert arn(made).startswith("arn:aws:sts::210987654321:assumed-role/Admin/")
    assert len(machine.asked) == 1


def test_the_class_says_that_a_name_is_no_key() -> None:
    with pytest.raises(awsprof.UsageError, match="access key ID and a secret first") as refused:
        awsprof.Session("admin")
    assert "awsprof.session(NAME)" in refused.value.fix


def test_the_class_knows_missing_profiles(machine: Machine) -> None:
    with pytest.raises(awsprof.ProfileNotFound, match="Did you mean admin"):
        awsprof.Session(profile_name="admni")


@pytest.mark.parametrize("tags", [{"team": "data"}, [{"Key": "team", "Value": "data"}]])
def test_tags_and_durations_come_in_either_form(machine: Machine, tags: Any) -> None:
    made = awsprof.session("admin", mfa=machine.code, tags=tags, duration=timedelta(minutes=30))
    assert "assumed-role/Admin" in arn(made)
    asked = machine.aws.asked[-1]
    assert (asked["DurationSeconds"], asked["Tags.member.1.Key"]) == ("1800", "team")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"duration": "3600"}, "'3600' is not a duration"),
        ({"duration": True}, "True is not a duration"),
        ({"duration": 60}, "cannot last 60 seconds"),
        ({"account": 210987654321}, "210987654321 is not an account ID"),
        ({"account": "21098765432"}, "is not an account ID"),
        ({"tags": ["team"]}, "Session tags must map strings"),
        ({"tags": {"team": 1}}, "Session tags must map strings"),
        ({"tags": [{"Name": "team"}]}, "Session tags must map strings"),
        ({"tags": 7}, "Session tags must map strings"),
        ({"session_policy": ""}, "session_policy is empty"),
        ({"mfa": "12"}, "mfa is not an MFA code"),
        ({"mfa": 123456}, "mfa is not an MFA code"),
    ],
)
def test_what_cannot_be_is_said_at_once(given: dict[str, Any], told: str) -> None:
    with pytest.raises(awsprof.UsageError, match=told):
        awsprof.session(**given)


@pytest.mark.usefixtures("aiobotocore")
@pytest.mark.parametrize(
    ("given", "near"),
    [
        ({"acount": "999999999999"}, r"argument 'acount'. Did you mean 'account'\?"),
        ({"policy_arn": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]}, "Did you mean 'policy_arns'"),
        ({"region_name": "us-west-2"}, "Did you mean 'region'"),
        ({"fruit": "pear"}, "argument 'fruit'$"),
    ],
)
def test_an_argument_that_does_not_exist_is_refused(
    machine: Machine, given: dict[str, Any], near: str
) -> None:
    async def no_call(session: Any) -> None:
        pytest.fail("it was called")

    for call in (
        lambda: awsprof.sessions("admin", **given),
        lambda: awsprof.map(lambda _: pytest.fail("it was called"), "admin", **given),
        lambda: awsprof.aio.session("admin", **given),
        lambda: awsprof.aio.sessions("admin", **given),
        lambda: asyncio.run(awsprof.aio.map(no_call, "admin", **given)),
    ):
        with pytest.raises(TypeError, match=near):
            call()


def test_a_misspelled_argument_of_map_is_named() -> None:
    with pytest.raises(TypeError, match=r"^map\(\) got .* 'worker'. Did you mean 'workers'\?$"):
        awsprof.map(awsprof.whoami, worker=2)  # type: ignore[call-arg]


def test_options_do_not_apply_to_a_session_that_exists(machine: Machine) -> None:
    session = awsprof.session("plain")
    with pytest.raises(awsprof.UsageError, match="account: the session exists"):
        awsprof.whoami(session, account="999999999999")


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        ("eu-west-1", ["eu-west-1"]),
        (["eu-west-1", "us-east-1"], ["eu-west-1", "us-east-1"]),
        (iter(["eu-west-1", "us-east-1"]), ["eu-west-1", "us-east-1"]),
    ],
)
def test_regions_are_one_or_several_for_each_profile(
    machine: Machine, regions: Any, told: list[str]
) -> None:
    outcome = awsprof.map(lambda s: s.region_name, "prod-*", regions=regions)
    assert [each.value for each in outcome.results] == told * 2


def test_importing_everything_hides_no_builtin() -> None:
    names: dict[str, Any] = {}
    exec("from awsprof import *", names)  # noqa: S102  # the import is what is tried
    assert names.get("map", builtins.map) is builtins.map
    assert names["session"] is awsprof.session


def test_profiles_of_keys_in_the_vault_have_their_account(machine: Machine) -> None:
    listed = {profile.name: profile.account for profile in awsprof.list_profiles()}
    assert listed["base"] == "123456789012"
    assert listed["admin"] == ADMIN.split(":")[4]


def test_an_account_selects_profiles(machine: Machine) -> None:
    names = [name for name, _ in awsprof.sessions("*", account="123456789012")]
    assert "base" in names and "admin" not in names
    with pytest.raises(awsprof.ProfileNotFound, match="in account 999999999999"):
        awsprof.sessions("admin", account="999999999999")


def test_an_outcome_is_false_where_anything_failed(machine: Machine) -> None:
    def fails(session: awsprof.Session) -> str:
        raise ValueError(session.profile_name)

    good = awsprof.map(lambda s: s.profile_name, "base")
    assert good and len(good) == 1 and [each.profile for each in good] == ["base"]
    bad = awsprof.map(fails, ["base", "admin"])
    assert not bad and {each.profile for each in bad} == {"base", "admin"}


@pytest.mark.parametrize("name", [1, b"base", ["base"]])
def test_a_profile_is_named_by_a_text(machine: Machine, name: Any) -> None:
    with pytest.raises(awsprof.UsageError, match="A profile cannot be"):
        awsprof.session(name)
