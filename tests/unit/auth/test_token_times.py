"""Tokens that other programs wrote into the shared cache are read as they meant them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from botocore.tokens import SSOTokenProvider
from botocore.utils import JSONFileCache

from awsprof.auth.identity_center import token_cache
from awsprof.auth.time_left_text import TimeLeftText
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)


@pytest.fixture
def session(home: Path) -> SsoSession:
    """A session of the config."""
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
        "[profile p]\nsso_session = corp\n"
    )
    return Catalog.load().session("corp")


def write(session: SsoSession, data: object) -> None:
    path = token_cache.token_path(session)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    "text",
    [
        f"{SOON:%Y-%m-%dT%H:%M:%SZ}",
        f"{SOON:%Y-%m-%dT%H:%M:%S}.000Z",
        f"{SOON:%Y-%m-%dT%H:%M:%S}.123456Z",
        f"{SOON:%Y-%m-%dT%H:%M:%S}UTC",
        f"{SOON:%Y-%m-%dT%H:%M:%S}+00:00",
        (SOON + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00"),
    ],
    ids=lambda _: "form",  # no time in a test's name: each worker has its own
)
def test_every_way_to_write_a_time_is_read_as_botocore_reads_it(
    session: SsoSession, text: str
) -> None:
    write(session, {"accessToken": "made-up", "expiresAt": text})
    token = token_cache.live_token(session)
    assert token is not None
    assert token.expires.replace(microsecond=0) == SOON
    assert token_cache.time_left(session) in {"for 2 h", "for 3 h"}
    cache = JSONFileCache(working_dir=str(token_cache.token_path(session).parent))
    loaded = SSOTokenProvider(Session(profile="p"), cache=cache).load_token()
    assert loaded.get_frozen_token().expiration.replace(microsecond=0) == SOON


GOOD: dict[str, Any] = {"accessToken": "made-up", "expiresAt": f"{SOON:%Y-%m-%dT%H:%M:%SZ}"}


@pytest.mark.parametrize(
    "data",
    [
        {**GOOD, "accessToken": None},
        {**GOOD, "accessToken": 1},
        {**GOOD, "accessToken": ""},
        {**GOOD, "expiresAt": 1700000000},
        {**GOOD, "expiresAt": None},
        {**GOOD, "expiresAt": "soon"},
        {"expiresAt": GOOD["expiresAt"]},
        {"accessToken": "made-up"},
        "made-up",
        None,
        [],
    ],
    ids=lambda _: "data",
)
def test_half_a_token_is_none(session: SsoSession, data: object) -> None:
    write(session, data)
    assert token_cache.load_token(session) is None
    assert token_cache.time_left(session) == "signed out"


def test_bytes_that_are_no_text_are_no_token(session: SsoSession) -> None:
    path = token_cache.token_path(session)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe{}")
    assert token_cache.load_token(session) is None


def test_a_token_can_be_renewed_only_with_a_refresh_token(session: SsoSession) -> None:
    for more, renewable in (({}, False), ({"refreshToken": "made-up"}, True)):
        write(session, {**GOOD, **more})
        token = token_cache.load_token(session)
        assert token is not None
        assert token.renewable is renewable
        assert "made-up" not in repr(token)


def test_what_is_written_is_for_its_owner_alone(session: SsoSession) -> None:
    token_cache.save_token(session, GOOD)
    path = token_cache.token_path(session)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text()) == GOOD


def test_the_token_that_many_profiles_share_is_read_once(
    session: SsoSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session, {"accessToken": "made-up", "expiresAt": f"{SOON:%Y-%m-%dT%H:%M:%SZ}"})
    read: list[Path] = []
    load = token_cache.load_token_at

    def counted(path: Path) -> token_cache.Token | None:
        read.append(path)
        return load(path)

    monkeypatch.setattr(token_cache, "load_token_at", counted)
    config = Path.home() / ".aws" / "config"
    with config.open("a") as file:
        file.write("[profile q]\nsso_session = corp\n[profile alone]\nregion = eu-west-1\n")
    catalog = Catalog.load()
    remaining = TimeLeftText(catalog)
    left = [remaining.of(profile) for profile in catalog.profiles.values()]
    assert left == [token_cache.time_left(session)] * 2 + [""]
    assert len(read) == 2  # one of them for the line above
    token_cache.remove_token(token_cache.token_path(session))
    assert TimeLeftText(catalog).of(catalog.get("p")) == "signed out"


@pytest.mark.parametrize(
    "text", [f"{SOON:%Y-%m-%dT%H:%M:%S}", f"{SOON:%Y-%m-%d}"], ids=["a time", "a day"]
)
def test_a_time_without_its_zone_is_no_token_as_boto3_stops_at_it(
    session: SsoSession, text: str
) -> None:
    write(session, {"accessToken": "made-up", "expiresAt": text})
    cache = JSONFileCache(working_dir=str(token_cache.token_path(session).parent))
    with pytest.raises(TypeError):
        SSOTokenProvider(Session(profile="p"), cache=cache).load_token().get_frozen_token()
    assert token_cache.load_token(session) is None
