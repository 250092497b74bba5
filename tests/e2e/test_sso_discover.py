"""awsprof sso discover: a profile for everything one has, the same at each run."""

from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import run, working


@pytest.fixture
def config(aws: Aws, home: Path) -> Path:
    """Two accounts, of which one is called like nothing that a name may hold."""
    aws.approve_at_once = True
    aws.accounts["111111111111"] = ("Prod", ("ReadOnly", "Admin"))
    aws.accounts["222222222222"] = ("Größe & Co", ("ReadOnly",))
    path = home / ".aws" / "config"
    path.parent.mkdir()
    path.write_text(
        "# mine\n[sso-session corp]\n"
        f"sso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        "sso_registration_scopes = sso:account:access\n"
    )
    path.chmod(0o600)
    return path


def profiles(config: Path) -> list[str]:
    lines = config.read_text().splitlines()
    return [line[9:-1] for line in lines if line.startswith("[profile ")]


def test_every_role_gets_its_profile_and_it_works(config: Path) -> None:
    said = run("sso", "discover", "corp", "--region", "eu-west-1", "--yes").stderr
    assert "3 roles found: 0 with a profile, 3 new." in said
    assert "ok 3 profiles added\n   aws s3 ls --profile prod-admin        awsprof doctor" in said
    assert profiles(config) == ["prod-admin", "prod-readonly", "grosse-co-readonly"]
    assert config.read_text().startswith("# mine\n")
    assert config.read_text().count("region = eu-west-1") == 4
    assert len(working()) == 3


def test_it_is_the_same_again_and_what_a_person_made_stays(config: Path, aws: Aws) -> None:
    run("sso", "discover", "corp", "--yes")
    run("rename", "prod-admin", "boss", "--yes")
    run("set", "boss", "region", "us-east-1", "--yes")
    aws.accounts["111111111111"] = ("Production", ("ReadOnly", "Admin"))  # it was renamed
    before = config.read_text()
    assert "3 with a profile, 0 new" in run("sso", "discover", "corp", "--yes").stderr
    assert config.read_text() == before


def test_what_is_assigned_no_longer_is_told_and_goes_by_prune_alone(config: Path, aws: Aws) -> None:
    run("sso", "discover", "corp", "--yes")
    del aws.accounts["222222222222"]
    assert (
        "grosse-co-readonly is for a role you no longer have"
        in run("sso", "discover", "corp", "--yes").stderr
    )
    assert "grosse-co-readonly" in profiles(config)
    run("sso", "discover", "corp", "--prune", "--dry-run")
    assert "grosse-co-readonly" in profiles(config)
    run("sso", "discover", "corp", "--prune", "--yes")
    assert profiles(config) == ["prod-admin", "prod-readonly"]


def test_others_that_stand_on_it_keep_it(config: Path, aws: Aws) -> None:
    run("sso", "discover", "corp", "--yes")
    role = ("--role-arn", "arn:aws:iam::210987654321:role/X", "--source", "prod-admin")
    run("add", "role", "x", *role, "--no-verify", "--yes")
    aws.accounts["111111111111"] = ("Prod", ("ReadOnly",))
    assert "still the source of x" in run("sso", "discover", "corp", "--prune", "--yes").stderr
    assert "prod-admin" in profiles(config)


def test_names_that_collide_bear_their_accounts(config: Path, aws: Aws) -> None:
    aws.accounts["333333333333"] = ("PROD", ("Admin",))
    aws.accounts["444444444444"] = ("New", ("Admin",))
    config.write_text(config.read_text() + "[profile new-admin]\nregion = x\n")
    said = run("sso", "discover", "corp", "--only", "*-admin*", "--yes").stderr
    assert "5 roles found, 3 match --only: 0 with a profile, 3 new." in said
    assert sorted(profiles(config)) == [
        "new-admin",
        "new-admin-444444444444",
        "prod-admin-111111111111",
        "prod-admin-333333333333",
    ]


def test_names_by_a_template(config: Path) -> None:
    run("sso", "discover", "corp", "--name", "{session}.{account_id}.{role}", "--yes")
    assert profiles(config)[0] == "corp.111111111111.admin"
    wrong = run("sso", "discover", "corp", "--name", "{colour}", code=2).stderr
    assert "{account_name}" in wrong


def test_many_accounts_on_a_portal_that_throttles(config: Path, aws: Aws) -> None:
    for number in range(40):
        aws.accounts[f"{number:012}"] = (f"Team {number}", ("ReadOnly", "Admin", "Ops"))
    aws.broken["/assignment/roles"] = (429, 3)
    said = run("sso", "discover", "corp", "--yes").stderr
    assert "123 roles found" in said
    assert len(profiles(config)) == 123
