"""What a team file changes, what it leaves to a person, and what it never touches."""

from dataclasses import replace

import pytest

from awsprof.configfile.document import SectionId
from awsprof.team.resolution import Decision
from awsprof.team.three_way import Reason
from tests.standins.team_machine import Machine, Sections

CORP = {"sso_start_url": "https://example.awsapps.com/start", "sso_region": "eu-west-1"}
DEV = {"sso_session": "corp", "sso_account_id": "123456789012", "sso_role_name": "Dev"}
OPS = {"role_arn": "arn:aws:iam::123456789012:role/Ops", "source_profile": "dev"}
TEAM: Sections = {
    "sso-session corp": CORP,
    "profile dev": {**DEV, "region": "eu-west-1"},
    "profile ops": OPS,
}
MINE = """\
# my own notes
[profile mine]
region=us-east-1
output = json

"""


def changed(title: str, **values: str | None) -> Sections:
    """The team file with other values in one section; None leaves a value out."""
    merged = {**TEAM.get(title, {}), **values}
    return {**TEAM, title: {key: value for key, value in merged.items() if value is not None}}


def without(*titles: str) -> Sections:
    return {title: values for title, values in TEAM.items() if title not in titles}


@pytest.fixture
def machine() -> Machine:
    machine = Machine(MINE)
    assert machine.apply(TEAM).complete
    return machine


def edit(machine: Machine, old: str, new: str) -> None:
    assert machine.config.count(old) == 1
    machine.config = machine.config.replace(old, new)


def confirmed_apart(decision: Decision) -> set[tuple[str, str]]:
    return {
        (str(id), difference.key)
        for each in decision.confirmations
        for id in each.sections
        for difference in each.differences
    }


def test_the_first_version_is_added_below_what_is_there(machine: Machine) -> None:
    assert machine.config.startswith(MINE)
    for title, values in TEAM.items():
        assert machine.values(title) == values
    once = machine.config
    decision = machine.apply(TEAM)
    assert decision.plan.up_to_date
    assert machine.config == once


def test_what_you_did_not_change_follows_the_team(machine: Machine) -> None:
    assert machine.apply(changed("profile dev", region="eu-west-2", output="text")).complete
    assert machine.values("profile dev") == {**DEV, "region": "eu-west-2", "output": "text"}
    assert machine.apply(changed("profile dev", region=None)).complete
    assert machine.values("profile dev") == DEV


def test_what_you_added_to_a_managed_profile_stays(machine: Machine) -> None:
    edit(machine, "sso_role_name = Dev\n", "sso_role_name = Dev\n# my pager\ncli_pager = less\n")
    assert machine.apply(changed("profile dev", region="eu-west-2")).complete
    assert machine.values("profile dev") == {**DEV, "region": "eu-west-2", "cli_pager": "less"}
    assert "# my pager\n" in machine.config


def test_what_you_changed_is_a_conflict_and_stays_until_you_choose(machine: Machine) -> None:
    edit(machine, "region = eu-west-1\n\n[profile ops]", "region = sa-east-1\n\n[profile ops]")
    new = changed("profile dev", region="eu-west-2", output="text")
    for _ in range(2):
        decision = machine.apply(new)
        (conflict,) = decision.unanswered
        assert conflict.reason is Reason.CHANGED
        assert [each.key for each in conflict.conflicts] == ["region"]
        assert machine.values("profile dev") == {**DEV, "region": "sa-east-1", "output": "text"}
    assert machine.apply(new, theirs=["profile dev"]).complete
    assert machine.values("profile dev") == {**DEV, "region": "eu-west-2", "output": "text"}


def test_what_you_chose_to_keep_is_asked_again_only_if_the_team_changes_it(
    machine: Machine,
) -> None:
    edit(machine, "region = eu-west-1\n\n[profile ops]", "region = sa-east-1\n\n[profile ops]")
    new = changed("profile dev", region="eu-west-2")
    assert machine.apply(new, mine=["profile dev"]).complete
    assert machine.plan(new).up_to_date
    assert machine.apply({**new, "profile x": {"region": "eu-west-1"}}).complete
    assert machine.values("profile dev") == {**DEV, "region": "sa-east-1"}
    assert machine.plan(changed("profile dev", region="eu-west-3")).conflicts
    assert machine.apply(new, theirs=["profile dev"], removed=["profile x"]).complete
    assert machine.values("profile dev") == {**DEV, "region": "eu-west-2"}


