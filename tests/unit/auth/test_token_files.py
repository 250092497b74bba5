"""Files of Identity Center's tokens: tried before they are needed, read or told, all signed out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import awsprof
from awsprof import paths
from awsprof.auth.identity_center import login, orphan_tokens, refresh, token_cache
from awsprof.auth.resolver import Resolver
from awsprof.cli.main import run_command
from awsprof.errors import FileError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession
from awsprof.prompting import NonInteractive
from tests.standins import subprocess_helpers
from tests.standins.aws import Aws
from tests.standins.cli_runner import run
from tests.standins.memory_vault import MemoryVault
from tests.standins.prompter import FakePrompter, MemoryCache


@pytest.fixture
def config(aws: Aws, home: Path) -> Path:
    aws.approve_at_once = True
    path = home / ".aws" / "config"
    path.parent.mkdir(mode=0o700)
    path.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        "[profile dev]\nsso_session = corp\nsso_account_id = 345678901234\n"
        "sso_role_name = ReadOnly\nregion = eu-west-1\n"
    )
    return path


@pytest.fixture
def session(config: Path) -> SsoSession:
    return Catalog.load().session("corp")


def unwritable(session: SsoSession) -> Path:
    """A directory stands where the token's file belongs: not even root can write it."""
    path = token_cache.token_path(session)
    path.mkdir(parents=True)
    return path


def expire(session: SsoSession) -> None:
    """The token in the file has expired, and its refresh token is good."""
    path = token_cache.token_path(session)
    path.write_text(
        json.dumps({**json.loads(path.read_bytes()), "expiresAt": "2020-01-01T00:00:00Z"})
    )


def test_nobody_signs_in_where_the_token_could_not_be_kept(session: SsoSession, aws: Aws) -> None:
    unwritable(session)
    person = FakePrompter()
    with pytest.raises(FileError):
        login.sign_in(session, person, device_code=True)
    assert person.shown == []
    assert aws.calls.count("/device_authorization") == 0
    assert aws.calls.count("/token") == 0


def test_a_refresh_token_is_not_spent_where_nothing_can_be_kept(
    session: SsoSession, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.lasts = 600
    first = login.sign_in(session, FakePrompter(), device_code=True)
    spent = aws.calls.count("/token")

    def refuse(_: SsoSession) -> None:
        raise FileError("It cannot be written.", "chmod")

    monkeypatch.setattr(token_cache, "require_token_writable", refuse)
    person = FakePrompter()
    for _ in range(3):
        assert refresh.valid_token(session, person.show) == first  # it still lives
    assert aws.calls.count("/token") == spent
    (told,) = person.shown  # once, whatever asks for the token
    assert "signed in to corp until" in told
    assert "It cannot be written. To fix it: chmod" in told


def test_a_renewal_that_failed_is_tried_again_by_the_next_command(
    session: SsoSession, aws: Aws
) -> None:
    aws.accounts["345678901234"] = ("Dev", ("ReadOnly",))
    login.sign_in(session, FakePrompter(), device_code=True)
    expire(session)
    aws.broken["/token"] = (500, 99)
    assert run("credential-process", "dev", code=3).stderr
    aws.broken.clear()
    assert run("credential-process", "dev").stdout
    assert token_cache.load_token(session) is not None


def test_the_session_of_a_renewed_token_is_found_by_the_next_command(
    session: SsoSession, aws: Aws
) -> None:
    aws.accounts["345678901234"] = ("Dev", ("ReadOnly",))
    login.sign_in(session, FakePrompter(), device_code=True)
    expire(session)
    cache, found = MemoryCache(), set()
    for _ in range(3):
        person = NonInteractive()
        resolver = Resolver(Catalog.load(), MemoryVault, person, cache=cache, keep_roles=True)
        found.add(resolver.credentials("dev").access_key_id)
    assert aws.calls.count("/federation/credentials") == 1
    assert len(found) == len(cache.sessions) == 1
    expire(session)
    assert resolver.renew("dev", duration=None, region=None).access_key_id in found
    assert aws.calls.count("/federation/credentials") == 1  # what is cached needs no renewal


def test_a_role_assumed_with_a_renewed_token_is_found_by_the_next_script(
    session: SsoSession, aws: Aws
) -> None:
    aws.accounts["345678901234"] = ("Dev", ("ReadOnly",))
    role = aws.role("Admin", trusted=("arn:aws:iam::345678901234:root",))
    login.sign_in(session, FakePrompter(), device_code=True)
    expire(session)
    for _ in range(2):
        assumed = awsprof.session("dev").assume(role.arn).get_credentials()
        assert assumed.get_frozen_credentials().token
    assert aws.calls.count("AssumeRole") == 1


def test_what_is_not_renewed_is_told_once_by_all_commands(session: SsoSession, aws: Aws) -> None:
    aws.lasts = 600
    login.sign_in(session, FakePrompter(), device_code=True)
    spent = aws.calls.count("/token")
    paths.locks_dir().rename(paths.locks_dir().with_name("away"))
    paths.locks_dir().write_text("")  # so that no lock can be taken: not even by root
    aws.accounts["345678901234"] = ("Dev", ("ReadOnly",))
    commands = (("credential-process", "dev"), ("whoami", "dev"), ("exec", "dev", "--", "true"))
    told = [run(*words).stderr for words in commands]  # SDKs show nobody what the first says
    assert aws.calls.count("/token") == spent
    assert [("signed in to corp until" in each) for each in told] == [False, True, False]


@pytest.mark.parametrize("mode", [0o000, 0o200])
def test_a_token_file_that_cannot_be_read_is_said_to_be_that(mode: int, tmp_path: Path) -> None:
    uid = subprocess_helpers.ordinary_uid(3)
    code = f"""
        from pathlib import Path
        from awsprof.errors import FileError
        from awsprof.profiles.catalog import Catalog
        from awsprof.auth.identity_center import refresh, token_cache
        from awsprof.awsapi.login_target import LoginTarget
        import os, tempfile
        Catalog.load()  # so that all is imported that another user may not read
        tempfile.tempdir = "/tmp"
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresuid({uid}, {uid}, {uid})
        home = Path(tempfile.mkdtemp())
        os.environ.update(HOME=str(home), AWSPROF_HOME=str(home / "ours"))
        (home / ".aws").mkdir()
        (home / ".aws" / "config").write_text(
            "[sso-session corp]\\nsso_start_url = https://x.awsapps.com/start\\n"
            "sso_region = eu-west-1\\n")
        session = Catalog.load().session("corp")
        path = token_cache.token_path(session)
        path.parent.mkdir(parents=True)
        path.write_text("{{}}")
        path.chmod({mode})
        try:
            refresh.require_token(session, LoginTarget("corp"))
        except FileError as exc:
            print(exc.message)
        print(token_cache.time_left(session))
    """
    said = subprocess_helpers.run(code)
    assert "Permission denied" in said or "cannot be read" in said
    assert "not readable" in said


def test_a_byte_order_mark_is_read_and_taken_off(session: SsoSession, aws: Aws) -> None:
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    login.sign_in(session, FakePrompter(), device_code=True)
    path = token_cache.token_path(session)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert "AccessKeyId" in run("credential-process", "dev").stdout
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_byte_order_mark_is_read_where_nothing_can_be_written(
    session: SsoSession, aws: Aws
) -> None:
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    login.sign_in(session, FakePrompter(), device_code=True)
    path = token_cache.token_path(session)
    marked = b"\xef\xbb\xbf" + path.read_bytes()
    path.write_bytes(marked)
    paths.locks_dir().rename(paths.locks_dir().with_name("away"))
    paths.locks_dir().write_text("")  # so that no lock can be taken: not even by root
    assert "AccessKeyId" in run("credential-process", "dev").stdout
    assert path.read_bytes() == marked


def test_what_no_config_names_is_signed_out_by_all(
    session: SsoSession, config: Path, aws: Aws
) -> None:
    login.sign_in(session, FakePrompter(), device_code=True)
    path = token_cache.token_path(session)
    config.write_text("")
    ended = aws.calls.count("/logout")
    said = run("logout", "--all").stderr
    assert f"signed out of {aws.url}/start" in said
    assert not path.exists()
    assert aws.calls.count("/logout") == ended + 1


def test_what_no_config_names_is_signed_out_by_its_name(
    session: SsoSession, config: Path, aws: Aws
) -> None:
    login.sign_in(session, FakePrompter(), device_code=True)
    config.write_text("")
    assert "signed out of corp" in run("logout", "--session", "corp").stderr
    assert not token_cache.token_path(session).exists()
    assert "There is no sso-session" in run("logout", "--session", "corp", code=2).stderr


def test_a_session_named_by_bytes_that_are_no_text_is_not_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["logout", "--session", "a\udcffb"]) == 2
    assert "There is no sso-session" in capsys.readouterr().err


