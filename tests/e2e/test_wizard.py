"""The wizard as a person meets it: in a real terminal of 80 columns, against the stand-ins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.aws import Aws, Key
from tests.standins.cli_runner import AWSPROF
from tests.standins.moto_iam import UserKey
from tests.standins.tmux_screen import (
    CTRL_U,
    DOWN,
    ENTER,
    ESCAPE,
    INTERRUPT_S,
    Screen,
    screen,
)

PASSPHRASE = "correct horse battery staple"
ADMIN = "arn:aws:iam::210987654321:role/Admin"


@pytest.fixture
def unattended(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encrypted file opens by itself."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def wizard(home: Path, aws: Aws, unattended: None) -> Iterator[Screen]:
    """The wizard, just opened."""
    with screen(AWSPROF) as shown:
        yield shown


def give_key(wizard: Screen, key: Key | UserKey) -> None:
    wizard.pick("What would you like to do?", "access key")
    wizard.type("Access key ID", key.id)
    wizard.type("Secret access key", key.secret)


def config(home: Path) -> str:
    return (home / ".aws" / "config").read_text()


def test_what_is_wrong_is_said_as_it_is_typed(aws: Aws, wizard: Screen) -> None:
    wizard.pick("What would you like to do?", "access key")
    wizard.type("Access key ID", "AKIA")
    wizard.see("That is not an access key ID. It has 20 characters, like AKIAIOSFODNN7EXAMPLE.")
    wizard.press(CTRL_U, ENTER)
    wizard.see("Required.")


def test_a_wrong_secret_is_asked_again(aws: Aws, wizard: Screen) -> None:
    key = aws.user("alice")
    wizard.pick("What would you like to do?", "access key")
    wizard.type("Access key ID", key.id)
    wizard.type("Secret access key", "x" * 40)
    wizard.see("The secret is not this key's", "type or paste the secret again")
    wizard.type("Secret access key", key.secret)
    wizard.see("the key is arn:aws:iam::123456789012:user/alice")


def test_a_root_key_is_refused_and_how_to_delete_it_is_told(aws: Aws, wizard: Screen) -> None:
    give_key(wizard, aws.user("root"))
    wizard.see("root user", "deactivate the key and delete it")


def test_a_fido_key_is_left_out_and_why_is_told(aws: Aws, wizard: Screen) -> None:
    aws.device("alice", fido=True)
    give_key(wizard, aws.user("alice"))
    wizard.see("FIDO security key is not listed")
    wizard.ask("MFA device")
    assert "u2f" not in wizard.text


def test_escape_goes_back_and_keeps_the_answers(aws: Aws, wizard: Screen, home: Path) -> None:
    give_key(wizard, aws.user("alice"))
    wizard.pick("MFA device", "none")
    wizard.type("Region", "eu-west-1")
    wizard.ask("Name of the profile")
    wizard.press(ESCAPE)
    wizard.ask("Region")
    assert "? Region [eu-west-1]" in wizard.shown
    assert wizard.shown.count("? Region") == 1  # the answered line is gone
    wizard.answer("Region", "us-east-1")  # what is typed replaces it
    wizard.answer("Name of the profile")
    wizard.ask("Write this?")
    wizard.press(ESCAPE)
    wizard.answer("Name of the profile", "other")
    wizard.answer("Write this?")
    wizard.see("other is arn:aws")
    assert "[profile other]" in config(home)
    assert "us-east-1" in config(home)


def test_a_csv_of_the_console_is_taken(aws: Aws, wizard: Screen, tmp_path: Path) -> None:
    key = aws.user("alice")
    path = tmp_path / "alice_accessKeys.csv"
    path.write_text(f"Access key ID,Secret access key\r\n{key.id},{key.secret}\r\n")
    wizard.pick("What would you like to do?", "access key")
    wizard.type("Access key ID", str(path.with_name("no.csv")))
    wizard.see("No such file")
    wizard.type("Access key ID", str(path))
    wizard.see("the key is arn:aws:iam::123456789012:user/alice")
    wizard.pick("MFA device", "none")
    wizard.answer("Region")
    wizard.answer("Name of the profile")
    wizard.answer("Write this?")
    wizard.see("still has the secret in plain text: delete it")


def test_what_cannot_be_proven_is_retried_edited_or_taken_back(
    aws: Aws, wizard: Screen, home: Path
) -> None:
    give_key(wizard, aws.user("alice"))
    wizard.pick("MFA device", "none")
    wizard.answer("Region")
    wizard.answer("Name of the profile")
    wizard.answer("Write this?")
    wizard.see("ok base is")
    before = config(home)

    wizard.pick("What would you like to do?", "Add roles")
    wizard.type("Role ARN", ADMIN)
    wizard.answer("MFA device")
    wizard.answer("Region")
    wizard.answer("Name of the profile")
    wizard.answer("Write this?")
    wizard.see("cannot be assumed")
    aws.role("Admin", external_id="4711")
    wizard.pick("What now?", "Try again")
    wizard.pick("What now?", "Change the answers")
    wizard.ask("Change what?")
    assert " > Role ARN" in wizard.shown  # what the error is about
    wizard.pick("Change what?", "External ID")
    wizard.type("External ID", "4711")
    wizard.pick("Change what?", "Done")
    wizard.answer("Write this?")
    wizard.see("admin is")
    assert "external_id = 4711" in config(home)
    assert config(home).startswith(before)


def test_keys_in_plain_text_are_found_and_moved(home: Path, aws: Aws, unattended: None) -> None:
    key = aws.user("alice")
    credentials = home / ".aws" / "credentials"
    credentials.parent.mkdir()
    credentials.write_text(
        f"# mine\n[old]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    with screen(AWSPROF) as wizard:
        wizard.see("The key of old is in plain text")
        wizard.answer("What would you like to do?")  # it is what is recommended
        wizard.see("- aws_secret_access_key = ***")
        wizard.answer("Write this?")
        wizard.see("ok old is arn:aws:iam::123456789012:user/alice", "who read the file has it")
        wizard.answer("Rotate it?")  # what has lain in plain text is replaced
        wizard.see("is inactive", "In a few days", "--continue")
        wizard.pick("What would you like to do?", "Access keys and MFA")
        wizard.pick("Access keys and MFA", "Rotate a key")
        wizard.pick("Which key?", "Delete the old key of old")
        wizard.answer(f"Delete {key.id} permanently?")
        wizard.see(f"{key.id} deleted")
        assert key.secret not in wizard.text
    (new,) = aws.moto.keys_of(key.arn, key.account)
    assert f"--key {new.id}" in config(home)
    assert credentials.read_text().startswith("# mine\n")
    assert key.secret not in credentials.read_text()


def test_profiles_for_all_that_identity_center_gives_by_ticking(
    home: Path, aws: Aws, unattended: None
) -> None:
    aws.approve_at_once = True
    aws.accounts["111111111111"] = ("Prod", ("ReadOnly", "Admin"))
    aws.accounts["222222222222"] = ("Dev", ("Admin",))
    path = home / ".aws" / "config"
    path.parent.mkdir()
    path.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    )
    with screen(AWSPROF) as wizard:
        wizard.pick("What would you like to do?", "Add profiles from Identity Center")
        wizard.pick("Which session?", "corp")
        wizard.ask("Which profiles?")
        wizard.see("3 of 3 chosen")
        wizard.press(" ", ENTER)  # all but the first
        wizard.ask("Names")
        wizard.press("{role}-in-{account_name}")
        wizard.see("readonly-in-prod, admin-in-dev")  # as it is typed
        wizard.press(CTRL_U, ENTER)
        wizard.type("Region", "eu-west-1")
        wizard.answer("Write this?")
        wizard.see("ok prod-readonly is", "ok dev-admin is")
        wizard.pick("What would you like to do?", "Add profiles from Identity Center")
        wizard.pick("Which session?", "corp")
        wizard.see("Prod Admin")  # the only one that is left needs no question
        wizard.ask("Name of the profile")
    assert config(home).count("[profile ") == 2


QUESTIONS = (
    ("What would you like to do?", DOWN),
    ("Access key ID", "KEY"),
    ("Secret access key", "SECRET"),
    ("MFA device", DOWN + DOWN),
    ("Region", "eu-west-1"),
    ("Name of the profile", ""),
    ("Write this?", None),
)


@pytest.mark.parametrize("stop", range(len(QUESTIONS)), ids=lambda i: QUESTIONS[i][0])
def test_ctrl_c_leaves_everything_as_it_was(
    wizard: Screen, aws: Aws, home: Path, stop: int
) -> None:
    key = aws.user("alice")
    for question, keys in QUESTIONS[:stop]:
        text = {"KEY": key.id, "SECRET": key.secret}.get(keys or "", keys or "")
        wizard.answer(question, *([text] if text else []))
    wizard.ask(QUESTIONS[stop][0])
    assert wizard.interrupt() < INTERRUPT_S
    assert "Stopped" in wizard.text
    left = [str(f.relative_to(home)) for f in home.rglob("*") if f.is_file()]
    assert [f for f in left if not f.endswith(".lock")] == []


def test_ctrl_c_at_the_passphrase_leaves_everything_as_it_was(home: Path, aws: Aws) -> None:
    with screen(AWSPROF, "setup", "keys") as wizard:
        key = aws.user("alice")
        wizard.type("Access key ID", key.id)
        wizard.type("Secret access key", key.secret)
        wizard.pick("MFA device", "none")
        wizard.answer("Region")
        wizard.answer("Name of the profile")
        wizard.answer("Write this?")
        wizard.prompt("Choose a passphrase:")
        assert wizard.interrupt() < INTERRUPT_S
    assert not (home / ".aws" / "config").exists()


def test_three_bad_passphrases_lose_no_answer(home: Path, aws: Aws) -> None:
    with screen(AWSPROF) as wizard:
        give_key(wizard, aws.user("alice"))
        wizard.pick("MFA device", "none")
        wizard.answer("Region")
        wizard.answer("Name of the profile", "work")
        wizard.answer("Write this?")
        for asked in (1, 2, 3):  # what is typed before a prompt is dropped
            wizard.prompt("Choose a passphrase:", times=asked)
            wizard.press("short", ENTER)
        wizard.see("Nothing was written. No valid passphrase was entered")
        assert not (home / ".aws" / "config").exists()
        wizard.pick("What now?", "Change the answers")
        wizard.pick("Change what?", "Done")
        wizard.answer("Write this?")
        for question in ("Choose a passphrase:", "Repeat the passphrase:"):
            wizard.prompt(question)
            wizard.press(PASSPHRASE, ENTER)
        wizard.see("work is arn:aws:iam::123456789012:user/alice")
        assert "[profile work]" in config(home)  # before the terminal closes, which takes it back


def test_a_vault_that_stays_closed_is_left_for_the_menu(home: Path, aws: Aws) -> None:
    with screen(AWSPROF) as wizard:
        give_key(wizard, aws.user("alice"))
        wizard.pick("MFA device", "none")
        wizard.answer("Region")
        wizard.answer("Name of the profile")
        wizard.answer("Write this?")
        for _ in range(3):
            wizard.prompt("Choose a passphrase:")
            wizard.press(ENTER)
        wizard.pick("What now?", "Give up")
        wizard.ask("What would you like to do?")
    assert not (home / ".aws" / "config").exists()


def test_a_passphrase_variable_that_is_too_short_is_told_before_any_question(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "short")
    with screen(AWSPROF) as wizard:
        wizard.pick("What would you like to do?", "access key")
        wizard.see("AWSPROF_PASSPHRASE has 5 characters", "openssl rand")
        wizard.ask("What would you like to do?")
        assert "Access key ID" not in wizard.text


def test_nothing_is_wider_than_the_terminal(aws: Aws, unattended: None, home: Path) -> None:
    with screen(AWSPROF, columns=60) as wizard:
        give_key(wizard, aws.user("alice"))
        wizard.pick("MFA device", "none")
        wizard.answer("Region")
        wizard.answer("Name of the profile")
        wizard.ask("Write this?")
        wizard.see("+ credential_process = ")
        banner = " ".join(wizard.text.splitlines()[:2])  # broken at a blank
        assert banner.endswith("secrets in an encrypted file")


def test_a_key_that_has_leaked_is_stopped(aws: Aws, unattended: None, home: Path) -> None:
    with screen(AWSPROF, rows=60) as wizard:
        key = aws.user("alice")
        give_key(wizard, key)
        wizard.pick("MFA device", "none")
        wizard.answer("Region")
        wizard.answer("Name of the profile")
        wizard.answer("Write this?")
        wizard.pick("What would you like to do?", "Access keys and MFA")
        wizard.pick("Access keys and MFA", "has leaked")
        wizard.pick("Which key has leaked?", "base")
        wizard.answer("Create a replacement key?")
        wizard.ask("Do this now?")
        wizard.press("y", ENTER)
        wizard.see("What is left to do")
        wizard.pick("What would you like to do?", "Quit")
        assert wizard.ended() == 0
        assert key.secret not in wizard.text
    assert not key.active
    assert key.id not in (home / ".aws" / "config").read_text()