def test_half_of_a_new_identity_is_never_taken(machine: Machine) -> None:
    edit(machine, "source_profile = dev", "source_profile = mine")
    role = "arn:aws:iam::123456789012:role/Other"
    new = changed("profile ops", role_arn=role, source_profile="ops2", region="eu-west-1")
    new = {**new, "profile ops2": DEV}
    machine.apply(new)
    assert machine.values("profile ops") == {
        **OPS,
        "source_profile": "mine",
        "region": "eu-west-1",
    }
    decision = machine.apply(new, theirs=["profile ops"])  # now it is another source's role
    assert confirmed_apart(decision) == {
        ("profile ops", "role_arn"),
        ("profile ops", "source_profile"),
    }
    machine.apply(new, theirs=["profile ops"], accepted=["profile ops"])
    assert machine.values("profile ops") == new["profile ops"]


def test_a_profile_that_you_removed_does_not_come_back_unasked(machine: Machine) -> None:
    machine.config = machine.config[: machine.config.index("[profile ops]")]
    new = changed("profile ops", region="eu-west-1")
    (conflict,) = machine.apply(new).unanswered
    assert conflict.reason is Reason.REMOVED
    assert machine.values("profile ops") is None
    assert machine.apply(new, mine=["profile ops"]).complete
    assert machine.plan(new).up_to_date
    assert machine.apply(new, theirs=["profile ops"]).complete
    assert machine.values("profile ops") == new["profile ops"]


def test_a_profile_of_yours_is_never_taken_for_the_teams() -> None:
    mine = "[profile dev]\nrole_arn = arn:aws:iam::999999999999:role/Mine\nsource_profile = x\n"
    machine = Machine(mine)
    for _ in range(2):
        (conflict,) = machine.apply(TEAM).unanswered
        assert conflict.reason is Reason.PERSONAL
        assert machine.config.startswith(mine)
    machine.apply(TEAM, mine=["profile dev"])
    assert machine.plan(TEAM).up_to_date
    assert machine.state.sections.keys().isdisjoint({conflict.id})
    assert machine.apply(without("profile dev"), removed=["profile dev"]).complete
    assert machine.config.startswith(mine)


def test_a_lost_state_adopts_what_is_equal(machine: Machine) -> None:
    before, state = machine.config, machine.state
    machine.lose_state()
    assert machine.apply(TEAM).complete
    assert machine.config == before
    assert machine.state.sections == state.sections
    assert machine.apply(changed("profile dev", region="eu-west-2")).complete


def test_a_lost_state_adds_what_is_missing_again_unless_you_refuse(machine: Machine) -> None:
    machine.config = machine.config[: machine.config.index("[profile ops]")]
    machine.lose_state()
    assert {str(id) for id in machine.plan(TEAM).missing} == {"profile ops"}
    again = Machine(machine.config)
    assert again.apply(TEAM).complete
    assert again.values("profile ops") == OPS
    assert machine.apply(TEAM, mine=["profile ops"]).complete
    assert machine.values("profile ops") is None
    assert machine.plan(TEAM).up_to_date
    (conflict,) = machine.plan(changed("profile ops", region="eu-west-1")).conflicts
    assert conflict.reason is Reason.REMOVED


def test_a_lost_state_leaves_what_is_missing_for_later(machine: Machine) -> None:
    machine.config = machine.config[: machine.config.index("[profile ops]")]
    machine.lose_state()
    for _ in range(2):  # as two pulls would
        decision = machine.apply(TEAM, later=["profile ops"])
        assert [str(id) for id in decision.not_added] == ["profile ops"]
        assert not decision.complete
        assert machine.values("profile ops") is None
    refusing = replace(machine)
    assert machine.apply(TEAM).complete
    assert machine.values("profile ops") == OPS
    assert not machine.state.later
    assert refusing.apply(TEAM, mine=["profile ops"]).complete
    assert refusing.values("profile ops") is None
    assert refusing.plan(TEAM).up_to_date


def test_with_a_lost_state_what_the_team_removed_before_is_yours(machine: Machine) -> None:
    machine.apply(without("profile ops"))
    machine.lose_state()
    decision = machine.apply(without("profile ops"), removed=["profile ops"])
    assert decision.complete
    assert decision.plan.dropped == ()
    assert machine.values("profile ops") == OPS


SESSION = "[sso-session corp]\n" + "".join(f"{key} = {value}\n" for key, value in CORP.items())
SAME = SESSION + "[profile dev]\n" + "".join(f"{k} = {v}\n" for k, v in TEAM["profile dev"].items())


