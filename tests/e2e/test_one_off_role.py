"""A role for one command: by --role-arn, or by --account and --role, with no profile for it."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key, run

ACCOUNT = "arn:aws:iam::210987654321"
ROLE = f"{ACCOUNT}:role/team/Deploy"
PORTAL = ("--account", "3456-7890-1234", "--role", "ReadOnly")
WHO = (AWSPROF, "whoami")


@pytest.fixture
def base(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key in the vault, two sso-sessions of which corp is signed in; the config file."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    aws.approve_at_once = True
    aws.role("team/Deploy", trusted=("arn:aws:iam::123456789012:root", f"{ACCOUNT}:root"))
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    add_vault_key(aws.user("alice"), "--region", "eu-north-1")
    config = home / ".aws" / "config"
    session = f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    config.write_text(config.read_text() + session)
    run("login", "--session", "corp")
    return config


def test_a_role_that_the_profile_assumes(base: Path) -> None:
    before = base.read_bytes()
    assert "assumed-role/Deploy/alice" in run("exec", "base", "--role-arn", ROLE, "--", *WHO).stdout
    words = ("env", "base", "--role-arn", ROLE, "--shell", "json", "--duration", "30m")
    variables = json.loads(run(*words).stdout)
    assert (variables["AWS_REGION"], variables["AWS_ACCOUNT_ID"]) == ("eu-north-1", "210987654321")
    assert base.read_bytes() == before
    assert "Deploy" not in run("list").stdout


def test_the_profile_itself_is_not_cached_as_the_role(base: Path) -> None:
    run("exec", "base", "--role-arn", ROLE, "--", "true")
    for _ in range(2):
        assert ":user/alice" in run("exec", "base", "--", *WHO).stdout


def test_a_role_of_identity_center(base: Path) -> None:
    before = base.read_bytes()
    said = run("exec", *PORTAL, "--region", "eu-west-2", "--", *WHO).stdout
    assert "345678901234:assumed-role/AWSReservedSSO_ReadOnly" in said
    words = ("exec", *PORTAL, "--region", "eu-west-2", "--", "sh", "-c")
    assert run(*words, "echo $AWSPROF_PROFILE $AWS_REGION").stdout == (
        "ReadOnly@345678901234 eu-west-2\n"
    )
    assert base.read_bytes() == before


def test_the_console_of_such_a_role(base: Path) -> None:
    for words in (("base", "--role-arn", ROLE), PORTAL):
        said = run("console", *words, "--print", "--service", "ec2", "--region", "eu-west-2")
        assert "Destination=https%3A%2F%2Feu-west-2.console.aws.amazon.com%2Fec2" in said.stdout
    said = run("console", "base", "base", "--role-arn", ROLE, "--print", code=2)
    assert "name one PROFILE" in said.stderr


def test_the_partition_is_that_of_the_session(base: Path) -> None:
    text = base.read_text()
    assert text.count("sso_region = eu-west-1\n") == 1
    base.write_text(text.replace("sso_region = eu-west-1", "sso_region = us-gov-west-1"))
    said = run("console", *PORTAL, "--print", "--service", "ec2").stdout
    assert "console.amazonaws-us-gov.com" in said


def test_without_a_browser_the_command_for_the_link_works(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for words in (("base", "--role-arn", ROLE), PORTAL):
        said = run("console", *words, code=4).stderr
        typed = re.search(r"awsprof (console --print .*) prints a link", " ".join(said.split()))
        assert typed, said
        assert "Action=login" in run(*shlex.split(typed[1])).stdout


def test_a_command_keeps_its_own_options(base: Path) -> None:
    own = ("printf", "%s ", "--role-arn", ROLE, "--region", "x", "--help", "--session=y")
    assert run("exec", "base", *own).stdout == f"--role-arn {ROLE} --region x --help --session=y "
    assert run("exec", "base", "--", "printf", "%s ", "a", "--", "b").stdout == "a -- b "
    assert run("exec", "base", "printf", "%s ", "a", "--", "b").stdout == "a -- b "
    words = ("exec", "--region", "eu-west-2", "base", "--role-arn", ROLE, "sh", "-c")
    assert run(*words, "echo $AWS_REGION $AWSPROF_PROFILE").stdout == (
        "eu-west-2 Deploy@210987654321\n"
    )


def test_a_source_session_that_aws_no_longer_accepts_is_replaced(base: Path, aws: Aws) -> None:
    aws.role("Chain")
    role = ("--role-arn", f"{ACCOUNT}:role/Chain", "--source", "base", "--yes")
    run("add", "role", "chain", *role, "--region", "eu-north-1")
    run("exec", "chain", "--", "true")
    first = json.loads(run("env", "chain", "--shell", "json").stdout)["AWS_ACCESS_KEY_ID"]
    del aws.keys[first]
    assert "assumed-role/Deploy" in run("exec", "chain", "--role-arn", ROLE, "--", *WHO).stdout


def test_served_to_a_program_that_outlasts_a_session(base: Path) -> None:
    ask = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    for words in (("base", "--role-arn", ROLE), PORTAL):
        flags = ("--serve", "--region", "eu-west-1")
        said = run("exec", *flags, *words, "--", sys.executable, "-c", ask).stdout
        assert "assumed-role/" in said


def test_what_is_missing_is_told_with_a_command_that_works(base: Path, aws: Aws) -> None:
    said = run("exec", "base", "--role-arn", f"{ROLE}x", "--", "true", code=125).stderr
    assert f"base may not assume {ROLE}x, or it does not exist" in said
    other = ("--account", "999999999999", "--role", "Admin")
    said = run("exec", *other, "--", "true", code=125).stderr
    assert "awsprof sso discover corp --dry-run lists the roles that you have" in said
    run("sso", "discover", "corp", "--dry-run")
    run("logout", "--session", "corp")
    said = run("exec", *PORTAL, "--", "true", code=125).stderr
    assert "awsprof login --session corp" in said
    run("login", "--session", "corp")
    run("exec", *PORTAL, "--", "true")


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (("base", "--role-arn", "Deploy"), "it looks like arn:aws:iam::"),
        (("base", "--role-arn", ROLE, "--role", "X"), "leave out --session, --account and --role"),
        (("base", *PORTAL), "so 'base' cannot be a PROFILE"),
        (("--account", "345678901234"), "missing: --role"),
        (("--session", "corp"), "missing: both"),
        (("base", "--role-arn", ""), "it looks like arn:aws:iam::"),
        (("base", "--account", "", "--role", ""), "is not an account ID"),
        ((*PORTAL, "--session", ""), "There is no sso-session ''"),
        ((*PORTAL, "--duration", "1h"), "leave it out"),
        ((*PORTAL, "--session", "nowhere"), "There is no sso-session 'nowhere'"),
        ((*PORTAL, "--workers", "2"), "leave them out"),
        (("ba*", "--role-arn", ROLE), "There is no profile 'ba*'"),
    ],
)
def test_options_that_do_not_go_together(words: tuple[str, ...], fix: str, base: Path) -> None:
    assert fix in run("exec", *words, "--", "true", code=125).stderr


def test_the_sso_session_is_named_where_there_are_several(base: Path) -> None:
    other = "[sso-session other]\nsso_start_url = https://y.awsapps.com/start\n"
    base.write_text(f"{base.read_text()}{other}sso_region = eu-west-1\n")
    said = run("exec", *PORTAL, "--", "true", code=125).stderr
    assert "There are several sso-sessions: corp, other." in said
    one = ("--session", "corp", "--region", "eu-west-1")
    assert "ReadOnly" in run("exec", *PORTAL, *one, "--", *WHO).stdout


def test_an_empty_profile_is_not_the_one_in_use(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a shell variable that is not set."""
    monkeypatch.setenv("AWS_PROFILE", "base")
    run("exec", "base", "--", "true")  # what is cached is no reason either
    assert "PROFILE is empty" in run("exec", "", "--", "true", code=2).stderr
    assert "PROFILE is empty" in run("exec", "", "true", code=2).stderr
    for command in ("env", "show", "whoami", "login"):
        assert "There is no profile ''" in run(command, "", code=2).stderr
    assert "There is no profile ''" in run("console", "", "--print", code=2).stderr
    assert "There is no profile ''" in run("keys", "rotate", "", "--yes", code=2).stderr
    assert run("exec", "--", "true").stdout == ""
