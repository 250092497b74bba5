"""The fast path finds what the rest of awsprof keeps, and never an answer to former files."""

import os
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.auth import fast_path
from awsprof.auth.identity_center import token_cache
from awsprof.profiles.catalog import Catalog
from awsprof.vault import kernel_keyring
from awsprof.vault.session_cache import SessionCache
from tests.requirements import need_kernel_keyring

ANSWER = b'{"Version": 1}'
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's keyring is Linux's")


@pytest.fixture
def config(home: Path) -> Path:
    """A config file whose question has an answer in the kernel's keyring."""
    need_kernel_keyring()
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text("[profile base]\nregion = eu-west-1\n")
    keep(["base"])
    return config


def keep(arguments: list[str], *, needs_person: bool = True) -> None:
    cache, expires = SessionCache(), datetime.now(UTC) + timedelta(hours=1)
    cache.put("role/x", ANSWER, expires, needs_person=needs_person)
    cache.alias(fast_path.request_fingerprint(arguments), "role/x", expires)


def answer() -> bytes | None:
    return fast_path.cached_output(fast_path.request_fingerprint(["base"]))


def test_it_finds_what_the_session_cache_keeps(config: Path) -> None:
    assert answer() == ANSWER
    SessionCache().drop("role/x")
    assert answer() is None
    keep(["base"], needs_person=False)
    assert answer() == ANSWER
    assert SessionCache().by_alias(fast_path.request_fingerprint(["base"])) == ANSWER


@pytest.mark.parametrize("length", [5000, 20000])
def test_long_answers_are_whole_or_none(config: Path, length: int) -> None:
    cache, expires = SessionCache(), datetime.now(UTC) + timedelta(hours=1)
    cache.put("role/x", b"x" * length, expires, needs_person=True)
    assert answer() in {b"x" * length, None}


@pytest.mark.parametrize(
    "moved",
    [{}, {"AWSPROF_HOME": "{}/own"}, {"XDG_DATA_HOME": "{}/data/"}, {"XDG_DATA_HOME": "relative"}],
)
def test_it_looks_where_the_session_cache_does(
    config: Path, tmp_path: Path, moved: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AWSPROF_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in moved.items():
        monkeypatch.setenv(variable, value.format(tmp_path))
    keep(["base"])
    assert answer() == ANSWER
    SessionCache().forget()


@pytest.mark.parametrize("place", ["{}/elsewhere", "~/elsewhere", "$HOME/${{USER_X}}else", ""])
def test_it_reads_the_files_that_the_variables_name(
    home: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", place.format(tmp_path))
    before = fast_path.request_fingerprint(["base"])
    paths.config_file().parent.mkdir(exist_ok=True)
    paths.config_file().write_text("[profile base]\n")
    assert fast_path.request_fingerprint(["base"]) != before


def test_no_answer_outlives_what_the_files_say(config: Path) -> None:
    text, about = config.read_text(), config.stat()
    other = text.replace("eu-west-1", "eu-west-2")

    config.write_text(other)  # edited, with the same size, and touched back
    os.utime(config, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert (config.stat().st_size, config.stat().st_mtime_ns) == (
        about.st_size,
        about.st_mtime_ns,
    )
    assert answer() is None
    config.write_text(text)
    assert answer() == ANSWER

    fresh = config.with_name("fresh")  # replaced
    fresh.write_text(other)
    os.utime(fresh, ns=(about.st_atime_ns, about.st_mtime_ns))
    fresh.replace(config)
    assert answer() is None

    config.write_text(text)
    config.rename(config.with_name("away"))  # moved
    assert answer() is None
    config.with_name("away").rename(config)
    assert answer() == ANSWER

    credentials = config.with_name("credentials")
    credentials.write_text("[base]\n")
    assert answer() is None


URL = "https://corp.awsapps.com/start"
LEGACY = (
    "[profile base]\nsso_account_id = 345678901234\nsso_role_name = R\nsso_region = eu-west-1\n"
)
OTHER = "[sso-session corp]\nsso_start_url = https://other.awsapps.com/start\n"
ROLE = "[profile base]\nrole_arn = x\nsource_profile = b\nsso_session = corp\n"
URL_LINES = (
    "sso_start_url = {}",
    "sso_start_url={}\r",
    "sso_start_url: {}",
    "sso_start_url : {}",
    "sso_start_url :{}?a=b",
    "SSO_Start_URL = {}",
    "sso_start_url =\n  {}",
    "sso_start_url = {}\n  more",
    "sso_start_url = {}#/é",
)


@pytest.mark.parametrize("line", URL_LINES, ids=lambda line: f"line {URL_LINES.index(line)}")
@pytest.mark.parametrize(
    "before",
    [LEGACY, OTHER + ROLE + LEGACY.replace("base", "b")],
    ids=["alone", "role with an sso-session that it does not use"],
)
def test_the_next_sign_in_gets_no_answer_of_the_last(home: Path, before: str, line: str) -> None:
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text(f"{before}{line.format(URL)}\n", encoding="utf-8", newline="")
    session = Catalog.load().chain("base").session
    assert session is not None
    path = token_cache.token_path(session)
    path.parent.mkdir(parents=True)
    path.write_text('{"accessToken": "mine"}')
    mine = fast_path.request_fingerprint(["base"])
    path.write_text('{"accessToken": "somebody else\'s"}')
    assert fast_path.request_fingerprint(["base"]) != mine


def test_its_tables_are_the_kernel_keyrings() -> None:
    both = kernel_keyring._CALLS
    assert {machine: both[machine, True][1] for machine in fast_path.KEYCTL} == fast_path.KEYCTL
    for text in (b"", b"/home/alice/.local/share/awsprof", bytes(range(256))):
        assert fast_path._crc32(text) == zlib.crc32(text)


def test_a_file_without_an_end_needs_a_parser() -> None:
    """The resolver says what is wrong with it."""
    assert fast_path._bytes("/dev/zero") == fast_path._UNREADABLE