@pytest.mark.parametrize(
    "machine",
    [
        Machine(MINE),
        Machine(SESSION),
        Machine("[profile dev]\nregion = eu-west-1\n"),
        Machine(SAME, applied_others=True),
    ],
)
def test_a_first_apply_is_no_lost_state(machine: Machine) -> None:
    new = {**TEAM, "profile more": {"region": "eu-west-1"}}
    assert not machine.plan(new).missing
    machine.apply(new)
    assert machine.values("profile more") == new["profile more"]


def test_a_lost_state_overwrites_nothing_that_differs(machine: Machine) -> None:
    machine.lose_state()
    (conflict,) = machine.apply(changed("profile dev", region="eu-west-2")).unanswered
    assert conflict.reason is Reason.PERSONAL
    assert machine.values("profile dev") == TEAM["profile dev"]


def test_another_teams_profile_is_a_conflict(machine: Machine) -> None:
    managed = machine.state.sections
    machine.lose_state()
    plan = machine.plan(changed("profile dev", region="eu-west-2"), managed)
    assert [each.reason for each in plan.conflicts] == [Reason.OTHER_TEAM]


def test_what_the_team_removed_goes_only_if_you_agree(machine: Machine) -> None:
    left = without("profile ops")
    decision = machine.apply(left)
    assert [str(id) for id in decision.not_removed] == ["profile ops"]
    assert machine.values("profile ops") == OPS
    assert machine.apply(left, removed=["profile ops"]).complete
    assert machine.values("profile ops") is None
    assert machine.plan(left).up_to_date


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source_profile = dev", "source_profile = mine"),
        ("source_profile = dev", "source_profile = dev\noutput = text"),
        ("source_profile = dev", "# the source\nsource_profile = dev"),
    ],
)
def test_what_the_team_removed_stays_if_something_of_yours_is_in_it(
    machine: Machine, old: str, new: str
) -> None:
    edit(machine, old, new)
    before = machine.config
    left = without("profile ops")
    decision = machine.apply(left, removed=["profile ops"])
    assert decision.plan.dropped[0].yours
    assert machine.config == before
    assert machine.plan(left).dropped == ()


def test_what_the_team_removed_stays_while_a_profile_of_yours_builds_on_it(
    machine: Machine,
) -> None:
    own = "[profile own]\nrole_arn = arn:aws:iam::123456789012:role/X\nsource_profile = ops\n"
    machine.config += own
    left = without("profile ops")
    decision = machine.apply(left, removed=["profile ops"])
    assert decision.plan.dropped[0].stays == "own needs it"
    assert machine.values("profile ops") == OPS
    machine.config = machine.config.replace(own, "")
    assert machine.apply(left, removed=["profile ops"]).complete
    assert machine.values("profile ops") is None


def test_a_renamed_session_takes_its_profiles_along(machine: Machine) -> None:
    renamed = {
        "sso-session new": CORP,
        "profile dev": {**TEAM["profile dev"], "sso_session": "new"},
        "profile ops": OPS,
    }
    decision = machine.apply(renamed, removed=["sso-session corp"])
    assert decision.complete, decision.plan.dropped
    assert machine.values("sso-session corp") is None
    assert machine.values("profile dev") == renamed["profile dev"]


SENSITIVE = {
    "credential_process": "/opt/creds",
    "mfa_process": "/opt/mfa",
    "endpoint_url": "https://example.com",
    "ca_bundle": "/opt/ca.pem",
    "services": "x",
    "cli_pager": "/opt/pager",
    "ignore_configured_endpoint_urls": "true",
    "proxy_ca_bundle": "/opt/ca.pem",
    "proxy_client_cert": "/opt/client.pem",
    "proxy_use_forwarding_for_https": "true",
    "ec2_metadata_service_endpoint": "http://localhost:1338",
    "csm_host": "example.com",
    "data_path": "/opt/models",
    "web_identity_token_file": "/opt/token",
}


@pytest.mark.parametrize(("key", "value"), SENSITIVE.items())
def test_what_runs_or_redirects_is_confirmed_each_time_it_changes(
    machine: Machine, key: str, value: str
) -> None:
    plain = {"region": "eu-west-1"}
    assert machine.apply({**TEAM, "profile plain": plain}).complete
    new = {**TEAM, "profile plain": {"region": "eu-west-2", key: value}}
    decision = machine.apply(new)
    assert confirmed_apart(decision) == {("profile plain", key)}
    assert machine.values("profile plain") == plain
    assert machine.apply(new, accepted=["profile plain"]).complete
    assert machine.values("profile plain") == new["profile plain"]
    assert machine.plan(new).up_to_date
    other = {**TEAM, "profile plain": {"region": "eu-west-2", key: f"{value}2"}}
    assert confirmed_apart(machine.apply(other)) == {("profile plain", key)}
    assert machine.values("profile plain") == new["profile plain"]


