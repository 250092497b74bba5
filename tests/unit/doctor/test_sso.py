"""Checks of IAM Identity Center: profiles, sessions, and the tokens in the AWS CLI's cache."""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awsprof.auth.identity_center import token_cache
from awsprof.profiles.catalog import Catalog
from tests.unit.doctor.conftest import Visit

URL = "https://my-corp.awsapps.com/start"
PLACE = f"sso_start_url = {URL}\nsso_region = eu-west-1\n"
SCOPES = "sso_registration_scopes = sso:account:access\n"
CORP = f"[sso-session corp]\n{PLACE}{SCOPES}"
PARTS = "sso_account_id = 123456789012\nsso_role_name = R\n"
A = "[profile a]\n"
ON = f"{A}sso_session = corp\n{PARTS}"

# The check, the config file, whose it is and where, and what it says.
FIRES = [
    (
        "sso-session-undefined",
        f"{CORP}{A}sso_session = crop\n{PARTS}",
        "a",
        6,
        "Did you mean corp?",
    ),
    (
        "sso-session-undefined",
        f"{A}sso_session = x\n{PARTS}",
        "a",
        2,
        "x names no existing sso-session.",
    ),
    (
        "sso-fields-missing",
        f"{ON}[sso-session corp]\nsso_region = x\n",
        None,
        5,
        "corp: sso_start_url is missing",
    ),
    (
        "sso-fields-missing",
        f"{CORP}{A}sso_session = corp\nsso_role_name = R\n",
        "a",
        7,
        "but sso_account_id is missing",
    ),
    (
        "sso-fields-missing",
        f"{A}sso_start_url = {URL}\n{PARTS}",
        "a",
        3,
        "sso_region is missing",
    ),
    (
        "sso-conflict",
        f"{CORP}{ON}sso_region = us-east-1\n",
        "a",
        9,
        "sso_region is us-east-1 here, but eu-west-1 in its sso-session corp",
    ),
    ("sso-legacy", f"{A}{PLACE}{PARTS}", "a", 2, "no SDK refreshes its sign-in"),
    ("sso-no-scopes", f"[sso-session corp]\n{PLACE}", None, 1, "corp: it has no sso_registration"),
    ("sso-token-expired", f"{CORP}{ON}", None, 1, "corp: you have not signed in yet."),
    ("sso-no-role", f"{CORP}{A}sso_session = corp\n", "a", 6, "neither sso_account_id nor"),
    ("login-needs-crt", f"{A}login_session = x\n", "a", 2, "AWS Common Runtime"),
]


@pytest.mark.parametrize(("id", "text", "profile", "line", "says"), FIRES)
def test_it_fires_where_the_fault_is(
    visit: Visit,
    id: str,
    text: str,
    profile: str | None,
    line: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "awscrt", None)  # as where nobody has installed it
    visit.config(text)
    (finding,) = visit.found(id)
    assert says in finding.fault.message
    assert (finding.profile, str(finding.fault.origin)) == (profile, f"~/.aws/config:{line}")
    assert finding.fault.fix


QUIET = [
    *((id, f"{CORP}{ON}") for id in sorted({id for id, *_ in FIRES} - {"sso-token-expired"})),
    ("sso-session-undefined", f"{A}region = eu-west-1\n"),
    ("sso-fields-missing", f"{A}{PLACE}{PARTS}"),
    ("sso-fields-missing", f"{CORP}{A}sso_session = corp\n"),  # that is sso-no-role
    ("sso-conflict", f"{CORP}{ON}sso_region = eu-west-1\n"),
    ("sso-token-expired", CORP),  # nobody uses it
    ("sso-no-role", f"{A}{PLACE}{PARTS}"),
]


@pytest.mark.parametrize(("id", "text"), QUIET)
def test_it_is_quiet_where_all_is_well(visit: Visit, id: str, text: str) -> None:
    visit.config(text)
    assert visit.found(id) == []


def test_legacy_profiles_share_a_session_for_each_url_and_region(visit: Visit) -> None:
    other = PLACE.replace("eu-west-1", "us-east-1")
    visit.config(
        f"# mine\n{A}{PLACE}{PARTS}\n[profile b]\n{PARTS}{PLACE}# kept\noutput=json\n"
        f"\n[profile c]\n{other}{PARTS}"
    )
    config, _ = visit.repaired("sso-legacy")
    made = f"{SCOPES}sso_start_url"
    assert config.decode() == (
        f"# mine\n{A}{PARTS}sso_session = my-corp\n\n"
        f"[profile b]\n{PARTS}# kept\noutput=json\nsso_session = my-corp\n\n"
        f"[profile c]\n{PARTS}sso_session = my-corp-2\n\n"
        f"[sso-session my-corp]\n{PLACE}{SCOPES}\n[sso-session my-corp-2]\n{other}{SCOPES}"
    )
    assert made not in config.decode()
    assert visit.found("sso-legacy") == []


def test_a_legacy_profile_joins_the_session_that_is_there(visit: Visit) -> None:
    visit.config(f"{CORP}{A}{PLACE}{PARTS}")
    config, _ = visit.repaired("sso-legacy")
    assert config.decode() == f"{CORP}{A}{PARTS}sso_session = corp\n"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://start.us-gov-home.awsapps.com/directory/d-9267/", "d-9267"),
        ("https://Login.Example.com", "login"),
        ("https://[x", "sso"),
        ("nothing at all", "sso"),
    ],
)
def test_a_session_is_named_by_its_url(visit: Visit, url: str, name: str) -> None:
    visit.config(f"{A}sso_start_url = {url}\nsso_region = eu-west-1\n{PARTS}")
    visit.repaired("sso-legacy")
    assert list(Catalog.load().sessions) == [name]


