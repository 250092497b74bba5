"""What a team file would make of you is asked about, whoever wrote the line that it changes."""

import pytest

from awsprof.configfile.document import SectionId
from awsprof.team.three_way import Reason
from tests.standins.team_machine import Machine, Sections

CORP = {"sso_start_url": "https://example.awsapps.com/start", "sso_region": "eu-west-1"}
DEV = {"sso_session": "corp", "sso_account_id": "123456789012", "sso_role_name": "Dev"}
OPS = {"role_arn": "arn:aws:iam::123456789012:role/Ops", "source_profile": "dev"}
PLAIN = {"region": "eu-west-1"}
TEAM: Sections = {
    "sso-session corp": CORP,
    "services local": {"s3.endpoint_url": "http://localhost", "ec2.endpoint_url": "http://x"},
    "profile dev": DEV,
    "profile ops": OPS,
    "profile plain": PLAIN,
}
MY_ROLE = "role_arn = arn:aws:iam::999999999999:role/Mine\n"


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    assert machine.apply(TEAM, accepted=TEAM).complete
    return machine


@pytest.mark.parametrize("region", ["eu-west-1", "eu-west-2"])
def test_a_role_that_you_added_to_a_managed_profile_does_not_change_unasked(
    machine: Machine, region: str
) -> None:
    machine.config = machine.config.replace(
        "[profile plain]\n", f"[profile plain]\n{MY_ROLE}source_profile = dev\n"
    )
    other = {**DEV, "sso_role_name": "Other"}
    new = {**TEAM, "profile dev": other, "profile plain": {"region": region}}
    (asked,) = machine.apply(new).confirmations
    assert asked.harm.startswith("plain is ")
    assert machine.values("profile dev") == DEV
    assert (machine.values("profile plain") or {})["region"] == region
    assert machine.apply(new, accepted=["profile dev"]).complete


def test_a_role_of_yours_keeps_its_source_when_the_team_drops_both(machine: Machine) -> None:
    machine.config = machine.config.replace(f"role_arn = {OPS['role_arn']}\n", MY_ROLE)
    before = machine.values("profile ops")
    new = {**TEAM, "profile ops": {**PLAIN}}
    (conflict,) = machine.apply(new).unanswered
    assert {each.key for each in conflict.conflicts} == {"role_arn", "source_profile"}
    assert machine.values("profile ops") == {**(before or {}), **PLAIN}
    names = ["profile ops"]
    machine.apply(new, theirs=names, accepted=names)
    assert machine.values("profile ops") == PLAIN


def test_your_choice_of_a_role_that_the_team_dropped_lasts(machine: Machine) -> None:
    machine.config = machine.config.replace(f"role_arn = {OPS['role_arn']}\n", MY_ROLE)
    before = machine.values("profile ops")
    new = {**TEAM, "profile ops": {**PLAIN}}
    assert machine.apply(new, mine=["profile ops"]).complete
    assert machine.plan(new).up_to_date
    assert machine.values("profile ops") == {**(before or {}), **PLAIN}


@pytest.mark.parametrize(
    ("title", "key", "value"),
    [
        ("profile plain", "endpoint_url", "http://localhost:4566"),
        ("profile plain", "ca_bundle", "/opt/ca.pem"),
        ("profile plain", "services", "local"),
        ("profile plain", "mfa_process", "/opt/mfa"),
        ("profile plain", "ignore_configured_endpoint_urls", "true"),
        ("profile plain", "proxy_use_forwarding_for_https", "true"),
        ("services local", "sqs.endpoint_url", "http://localhost"),
    ],
)
def test_a_line_that_redirects_is_confirmed_when_it_goes_too(
    machine: Machine, title: str, key: str, value: str
) -> None:
    redirected = {**TEAM, title: {**TEAM[title], key: value}}
    assert machine.apply(redirected, accepted=[title]).complete
    (asked,) = machine.apply(TEAM).confirmations
    assert [each.key for each in asked.differences] == [key]
    assert machine.values(title) == redirected[title]
    assert machine.apply(TEAM, accepted=[title]).complete
    assert machine.values(title) == TEAM[title]


def test_a_new_default_profile_is_confirmed_since_it_answers_for_commands_without_one(
    machine: Machine,
) -> None:
    assert machine.apply({**TEAM, "profile default": PLAIN}).complete
    for start in (machine, Machine()):
        start.apply(TEAM, accepted=TEAM)
        new = {**TEAM, "profile default": {**PLAIN, **OPS}}
        (asked,) = start.apply(new).confirmations
        assert [str(id) for id in asked.sections] == ["profile default"]
        assert {each.key for each in asked.differences} == {"role_arn", "source_profile"}
        assert start.apply(new, accepted=["profile default"]).complete


def test_a_new_start_url_is_confirmed_though_nothing_of_the_first_version_was_taken() -> None:
    machine = Machine("[profile plain]\nregion = us-east-1\n")
    first = {"profile plain": PLAIN}
    assert machine.apply(first).unanswered
    new = {**first, "sso-session corp": CORP}
    (asked,) = machine.apply(new).confirmations
    assert [each.key for each in asked.differences] == ["sso_start_url"]


def test_a_role_does_not_build_on_a_profile_of_yours_with_the_name_of_its_source() -> None:
    lines = {**DEV, "sso_account_id": "999999999999"}
    mine = "[profile dev]\n" + "".join(f"{key} = {text}\n" for key, text in lines.items())
    machine = Machine(mine)
    decision = machine.apply(TEAM, accepted=["services local"])
    assert decision.waiting == {SectionId.profile("ops")}
    assert machine.values("profile ops") is None
    assert machine.values("profile plain") == PLAIN
    kept, taken = Machine(mine), Machine(mine)
    assert kept.apply(TEAM, mine=["profile dev"], accepted=["services local"]).complete
    assert kept.values("profile ops") == OPS
    assert taken.apply(TEAM, theirs=["profile dev"], accepted=TEAM).complete
    assert taken.values("profile dev") == DEV


SHARED = [SectionId.profile("plain"), SectionId.sso_session("corp")]


def test_what_another_team_file_manages_too_is_not_removed(machine: Machine) -> None:
    left = {title: values for title, values in TEAM.items() if title != "profile plain"}
    decision = machine.take_over(left, SHARED, removed=["profile plain"])
    assert [each.stays for each in decision.plan.dropped] == ["another team file has it, too"]
    assert machine.values("profile plain") == PLAIN
    assert SHARED[0] not in machine.state.sections
    assert machine.plan(left, SHARED).dropped == ()


def test_what_another_team_file_manages_too_is_asked_about_before_it_changes(
    machine: Machine,
) -> None:
    new = {**TEAM, "profile plain": {"region": "eu-west-2"}}
    (conflict,) = machine.take_over(new, SHARED).unanswered
    assert conflict.reason is Reason.OTHER_TEAM
    assert machine.values("profile plain") == PLAIN
    assert machine.take_over(new, SHARED, theirs=["profile plain"]).complete
    assert machine.values("profile plain") == new["profile plain"]
    assert machine.take_over(new, SHARED).complete