def test_another_account_is_confirmed_and_a_new_profile_of_a_new_account_is_not(
    machine: Machine,
) -> None:
    new = changed("profile dev", sso_account_id="210987654321")
    assert confirmed_apart(machine.apply(new)) == {("profile dev", "sso_account_id")}
    role = "arn:aws:iam::210987654321:role/Ops"
    moved = changed("profile ops", role_arn=role)
    assert confirmed_apart(machine.apply(moved)) == {("profile ops", "role_arn")}
    same = changed("profile ops", role_arn="arn:aws:iam::123456789012:role/Renamed")
    assert machine.apply(same).complete
    added = {**same, "profile two": {**DEV, "sso_account_id": "210987654321"}}
    assert machine.apply(added).complete


def test_another_account_is_confirmed_if_another_key_names_it(machine: Machine) -> None:
    base = {**TEAM, "profile base": DEV, "profile plain": {"region": "eu-west-1"}}
    assert machine.apply(base).complete
    role = {"role_arn": "arn:aws:iam::210987654321:role/X", "source_profile": "base"}
    for name in ("dev", "plain"):
        new = {**base, f"profile {name}": role}
        assert (f"profile {name}", "role_arn") in confirmed_apart(machine.apply(new))
        assert machine.values(f"profile {name}") == base[f"profile {name}"]
    same = {**role, "role_arn": "arn:aws:iam::123456789012:role/X"}
    assert machine.apply({**base, "profile dev": same}).complete


BASE = {
    **TEAM,
    "profile base": {**DEV, "sso_account_id": "222222222222"},
    "profile two": {
        "role_arn": "arn:aws:iam::123456789012:role/Two",
        "source_profile": "dev",
        "sso_session": "corp",
        "sso_account_id": "210987654321",
        "sso_role_name": "Dev",
    },
    "profile loose": {"credential_process": "/opt/creds", "region": "eu-west-1"},
}


@pytest.mark.parametrize(
    ("title", "values"),
    [
        ("profile two", {"role_arn": None, "source_profile": None}),
        ("profile two", {"source_profile": "base"}),
        ("profile two", {"web_identity_token_file": "/opt/token"}),
        ("profile ops", {"source_profile": None, "credential_source": "Environment"}),
        ("profile ops", {"role_arn": None, "source_profile": None, "region": "eu-west-1"}),
        ("profile loose", {"credential_process": None}),
        ("profile loose", {"credential_process": None, "login_session": "x"}),
    ],
)
def test_a_profile_that_becomes_somebody_else_by_any_key_is_confirmed(
    title: str, values: dict[str, str | None]
) -> None:
    machine = Machine()
    assert machine.apply(BASE, accepted=["profile loose"]).complete
    changes = {**BASE[title], **values}
    new = {**BASE, title: {key: text for key, text in changes.items() if text is not None}}
    assert {name for name, _ in confirmed_apart(machine.apply(new))} == {title}
    assert machine.values(title) == BASE[title]
    assert machine.apply(new, accepted=[title]).complete
    assert machine.values(title) == new[title]


def role_in(account: str, source: str) -> dict[str, str]:
    return {"role_arn": f"arn:aws:iam::{account}:role/R", "source_profile": source}


def in_account(account: str) -> dict[str, str]:
    return {**DEV, "sso_account_id": account}


ONE, TWO = "111111111111", "222222222222"
APP = SectionId.profile("app")
CHAIN = {
    "sso-session corp": CORP,
    "profile hub": in_account(ONE),
    "profile prod": in_account(TWO),
    "profile mid": role_in(TWO, "hub"),
    "profile app": role_in(ONE, "prod"),
    "profile top": role_in(ONE, "mid"),
}


