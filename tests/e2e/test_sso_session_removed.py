"""awsprof remove --session: an sso-session goes, and nothing but it."""

from pathlib import Path

import pytest

from awsprof.auth.identity_center import token_cache
from awsprof.profiles.catalog import Catalog
from tests.standins.cli_runner import AWSPROF, run
from tests.standins.tmux_screen import ESCAPE, screen

SESSION = (
    "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
)
PROFILE = "sso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-west-1\n"
OTHER = "# mine\n[sso-session other]\nsso_start_url = https://y.awsapps.com/start\n"


@pytest.fixture
def config(home: Path) -> Path:
    (home / ".aws").mkdir(mode=0o700)
    path = home / ".aws" / "config"
    path.write_text(SESSION + OTHER)
    return path


def test_it_is_removed_with_a_diff_and_comes_back_by_undo(config: Path) -> None:
    assert "[sso-session corp]" in run("remove", "--session", "corp", "--dry-run").stderr
    assert config.read_text() == SESSION + OTHER
    run("remove", "--session", "corp", "--yes")
    assert config.read_text() == OTHER
    assert "removed the session corp" in run("history").stdout
    run("undo", "--yes")
    assert config.read_text() == SESSION + OTHER


def test_one_that_profiles_use_stays(config: Path) -> None:
    text = SESSION + f"[profile dev]\nsso_session = corp\n{PROFILE}"
    config.write_text(text)
    said = run("remove", "--session", "corp", "--yes", code=2).stderr
    assert "dev uses the sso-session corp." in said
    assert config.read_text() == text
    url = "https://z.awsapps.com/start"
    legacy = f"sso_start_url = {url}\nsso_region = eu-west-1\n{PROFILE}"
    config.write_text(f"[profile old]\n{legacy}")
    said = run("remove", "--session", url, "--yes", code=2).stderr
    assert "old uses the sso-session" in said


def test_the_sign_in_that_is_left_is_named(config: Path) -> None:
    token = {"accessToken": "made-up", "expiresIn": 3600}
    token_cache.store_token(Catalog.load().session("corp"), token, {})
    said = run("remove", "--session", "corp", "--yes").stderr
    assert "You are still signed in to corp." in said
    assert "awsprof logout --session corp" in said


def test_of_a_profile_and_a_session_of_one_name_the_named_one_goes(config: Path) -> None:
    profile = "[profile corp]\nregion = eu-west-1\n"
    config.write_text(profile + SESSION)
    said = run("remove", "corp", "--yes").stderr
    assert "The sso-session corp stays; this removes the profile." in said
    assert config.read_text() == SESSION
    said = run("remove", "corp", "--yes", code=2).stderr
    assert "There is no profile 'corp', but an sso-session of that name." in said
    assert "awsprof remove --session=corp" in said
    config.write_text(profile + SESSION)
    said = run("remove", "--session", "corp", "--yes").stderr
    assert "The profile corp stays; this removes the sso-session." in said
    assert config.read_text() == profile
    assert "awsprof remove corp" in run("remove", "--session", "corp", "--yes", code=2).stderr
    assert "awsprof setup sso" not in run("show", "corp").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Neither PROFILE nor --session is given."),
        (("corp", "--session", "corp"), "PROFILE and --session cannot be combined."),
        (("--session", "corp", "--with-secret"), "An sso-session has no secret."),
        (("--session", "crop"), "Did you mean corp?"),
        (("--session", ""), "There is no sso-session ''."),
    ],
)
def test_what_cannot_be_is_refused(config: Path, words: tuple[str, ...], said: str) -> None:
    assert said in run("remove", *words, "--yes", code=2).stderr
    assert config.read_text() == SESSION + OTHER


def test_a_session_is_no_profile_of_any_command(config: Path) -> None:
    said = run("show", "corp", code=2).stderr
    assert "There is no profile 'corp', but an sso-session of that name." in said
    assert "awsprof setup sso" in said
    config.write_text(SESSION + f"[profile dev]\nsso_session = corp\n{PROFILE}")
    assert "name a profile that uses it: dev" in run("login", "corp", code=2).stderr


def test_the_wizard_removes_one_where_it_is_edited(config: Path) -> None:
    config.write_text(SESSION + OTHER + f"[profile dev]\nsso_session = corp\n{PROFILE}")
    with screen(AWSPROF) as wizard:
        wizard.pick("What would you like to do?", "Edit, rename")
        wizard.pick("Which profile?", "corp")
        wizard.pick("Session corp", "Remove this session")
        wizard.see("dev uses the sso-session corp.")
        wizard.press(ESCAPE)
        wizard.pick("Which profile?", "other")
        wizard.pick("Session other", "Remove this session")
        wizard.answer("Write this?")
        wizard.ask("What would you like to do?")
    assert "other" not in config.read_text()
    assert SESSION in config.read_text()
