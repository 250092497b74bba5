"""Signing in by device code, the cache shared with the AWS CLI, and the access portal."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.session import Session
from botocore.tokens import SSOTokenProvider
from botocore.utils import JSONFileCache

from awsprof import locks, paths
from awsprof.auth.identity_center import device_flow, login, token_cache
from awsprof.auth.identity_center.portal import Portal
from awsprof.awsapi import botocore_sessions
from awsprof.errors import AwsprofError, InteractionRequired, LockTimeout
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession
from tests.standins.aws import Aws
from tests.standins.prompter import FakePrompter


@pytest.fixture
def session(aws: Aws, home: Path) -> SsoSession:
    """A session whose sign-in the stand-in approves at once."""
    aws.approve_at_once = True
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        "[profile p]\nsso_session = corp\n"
    )
    return Catalog.load().session("corp")


def test_a_person_is_shown_where_to_go_and_the_code(session: SsoSession, aws: Aws) -> None:
    person = FakePrompter()
    token = device_flow.sign_in_by_device_code(session, person)
    assert f"{aws.url}/device" in person.shown[0]
    assert "ABCD-EFGH" in person.shown[0]
    assert token.expires > datetime.now(UTC) + timedelta(hours=7)


def test_botocore_and_the_aws_cli_find_the_token(session: SsoSession, home: Path) -> None:
    token = device_flow.sign_in_by_device_code(session, FakePrompter())
    path = token_cache.token_path(session)
    assert path.parent == home / ".aws" / "sso" / "cache"
    assert path.stat().st_mode & 0o777 == 0o600
    cache = JSONFileCache(working_dir=str(path.parent))
    loaded = SSOTokenProvider(Session(profile="p"), cache=cache).load_token()
    assert loaded.get_frozen_token().token == token.access.reveal()


def test_the_token_is_waited_for_until_somebody_approves(session: SsoSession, aws: Aws) -> None:
    aws.approve_at_once = False

    class Approving(FakePrompter):
        def show(self, message: str) -> None:
            super().show(message)
            aws.approve()

    device_flow.sign_in_by_device_code(session, Approving())
    assert aws.calls.count("/token") == 1


def test_a_refusal_in_the_browser_ends_it(session: SsoSession, aws: Aws) -> None:
    aws.approve_at_once = False

    class Refusing(FakePrompter):
        def show(self, message: str) -> None:
            aws.device_codes = dict.fromkeys(aws.device_codes, False)

    with pytest.raises(InteractionRequired, match="refused in the browser") as error:
        device_flow.sign_in_by_device_code(session, Refusing())
    assert error.value.fix == "awsprof login --session corp"


def test_half_a_file_is_no_token(session: SsoSession) -> None:
    path = token_cache.token_path(session)
    path.parent.mkdir(parents=True)
    for text in ("", "{", '{"accessToken": "x"}', "[]", '{"accessToken": 1, "expiresAt": "x"}'):
        path.write_text(text)
        assert token_cache.load_token(session) is None
    assert token_cache.time_left(session) == "signed out"


def test_a_token_that_expired_is_none(session: SsoSession) -> None:
    past = token_cache.format_time(datetime.now(UTC) - timedelta(seconds=1))
    token_cache.save_token(session, {"accessToken": "x", "expiresAt": past})
    assert token_cache.load_token(session) is not None
    assert token_cache.live_token(session) is None
    soon = token_cache.format_time(datetime.now(UTC) + timedelta(minutes=61))
    token_cache.save_token(session, {"accessToken": "x", "expiresAt": soon})
    assert token_cache.time_left(session) in {"for 60 min", "for 61 min"}


def test_every_page_of_accounts_and_roles_is_read(session: SsoSession, aws: Aws) -> None:
    for number in range(5):
        roles = tuple(f"Role{i}" for i in range(5))
        aws.accounts[f"{number:012}"] = (f"Account {number}", roles)
    token = device_flow.sign_in_by_device_code(session, FakePrompter())
    found = Portal(session, token).accounts()
    assert [account.name for account in found] == [f"Account {i}" for i in range(5)]
    assert Portal(session, token).roles(found[0].id) == tuple(f"Role{i}" for i in range(5))


def test_a_token_that_was_revoked_says_sign_in_again(session: SsoSession, aws: Aws) -> None:
    token = device_flow.sign_in_by_device_code(session, FakePrompter())
    aws.tokens.clear()
    with pytest.raises(AwsprofError, match="has ended") as error:
        Portal(session, token).accounts()
    assert error.value.fix == "awsprof login --session corp"


def test_the_file_is_the_aws_cli_s_own(session: SsoSession) -> None:
    device_flow.sign_in_by_device_code(session, FakePrompter())
    data = json.loads(token_cache.token_path(session).read_text())
    assert {"startUrl", "region", "accessToken", "expiresAt", "clientId", "clientSecret"} <= set(
        data
    )
    assert data["startUrl"] == session.start_url


@pytest.mark.parametrize(
    ("flag", "hosts"),
    [
        ("use_fips_endpoint", ("oidc-fips.us-gov-west-1.", "portal.sso-fips.us-gov-west-1.")),
        ("use_dualstack_endpoint", (".api.aws", ".api.aws")),
    ],
)
def test_the_flags_of_a_profile_count_for_signing_in_too(
    home: Path, flag: str, hosts: tuple[str, str]
) -> None:
    session = "[sso-session c]\nsso_start_url = https://x.awsapps.com/start\n"
    text = f"{session}sso_region = us-gov-west-1\n[profile p]\nsso_session = c\n{flag} = true\n"
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(text)
    for found in (Catalog.load().session("c"), Catalog.load().chain("p").session):
        assert found is not None
        for service, host in zip(("sso-oidc", "sso"), hosts, strict=True):
            client = botocore_sessions.make_client(
                botocore_sessions.sso_botocore_session(found), service, None, found.region
            )
            assert host in client.meta.endpoint_url


def test_two_sessions_on_one_url_are_two_people(session: SsoSession, aws: Aws, home: Path) -> None:
    config = home / ".aws" / "config"
    text = config.read_text()
    config.write_text(text + text.split("[profile p]")[0].replace("corp", "other"))
    first = device_flow.sign_in_by_device_code(session, FakePrompter())
    second = device_flow.sign_in_by_device_code(Catalog.load().session("other"), FakePrompter())
    assert token_cache.load_token(session) == first
    assert first.access != second.access


def test_who_waits_for_another_sign_in_is_told(
    session: SsoSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_TELL_AFTER_S", 0)
    monkeypatch.setattr(login, "_LIMIT", 0.2)
    path = paths.locks_dir() / f"sso-entry-{token_cache.token_path(session).stem}.lock"
    person = FakePrompter()
    with locks.hold_lock(path, purpose="signing in to corp"), pytest.raises(LockTimeout):
        login.sign_in(session, person)
    assert "Waiting for another awsprof" in person.shown[0]
    assert "signing in to corp" in person.shown[0]