def test_a_session_that_aws_has_ended_already_is_no_failure_of_logout(
    session: SsoSession, aws: Aws
) -> None:
    login.sign_in(session, FakePrompter(), device_code=True)
    aws.tokens.clear()
    said = run("logout", "--session", "corp").stderr
    assert "already signed out of corp" in said
    assert "awsprof login" not in said
    assert not token_cache.token_path(session).exists()


def test_other_files_of_the_cache_are_left_alone(session: SsoSession, aws: Aws) -> None:
    login.sign_in(session, FakePrompter(), device_code=True)
    folder = token_cache.token_path(session).parent
    before = {path.name for path in folder.iterdir()}
    (folder / "other.json").write_text(json.dumps({"clientId": "x", "clientSecret": "y"}))
    (folder / "broken.json").write_text("[" * 10_000)
    (folder / "odd.json").write_text('{"startUrl": 1, "region": null, "accessToken": []}')
    os.mkfifo(folder / "pipe.json")
    assert orphan_tokens.orphan_tokens(Catalog.load()) == ()
    run("logout", "--all")
    left = {path.name for path in folder.iterdir()}
    assert left >= {"other.json", "broken.json", "odd.json", "pipe.json"}
    assert left & before == before - {token_cache.token_path(session).name}


def test_undo_says_that_the_sign_in_stays(home: Path, aws: Aws) -> None:
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    start = ("--session", "corp", "--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    run("add", "sso", "dev", *start, "--account", "345678901234", "--role", "ReadOnly", "--yes")
    said = run("undo", "--yes").stderr
    assert "You are still signed in to corp." in said
    assert "awsprof logout --session corp" in said
    assert "signed out of corp" in run("logout", "--session", "corp").stderr


def test_botocore_spends_no_refresh_token_of_its_own_accord(
    session: SsoSession, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    aws.lasts = 600  # within the time in which botocore would renew it
    login.sign_in(session, FakePrompter(), device_code=True)
    before, spent = token_cache.token_path(session).read_bytes(), aws.calls.count("/token")

    def refuse(_: SsoSession) -> None:
        raise FileError("It cannot be written.", "chmod")

    monkeypatch.setattr(token_cache, "require_token_writable", refuse)
    resolver = Resolver(Catalog.load(), MemoryVault, NonInteractive(), cache=None)
    assert resolver.credentials("dev").token is not None
    assert aws.calls.count("/token") == spent
    assert token_cache.token_path(session).read_bytes() == before
