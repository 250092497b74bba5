"""Proof means the identity that was asked for: another one is told, and taken back."""

import json
from pathlib import Path

import pytest

from awsprof.cli.app_context import AppContext
from awsprof.cli.doctor_fix import _identities, _require_same
from awsprof.editing import profile_operations
from awsprof.errors import CredentialsError
from tests.standins.aws import ACCOUNT, Aws, Role
from tests.standins.cli_runner import run, working

ADMIN = "arn:aws:iam::210987654321:role/Admin"
OLD = "arn:aws:iam::210987654321:role/Old"
ROLE = ("add", "role", "deploy", "--role-arn", ADMIN, "--source", "base", "--yes")


@pytest.fixture
def credentials(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key in plain text, and two roles that it may assume."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    aws.role("Admin")
    aws.role("Old")
    alice = aws.user("alice")
    path = home / ".aws" / "credentials"
    path.parent.mkdir(mode=0o700)
    path.write_text(
        f"[base]\naws_access_key_id = {alice.id}\naws_secret_access_key = {alice.secret}\n"
    )
    return path


@pytest.fixture
def config(credentials: Path) -> Path:
    path = credentials.with_name("config")
    path.write_text("")
    return path


def more(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_a_role_in_the_credentials_file_is_edited_there_too(credentials: Path) -> None:
    more(credentials, f"\n[deploy]\nrole_arn = {OLD}\nsource_profile = base\nregion = us-east-1\n")
    said = run(*ROLE, "--region", "eu-west-1").stderr
    assert f"- role_arn = {OLD}" in said and "- region = us-east-1" in said
    assert "assumed-role/Admin" in working()["deploy"]
    assert "Old" not in credentials.read_text()


def test_what_comes_first_is_refused_with_its_line(credentials: Path, config: Path) -> None:
    more(credentials, f"\n[deploy]\nrole_arn = {OLD}\nsource_profile = base\n")
    before = credentials.read_bytes()
    add = ("add", "sso", "deploy", "--session", "corp", "--account", ACCOUNT, "--role", "Dev")
    new = ("--start-url", "https://corp.awsapps.com/start", "--sso-region", "eu-west-1")
    said = run(*add, *new, "--yes", "--no-verify", code=3).stderr
    assert "role_arn (~/.aws/credentials:" in said
    assert "awsprof unset deploy role_arn" in said
    assert (credentials.read_bytes(), config.read_bytes()) == (before, b"")


def test_keys_that_hide_a_process_are_named_and_left_alone(credentials: Path, home: Path) -> None:
    before = credentials.read_bytes()
    said = run("add", "process", "base", "--command", "/bin/true", "--yes", code=3).stderr
    assert "aws_access_key_id (~/.aws/credentials:2)" in said
    assert "unset" not in said  # it may be the only copy of that key
    assert credentials.read_bytes() == before


def test_who_answers_and_who_was_asked_for_is_told(credentials: Path, aws: Aws) -> None:
    aws.roles[ADMIN] = Role(OLD, (f"arn:aws:iam::{ACCOUNT}:root",))  # AWS gives another role
    before = credentials.read_bytes()
    said = " ".join(run(*ROLE, code=3).stderr.split())
    assert "deploy should be the role Admin in account 210987654321" in said
    assert "assumed-role/Old" in said
    assert "awsprof show deploy" in said
    assert credentials.read_bytes() == before
    config = credentials.with_name("config")
    assert not config.exists() or "deploy" not in config.read_text()


def test_set_is_proven_and_taken_back_where_it_breaks_the_profile(
    credentials: Path, config: Path
) -> None:
    run(*ROLE)
    before = config.read_bytes()
    said = run("set", "deploy", "role_arn", ADMIN.replace("Admin", "No"), "--yes", code=3).stderr
    assert "Rolled back" in said
    assert config.read_bytes() == before
    assert "assumed-role/Old" in run("set", "deploy", "role_arn", OLD, "--yes").stderr
    run("set", "deploy", "role_arn", ADMIN.replace("Admin", "No"), "--yes", "--no-verify")
    assert "role/No" in config.read_text()


def test_unset_is_proven_too(credentials: Path, config: Path, aws: Aws) -> None:
    aws.role("Ext", external_id="abc")
    run("add", "role", "ext", "--role-arn", ADMIN.replace("Admin", "Ext"), "--source", "base",
        "--external-id", "abc", "--yes")  # fmt: skip
    before = config.read_bytes()
    run("unset", "ext", "external_id", "--yes", code=3)
    assert config.read_bytes() == before


def test_a_profile_is_mended_step_by_step(credentials: Path, config: Path) -> None:
    """What did not work before the edit either is told, and kept: the next step may mend it."""
    config.write_text(f"[profile new]\nrole_arn = {ADMIN}\nsource_profile = bas\nexternal_id = x\n")
    said = run("unset", "new", "external_id", "--yes").stderr
    assert "new is not verified" in said
    assert "assumed-role/Admin" in run("set", "new", "source_profile", "base", "--yes").stderr


def test_without_a_network_an_edit_stays_and_is_told(
    credentials: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*ROLE)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    said = run("set", "deploy", "role_arn", OLD, "--yes").stderr
    assert "deploy is not verified" in said
    assert OLD in config.read_text()


def test_an_edit_that_decides_nothing_asks_nobody(
    credentials: Path, config: Path, aws: Aws
) -> None:
    run(*ROLE)
    aws.calls.clear()
    run("set", "deploy", "region", "eu-west-1", "--yes")
    assert not aws.calls


def test_a_value_in_both_files_is_set_in_both(credentials: Path, config: Path) -> None:
    config.write_text("[profile base]\nregion = us-east-1\n")
    more(credentials, "region = us-east-2\n")
    run("set", "base", "region", "eu-west-1", "--yes")
    assert "region = eu-west-1" in credentials.read_text()
    assert "region = eu-west-1" in config.read_text()


def test_a_moved_key_is_proven_as_the_profile_that_has_it(credentials: Path, config: Path) -> None:
    """Where another form comes before the line of ours, the key is not moved behind it."""
    config.write_text(f"[profile base]\nsso_account_id = {ACCOUNT}\nsso_role_name = Dev\n")
    before = credentials.read_bytes()
    said = run("keys", "move", "base", "--yes", code=3).stderr
    assert "sso_account_id (~/.aws/config:2)" in said
    assert credentials.read_bytes() == before


def test_a_role_that_takes_over_a_process_profile_is_who_was_asked_for(
    credentials: Path, config: Path, home: Path, aws: Aws
) -> None:
    bob = aws.user("bob")
    answer = {"Version": 1, "AccessKeyId": bob.id, "SecretAccessKey": bob.secret}
    (home / "bob.json").write_text(json.dumps(answer))
    config.write_text(f"[profile deploy]\ncredential_process = /bin/cat {home}/bob.json\n")
    run(*ROLE)
    assert "assumed-role/Admin" in working()["deploy"]


@pytest.mark.parametrize("role", ["Old", "No"])
def test_a_repair_that_makes_a_profile_somebody_else_is_taken_back(
    credentials: Path, config: Path, role: str
) -> None:
    """Whatever the files alone said of it: AWS is asked before and after."""
    run(*ROLE)
    before = config.read_bytes()
    app = AppContext()
    was = _identities(app, app.catalog(), ["deploy"])
    change = profile_operations.set_profile_value(
        "deploy", "role_arn", ADMIN.replace("Admin", role), app.catalog()
    )
    flow = app.change_flow(yes=True)
    applied = flow.write(change)
    assert applied is not None
    with pytest.raises(CredentialsError, match="repair"), flow.undone_on_error(applied):
        _require_same(app, was)
    assert config.read_bytes() == before


def test_no_choice_is_taken_for_a_profile_s_name(home: Path) -> None:
    assert "'stop-keys'" in run("policy", "nosuch", code=2).stderr


def test_what_stays_in_the_vault_is_told(credentials: Path, home: Path, aws: Aws) -> None:
    bob = aws.user("bob")
    run("keys", "import", "kept", "--stdin", "--yes", stdin=f"{bob.id}\n{bob.secret}")
    run("copy", "kept", "twin", "--yes")
    assert "stays in the vault" not in run("remove", "twin", "--yes").stderr
    said = run("remove", "kept", "--yes").stderr
    assert f"awsprof keys delete {bob.id}" in said


def test_a_key_s_id_is_never_told_as_a_profile(home: Path, aws: Aws) -> None:
    gone = "AKIAIOSFODNN7EXAMPLE\nwJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    said = run("keys", "import", "base", "--stdin", "--yes", stdin=gone, code=3).stderr
    assert "make a new one" in said
    assert "add keys AKIA" not in said and "remove AKIA" not in said