@pytest.mark.parametrize(
    ("title", "values", "key"),
    [
        ("profile app", role_in(TWO, "hub"), "role_arn"),
        ("profile top", role_in(TWO, "mid"), "role_arn"),
        ("profile top", role_in(ONE, "hub"), "source_profile"),
        ("profile mid", role_in(ONE, "hub"), "role_arn"),
    ],
)
def test_another_order_of_the_accounts_is_another_identity(
    title: str, values: dict[str, str], key: str
) -> None:
    machine = Machine()
    assert machine.apply(CHAIN).complete
    new = {**CHAIN, title: values}
    assert (title, key) in confirmed_apart(machine.apply(new))
    assert machine.values(title) == CHAIN[title]
    assert machine.apply(new, accepted=[title]).complete


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (role_in(ONE, "me"), role_in(TWO, "me")),
        (role_in(ONE, "me"), role_in(ONE, "somebody")),
        ({**in_account(ONE), "sso_session": "mine"}, {**in_account(TWO), "sso_session": "mine"}),
        ({**DEV, "sso_session": "mine"}, {**DEV, "sso_session": "yours"}),
        ({"sso_session": "mine"}, {"sso_session": "yours"}),
    ],
)
def test_another_identity_is_confirmed_before_its_source_is_there(
    before: dict[str, str], after: dict[str, str]
) -> None:
    machine = Machine()
    assert machine.apply({"profile app": before}).complete
    assert confirmed_apart(machine.apply({"profile app": after}))
    assert machine.values("profile app") == before
    assert machine.apply({"profile app": {**before, "region": "eu-west-1"}}).complete


def test_a_profile_that_stays_who_it_is_by_other_keys_is_not_asked_about(
    machine: Machine,
) -> None:
    assert machine.apply({**TEAM, "sso-session same": CORP}).complete
    turned = changed("profile dev", sso_session="same", sso_role_name="Ops")
    assert machine.apply({**turned, "sso-session same": CORP}).complete
    assert machine.values("profile dev") == turned["profile dev"]


def test_the_account_as_a_note_needs_no_confirmation(machine: Machine) -> None:
    plain = {"region": "eu-west-1"}
    assert machine.apply({**TEAM, "profile plain": plain}).complete
    noted = {**plain, "aws_account_id": "210987654321"}
    assert machine.apply({**TEAM, "profile plain": noted}).complete


URL = "https://two.awsapps.com/start"


def test_a_profile_does_not_move_to_a_session_that_is_held_back() -> None:
    machine = Machine()
    old = {**TEAM, "sso-session two": {**CORP, "sso_start_url": URL}}
    assert machine.apply(old).complete
    new = {**TEAM, "sso-session two": CORP, "profile dev": {**DEV, "sso_session": "two"}}
    decision = machine.decide(new)
    assert confirmed_apart(decision) == {
        ("sso-session two", "sso_start_url"),
        ("profile dev", "sso_session"),
    }
    decision = machine.apply(new, accepted=["profile dev"])  # half of it is not enough
    assert decision.left_out.keys() == {SectionId.profile("dev")}
    assert not decision.unwritable
    assert machine.values("profile dev") == old["profile dev"]
    assert machine.apply(new, accepted=["sso-session two"]).complete
    assert machine.values("profile dev") == new["profile dev"]


@pytest.mark.parametrize("between", [None, ONE])
def test_a_profile_does_not_move_onto_a_source_that_is_held_back(between: str | None) -> None:
    source = "mid" if between else "high"
    old = {
        "sso-session corp": CORP,
        "profile low": in_account(ONE),
        "profile high": in_account(TWO),
        **({"profile mid": role_in(between, "high")} if between else {}),
        "profile app": role_in(ONE, "low"),
    }
    machine = Machine()
    assert machine.apply(old).complete
    new = {**old, "profile high": in_account(ONE), "profile app": role_in(ONE, source)}
    asked = confirmed_apart(machine.apply(new))
    assert asked == {("profile high", "sso_account_id"), ("profile app", "source_profile")}
    decision = machine.apply(new, accepted=["profile app"])
    assert "profile high, which it refers to, does not change yet" in decision.left_out[APP]
    assert machine.values("profile app") == old["profile app"]
    assert machine.apply(new, accepted=["profile high"]).complete
    assert machine.values("profile app") == new["profile app"]


