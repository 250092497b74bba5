"""awsprof team generate, check and schema: the team file follows what AWS lists."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.crash_runner import kill_runner
from tests.standins.aws import Aws
from tests.standins.cli_runner import run

TEAM = """\
version = 1
include = ["accounts.toml"]
[sso-session.corp]
sso_start_url = "https://corp.awsapps.com/start"
sso_region = "eu-west-1"
[[for_each]]
name = "{account.name}-{role}"
profile = { sso_session = "corp", sso_account_id = "{account.id}", sso_role_name = "{role}" }
"""


@pytest.fixture
def repository(aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a team file, where you work; you have an sso-session and a key."""
    aws.approve_at_once = True
    aws.accounts["111111111111"] = ("Shop Prod", ("ReadOnly", "Admin"))
    aws.accounts["222222222222"] = ("Größe & Co", ("ReadOnly",))
    key = aws.user("alice")
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        "sso_registration_scopes = sso:account:access\n[profile org]\nregion = eu-west-1\n"
        f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    config.chmod(0o600)
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "team.toml").write_text(TEAM)
    monkeypatch.chdir(folder)
    return folder


def test_the_accounts_and_roles_of_identity_center_become_profiles(
    repository: Path, aws: Aws
) -> None:
    said = run("team", "generate", "--from", "corp").stderr
    assert said.endswith("Accounts in accounts.toml: 2 added.\n   awsprof team check .\n")
    assert "valid" in run("team", "check", ".").stderr
    first = (repository / "accounts.toml").read_text()
    assert 'name = "grosse-co"\nid = "222222222222"\ntitle = "Größe & Co"' in first
    assert "is up to date" in run("team", "generate").stderr
    aws.accounts["333333333333"] = ("New", ("Admin",))
    del aws.accounts["222222222222"]
    assert "generated_from" not in run("team", "generate", "--check", code=1).stderr
    assert (repository / "accounts.toml").read_text() == first
    assert "1 added, 1 removed" in run("team", "generate").stderr
    run("team", "generate", "--check")


def test_the_accounts_of_an_organization_keep_the_roles_that_people_wrote(
    repository: Path, aws: Aws
) -> None:
    aws.organization = {
        "111111111111": ("Shop Prod", "ACTIVE"),
        "222222222222": ("Old", "SUSPENDED"),
        "333333333333": ("Tools", "ACTIVE"),
    }
    run("team", "generate", "--from", "org")
    file = repository / "accounts.toml"
    assert [line for line in file.read_text().splitlines() if line.startswith("name")] == [
        'name = "shop-prod"',
        'name = "tools"',
    ]
    mine = file.read_text().replace('"tools"\n', '"tools"\nroles = ["Admin"] # only\n')
    file.write_text(mine)
    run("team", "generate")
    assert file.read_text() == mine


def test_what_aws_refuses_changes_nothing(repository: Path, aws: Aws) -> None:
    said = run("team", "generate", "--from", "org", code=3).stderr
    assert "management account" in said
    aws.organization = {"111111111111": ("Shop", "ACTIVE")}
    aws.manages_organization = "999999999999"
    assert "management account" in run("team", "generate", "--from", "org", code=3).stderr
    aws.accounts.clear()
    assert "lists no account" in run("team", "generate", "--from", "corp", code=3).stderr
    assert not (repository / "accounts.toml").exists()


def test_a_file_that_is_not_one_or_leads_elsewhere_is_not_written(
    repository: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.toml"
    accounts = repository / "accounts.toml"
    accounts.symlink_to(outside)
    words = ("team", "generate", "--from", "corp")
    assert "leads out of its folder" in run(*words, code=3).stderr
    outside.write_text("")
    assert "leads out of its folder" in run(*words, code=3).stderr
    assert outside.read_text() == ""
    accounts.unlink()
    os.mkfifo(accounts)
    for file in (str(accounts), "/dev/zero"):
        assert "it is not a regular file" in run(*words, file, code=3).stderr
    accounts.unlink()
    (repository / "all.toml").write_text("version = 1\n#" + "x" * (3 << 20))
    assert "it is too large" in run(*words, "all.toml", code=3).stderr
    accounts.symlink_to("inside.toml")
    run(*words)
    assert accounts.is_symlink()
    assert "shop-prod" in (repository / "inside.toml").read_text()


def test_the_source_is_named_once_and_kept(repository: Path) -> None:
    assert "does not say where" in run("team", "generate", code=2).stderr
    assert "no profile or sso-session 'nobody'" in (
        run("team", "generate", "--from", "nobody", code=2).stderr
    )
    run("team", "generate", "--from", "session:corp", "--dry-run")
    assert not (repository / "accounts.toml").exists()
    run("team", "generate", "--from", "session:corp")
    assert "has the accounts of session:corp" in (
        run("team", "generate", "--from", "org", code=2).stderr
    )


def test_ci_reads_every_error_with_its_line(repository: Path) -> None:
    (repository / "team.toml").write_text(TEAM.replace("sso_region", "sso_regoin"))
    said = run("team", "check", ".", code=1).stderr
    assert "team.toml:5 sso-session.corp.sso_regoin: There is no such key here." in said
    assert "did you mean sso_region?" in said
    errors = json.loads(run("team", "check", ".", "--json", code=1).stdout)["errors"]
    assert [each["line"] for each in errors] == [2, 3, 5]
    assert errors[0]["message"].startswith("There is no file ")
    (repository / "team.toml").write_text(TEAM.replace('include = ["accounts.toml"]\n', ""))
    assert json.loads(run("team", "check", "team.toml", "--json").stdout)["errors"] == []


def test_editors_get_the_schema() -> None:
    assert json.loads(run("team", "schema").stdout)["title"] == "awsprof team file"


@pytest.mark.long
def test_killed_at_any_step_it_leaves_the_old_file_or_the_new_one(
    repository: Path, aws: Aws, tmp_path: Path
) -> None:
    aws.organization = {"111111111111": ("Shop", "ACTIVE")}
    file, said = repository / "accounts.toml", tmp_path / "said"
    said.mkdir()
    run("team", "generate", "--from", "org")
    old = file.read_text()
    aws.organization["333333333333"] = ("Tools", "ACTIVE")
    words = ("team", "generate", str(file))
    with kill_runner(said) as runner:
        steps = runner.run(*words).steps
        new = file.read_text()
        assert new != old
        for at in range(len(steps)):
            file.write_text(old)
            assert runner.run(*words, at=at).code == -signal.SIGKILL
            assert file.read_text() in (old, new), steps[at]
            assert runner.run(*words).code == 0
            assert file.read_text() == new
    assert {path.name for path in repository.iterdir()} == {"accounts.toml", "team.toml"}
