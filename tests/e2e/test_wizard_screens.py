"""The wizard's screens besides new profiles: editing, history, settings, signing out, health."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import awsprof
from awsprof import settings
from tests.standins import other_tools
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key
from tests.standins.moto_iam import UserKey
from tests.standins.team_files import TEAM
from tests.standins.tmux_screen import ENTER, ESCAPE, Screen, screen

MENU = "What would you like to do?"
ADMIN = "arn:aws:iam::210987654321:role/Admin"


@pytest.fixture
def config(home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key in the vault, a role on it, a role of Identity Center, and another program."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    add_vault_key(key, "--region", "eu-west-1")
    aws.role("Admin")
    aws.role("Audit")
    aws.accounts["111111111111"] = ("Prod", ("ReadOnly", "Admin"))
    aws.approve_at_once = True
    path = home / ".aws" / "config"
    with path.open("a") as file:
        file.write(
            f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = base\nexternal_id = old\n"
            f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
            "[profile prod]\nsso_session = corp\nsso_account_id = 111111111111\n"
            "sso_role_name = ReadOnly\nregion = eu-west-1\ns3 =\n  addressing_style = path\n"
            "[profile tool]\ncredential_process = /bin/echo {}\n"
        )
    return path


@pytest.fixture
def wizard(config: Path) -> Iterator[Screen]:
    with screen(AWSPROF) as shown:
        yield shown


def edit(wizard: Screen, name: str) -> None:
    wizard.pick(MENU, "Edit, rename")
    wizard.pick("Which profile?", f" {name} ")


def test_every_value_is_changed_or_unset_where_it_is_listed_in_one_verified_diff(
    wizard: Screen, config: Path
) -> None:
    edit(wizard, "admin")
    wizard.pick("Profile admin", "Role ARN")
    wizard.answer("Role ARN", ADMIN.replace("Admin", "Audit"))
    wizard.pick("Profile admin", "External ID")
    wizard.answer("External ID", "-")
    wizard.pick("Profile admin", "Session name")
    wizard.answer("Session name", "alice")
    wizard.pick("Profile admin", "Name")
    wizard.answer("Name of the profile", "arn:aws:iam::1:role/x")
    wizard.see("That is an ARN, a URL or a key ID, not a profile name.")
    wizard.type("Name of the profile", "audit")
    wizard.pick("Profile admin", "Set another value")
    wizard.answer("Key", "retry_mode")
    wizard.answer("retry_mode", "nonsense")
    wizard.type("retry_mode", "standard")
    wizard.pick("Profile admin", "Done")
    wizard.see("- external_id = old", "+ [profile audit]")
    wizard.answer("Write this?")
    wizard.see("ok audit is arn:aws:sts::210987654321:assumed-role/Audit/alice")
    section = config.read_text().partition("[profile audit]")[2].partition("\n[")[0]
    assert "external_id" not in section
    assert "retry_mode = standard" in section

    wizard.pick(MENU, "Undo a change")
    wizard.pick("Undo which change?", "changed")
    wizard.answer("Undo this?")
    wizard.see("ok undone")
    wizard.ask(MENU)
    assert "external_id = old" in config.read_text()


def test_profiles_of_identity_center_and_others_are_edited_too(
    wizard: Screen, config: Path
) -> None:
    edit(wizard, "corp")
    wizard.pick("Session corp", "Scopes")
    wizard.answer("Scopes", "sso:account:access")
    wizard.pick("Session corp", "Done")
    wizard.answer("Write this?")
    wizard.see("ok prod is arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_ReadOnly")

    edit(wizard, "prod")
    wizard.pick("Profile prod", "Role")
    wizard.pick("Role", "Admin")  # listed by the portal
    wizard.pick("Profile prod", "s3.addressing_style")
    wizard.answer("s3.addressing_style", "-")
    wizard.pick("Profile prod", "Done")
    wizard.answer("Write this?")
    wizard.see("ok prod is arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin")
    assert "addressing_style" not in config.read_text()

    edit(wizard, "tool")
    wizard.pick("Profile tool", "Command")
    wizard.answer("Command", "echo")
    wizard.see("depends on PATH")
    wizard.type("Command", "/bin/cat")
    wizard.pick("Profile tool", "Done")
    wizard.answer("Write this?")
    wizard.see("tool is not verified")  # as before, so that it stays
    wizard.ask(MENU)
    assert "credential_process = /bin/cat" in config.read_text()


def test_settings_the_tree_and_signing_out(wizard: Screen, home: Path) -> None:
    wizard.pick(MENU, "Settings")
    wizard.pick("Settings", "key-age")
    wizard.answer("key-age", "often")
    wizard.see("cannot be 'often'")
    wizard.type("key-age", "30")
    wizard.ask("Settings")
    wizard.press(ESCAPE)
    wizard.pick(MENU, "tree")
    wizard.see("── admin")
    wizard.pick(MENU, "Sign in, sign out")
    wizard.pick("Sign in or out", "Sign in")
    wizard.pick("Sign in to what?", "corp ")
    wizard.see("ok signed in to corp until")
    wizard.pick(MENU, "Sign in, sign out")
    wizard.pick("Sign in or out", "Sign out")
    wizard.pick("Sign out of what?", "Everything")
    wizard.see("ok signed out of corp")
    wizard.pick(MENU, "Quit")
    assert wizard.ended() == 0
    assert settings.get_setting("key-age") == "30"


def test_health_explains_a_fix_before_it_asks(wizard: Screen, config: Path) -> None:
    config.chmod(0o644)
    wizard.pick(MENU, "Check the health")
    wizard.pick("Fix which?", "file-mode")
    wizard.see("Other users of this machine can read or write the files", "0600")
    wizard.see("?")
    wizard.press("y", ENTER)
    wizard.see("ok ~/.aws/config is set to mode 0600")
    assert config.stat().st_mode & 0o777 == 0o600


def test_all_findings_are_gone_through_with_the_wizard_s_own_prompts(
    wizard: Screen, config: Path
) -> None:
    before = config.read_text()
    config.write_text(before + '[profile quoted]\nregion = "eu-west-1"\n')
    config.chmod(0o644)
    wizard.pick(MENU, "Check the health")
    wizard.pick("Fix which?", "All, one after the other")
    wizard.see("file-mode", "1 of 3")
    wizard.pick("Fix this?", "No")
    wizard.see("2 of 3")
    wizard.pick("Fix this?", "Yes to all that are left")
    wizard.ask(MENU)
    assert config.stat().st_mode & 0o777 == 0o644
    assert '"eu-west-1"' not in config.read_text()


def test_esc_ends_the_going_through_and_writes_nothing(wizard: Screen, config: Path) -> None:
    config.write_text(config.read_text() + '[profile quoted]\nregion = "eu-west-1"\n')
    config.chmod(0o644)
    wizard.pick(MENU, "Check the health")
    wizard.pick("Fix which?", "All, one after the other")
    wizard.ask("Fix this?")
    wizard.press(ESCAPE)
    wizard.see("Nothing was changed.")
    assert config.stat().st_mode & 0o777 == 0o644


def test_an_inactive_key_is_deleted(wizard: Screen, aws: Aws) -> None:
    old = aws.user("alice")
    old.active = False
    wizard.pick(MENU, "Access keys and MFA")
    wizard.pick("Access keys and MFA", "Delete an inactive key")
    wizard.pick("Keys of which profile's user?", "base")
    wizard.pick("Delete which inactive key?", old.id)
    wizard.ask(f"Delete {old.id} permanently?")
    wizard.press("y", ENTER)  # no Enter is left for the menu, which would take its first row
    wizard.see(f"ok {old.id} deleted")
    wizard.pick(MENU, "Quit")
    assert wizard.ended() == 0
    assert "Role ARN" not in wizard.text


def test_a_team_s_file_is_taken_over_and_updated(
    wizard: Screen, config: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    team = folder / "team.toml"
    asked = '[variables.where]\nquestion = "Your region"\n\n[sso-session.team]'
    text = TEAM.replace("[sso-session.corp]", asked).replace('"corp"', '"team"')
    text = text.replace("[profile.prod]", "[profile.live]")
    team.write_text(
        text.replace('"Developer"\nregion = "eu-west-1"', '"Developer"\nregion = "{where}"')
    )
    wizard.pick(MENU, "Use my team's file")
    wizard.type("Team file", str(tmp_path / "nowhere"))
    wizard.see("There is no team file")
    wizard.type("Team file", str(folder))
    wizard.type("Your region", "eu-central-1")
    wizard.answer("Write this?")
    wizard.see("ok Saved. To undo: awsprof undo")
    wizard.pick(MENU, "Update from my team's file")
    wizard.pick("Which team file?", str(folder)[-40:])
    wizard.see("Everything is as the team file says.")
    wizard.ask(MENU)
    assert "region = eu-central-1" in config.read_text()
    config.write_text(config.read_text().replace("eu-central-1", "us-east-1"))
    wizard.pick(MENU, "Update from my team's file")
    wizard.pick("Which team file?", str(folder)[-40:])
    wizard.see("region: yours is us-east-1, the team's eu-central-1")
    wizard.pick("Whose values?", "The team's")
    wizard.answer("Write this?")
    wizard.ask(MENU)
    assert "region = eu-central-1" in config.read_text()


def test_another_tool_s_key_is_brought_in(wizard: Screen, home: Path, aws: Aws) -> None:
    wizard.pick(MENU, "Bring in what another tool left")
    wizard.see("Found nothing to import from aws-vault, granted,")
    key = aws.user("bob")
    assert isinstance(key, UserKey)
    other_tools.go_file(home / ".awsvault" / "keys", "work", other_tools.key_entry("work", key))
    (home / ".saml2aws").write_text("no section\n")
    wizard.pick(MENU, "Bring in what another tool left")
    wizard.see(".saml2aws cannot be read: it is not an INI file.")
    wizard.pick("Import from which tool?", "aws-vault")
    wizard.answer("Read 1 key of aws-vault from ~/.awsvault/keys?")
    wizard.prompt("Passphrase for aws-vault's ~/.awsvault/keys:")
    wizard.press(other_tools.PASSPHRASE, ENTER)
    wizard.answer("Write this?")
    wizard.see("To stop using aws-vault")
    wizard.ask(MENU)
    assert awsprof.whoami("work").arn == key.arn