def test_a_legacy_profile_without_a_region_needs_a_person(visit: Visit) -> None:
    visit.config(f"{A}sso_start_url = {URL}\n{PARTS}")
    assert visit.found("sso-legacy") == []
    (finding,) = visit.found("sso-fields-missing")
    assert finding.fault.repair is None


def test_scopes_are_set(visit: Visit) -> None:
    visit.config(f"# mine\n[sso-session corp]\n{PLACE}{ON}")
    config, _ = visit.repaired("sso-no-scopes")
    assert config.decode() == f"# mine\n{CORP}{ON}"
    assert visit.found("sso-no-scopes") == []


def cached(visit: Visit, **more: Any) -> None:
    """Put a token of the session corp into the cache: good for an hour, and renewable."""
    visit.config(f"{CORP}{ON}")
    path = token_cache.token_path(Catalog.load().session("corp"))
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "startUrl": URL,
        "region": "eu-west-1",
        "accessToken": "t",
        "expiresAt": in_hours(visit.now, 1),
        "refreshToken": "r",
        "registrationExpiresAt": in_hours(visit.now, 100),
        **more,
    }
    path.write_text(json.dumps({k: v for k, v in data.items() if v is not None}))


def in_hours(now: datetime, hours: int) -> str:
    return token_cache.format_time(now + timedelta(hours=hours))


PAST = -2
TOKENS = ("sso-token-expired", "sso-token-mismatch", "sso-registration-expired")


@pytest.mark.parametrize(
    ("ends", "registered", "more", "told"),
    [
        (1, 100, {}, []),
        (PAST, 100, {}, []),  # renewed without anybody
        (PAST, PAST, {}, ["sso-token-expired"]),
        (PAST, None, {}, ["sso-token-expired"]),
        (PAST, 100, {"refreshToken": None}, ["sso-token-expired"]),
        (1, PAST, {}, ["sso-registration-expired"]),
        (1, PAST, {"refreshToken": None}, []),  # it would not be renewed in any case
        (1, 100, {"startUrl": "https://other.awsapps.com/start"}, ["sso-token-mismatch"]),
        (1, 100, {"region": "us-east-1"}, ["sso-token-mismatch"]),
        (1, 100, {"startUrl": f"{URL}/#/"}, []),
        (1, 100, {"expiresAt": 7, "region": 7}, ["sso-token-expired"]),
    ],
)
def test_tokens(
    visit: Visit, ends: int, registered: int | None, more: dict[str, Any], told: list[str]
) -> None:
    until = None if registered is None else in_hours(visit.now, registered)
    cached(
        visit, **{"expiresAt": in_hours(visit.now, ends), "registrationExpiresAt": until, **more}
    )
    found = [finding for id in TOKENS for finding in visit.found(id)]
    assert [finding.id for finding in found] == told
    for finding in found:
        assert finding.fault.fix == "awsprof login --session corp"
        assert str(finding.fault.origin) == "~/.aws/config:1"


def test_the_runtime_that_is_there_is_nothing_to_tell(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "awscrt.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    visit.config(f"{A}login_session = x\n")
    assert visit.found("login-needs-crt") == []


def test_a_sign_in_that_ended_names_all_who_wait_for_it(visit: Visit) -> None:
    role = (
        f"{A.replace('a]', 'z]')}role_arn = arn:aws:iam::123456789012:role/R\nsource_profile = a\n"
    )
    visit.config(f"{CORP}{ON}{role}[profile other]\nregion = eu-west-1\n")
    (finding,) = visit.found("sso-token-expired")
    assert finding.fault.affects == ("a", "z")
    assert finding.message.endswith("2 profiles depend on it: a, z.")


def test_a_session_that_a_role_does_not_need_is_taken_out(visit: Visit) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/R\nsource_profile = b\n"
    visit.config(f"{A}{role}sso_session = gone\n[profile b]\n")
    (finding,) = visit.found("sso-session-undefined")
    assert finding.fix == "awsprof unset a sso_session"
    assert visit.found("sso-no-role") == []  # its credentials are those of the role


@pytest.mark.parametrize(
    ("more", "fix"),
    [
        (
            "[DEFAULT]\noutput = json\n",
            "[DEFAULT] leaks into every profile (use [default]): fix it",
        ),
        (
            "[sso-session y]\nsso_role_name = Other\n" + PLACE,
            "SDKs stop where the two differ: remove sso_role_name",
        ),
    ],
)
def test_a_sign_in_of_its_own_is_told_where_its_repair_is_refused(
    more: str, fix: str, visit: Visit
) -> None:
    visit.config(f"{A}{PLACE}{PARTS}{more}")
    (finding,) = visit.found("sso-legacy")
    assert not finding.auto_fixable
    assert fix in finding.fix


def test_no_profile_joins_a_session_that_contradicts_it_once_merged(visit: Visit) -> None:
    again = f"[sso-session corp]\nsso_start_url = {URL}\ncredential_process = x\n"
    visit.config(f"{again}{A}{PLACE}{PARTS}credential_process = y\n{CORP}")
    (finding,) = visit.found("sso-legacy")
    assert not finding.auto_fixable
    assert "remove credential_process from the sso-session (~/.aws/config:3)" in finding.fix