def test_another_start_url_is_confirmed(machine: Machine) -> None:
    url = "https://evil.awsapps.com/start"
    new = changed("sso-session corp", sso_start_url=url)
    assert confirmed_apart(machine.apply(new)) == {("sso-session corp", "sso_start_url")}
    assert machine.values("sso-session corp") == CORP
    added = {**TEAM, "sso-session more": {**CORP, "sso_start_url": url}}
    turned = {**added, "profile dev": {**TEAM["profile dev"], "sso_session": "more"}}
    decision = machine.apply(turned)
    assert confirmed_apart(decision) == {
        ("sso-session more", "sso_start_url"),
        ("profile dev", "sso_session"),
    }
    assert machine.values("profile dev") == TEAM["profile dev"]
    names = ["sso-session more", "profile dev"]
    assert machine.apply(turned, accepted=names).complete
    assert machine.values("profile dev") == turned["profile dev"]


def test_what_builds_on_something_that_waits_waits_too(machine: Machine) -> None:
    process = {"credential_process": "/opt/creds"}
    new = {**TEAM, "profile base": process, "profile top": {**OPS, "source_profile": "base"}}
    decision = machine.apply(new)
    assert [str(id) for id in decision.left_out] == ["profile top"]
    assert not decision.unwritable  # an answer about its source is enough
    assert machine.values("profile top") is None
    assert machine.apply(new, accepted=["profile base"]).complete
    assert machine.values("profile top") == new["profile top"]


def test_your_own_profile_does_not_become_somebody_else_unasked(machine: Machine) -> None:
    machine.config += (
        "[profile own]\nrole_arn = arn:aws:iam::123456789012:role/X\nsource_profile = ops\n"
    )
    new = changed("profile ops", role_arn="arn:aws:iam::123456789012:role/Other")
    decision = machine.apply(new)
    (asked,) = decision.confirmations
    assert "own is arn:aws:iam::123456789012:role/X" in asked.harm
    assert machine.values("profile ops") == OPS
    assert machine.apply(new, accepted=["profile ops"]).complete
    assert machine.values("profile ops") == new["profile ops"]


def test_what_your_own_profile_does_not_build_on_is_taken(machine: Machine) -> None:
    machine.config += (
        "[profile own]\nrole_arn = arn:aws:iam::123456789012:role/X\nsource_profile = ops\n"
    )
    moved = changed("profile ops", role_arn="arn:aws:iam::123456789012:role/Other")
    new = {**moved, "profile dev": {**DEV, "region": "eu-west-2"}, "profile more": DEV}
    decision = machine.apply(new)
    assert [str(id) for each in decision.confirmations for id in each.sections] == ["profile ops"]
    assert machine.values("profile dev") == new["profile dev"]
    assert machine.values("profile more") == DEV


def test_a_confirmed_value_does_not_confirm_what_becomes_of_your_own_profile(
    machine: Machine,
) -> None:
    machine.config += (
        "[profile own]\nrole_arn = arn:aws:iam::123456789012:role/X\nsource_profile = ops\n"
    )
    new = changed("profile ops", role_arn="arn:aws:iam::210987654321:role/Ops")
    assert confirmed_apart(machine.decide(new)) == {("profile ops", "role_arn")}
    (asked,) = machine.decide(new, accepted_keys=["profile ops"]).confirmations
    assert asked.harm.startswith("own is ")
    assert machine.decide(new, accepted=["profile ops"]).complete


def test_your_own_profile_of_the_teams_session_does_not_move_unasked(machine: Machine) -> None:
    machine.config += "[profile own]\n" + "".join(f"{k} = {v}\n" for k, v in DEV.items())
    new = changed("sso-session corp", sso_region="us-east-1")
    decision = machine.apply(new)
    assert [each.sections for each in decision.confirmations if each.harm]
    assert machine.values("sso-session corp") == CORP
    assert machine.apply(new, accepted=["sso-session corp"]).complete


def test_a_key_in_the_credentials_file_is_changed_there_too(machine: Machine) -> None:
    machine.credentials = "[dev]\nregion = eu-west-1\n"
    assert machine.apply(changed("profile dev", region="eu-west-2")).complete
    assert machine.values("profile dev") == {**DEV, "region": "eu-west-2"}
    assert machine.apply(changed("profile dev", region=None)).complete
    assert machine.values("profile dev") == DEV


def test_keys_that_take_precedence_keep_a_change_out_and_the_rest_is_taken() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    keys = f"[legacy]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {secret}\n"
    machine = Machine(credentials=keys)
    team = {**TEAM, "profile legacy": {"credential_process": "/opt/creds"}}
    names = ["profile legacy"]
    decision = machine.apply(team, theirs=names, accepted=names)
    (why,) = decision.unwritable.values()
    assert "aws_access_key_id" in why
    assert secret not in why
    assert machine.credentials == keys
    assert machine.values("profile dev") == TEAM["profile dev"]
