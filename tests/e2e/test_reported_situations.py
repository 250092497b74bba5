"""Situations of people, as they reported them to other tools: what awsprof says of each."""

import json
from pathlib import Path

import boto3
import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, run, run_unchecked

SESSION = "sso_start_url = https://d-1234567890.awsapps.com/start\nsso_region = eu-west-1\n"
ROLE = "sso_account_id = 123456789012\nsso_role_name = Admin\nregion = eu-west-1\n"


@pytest.fixture
def folder(home: Path) -> Path:
    made = home / ".aws"
    made.mkdir(mode=0o700)
    return made


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


@pytest.mark.parametrize(
    "header", ["[dev]", "[profile My Account]", "[Profile dev]", "[profile dev", '[profile "dev]']
)
def test_profiles_that_no_sdk_reads_are_not_passed_over_in_silence(
    folder: Path, header: str
) -> None:
    write(folder, config=f"{header}\nregion = eu-west-1\n")
    done = run_unchecked("list")
    assert "no profiles yet" not in done.stderr
    assert "~/.aws/config:1" in done.stderr
    assert "awsprof doctor --offline" in done.stderr


def test_with_no_file_at_all_the_first_profile_is_offered(folder: Path) -> None:
    assert "no profiles yet" in run("list").stderr


def test_a_session_in_the_credentials_file_is_one_fault_and_moved(folder: Path) -> None:
    write(
        folder,
        config=f"[profile dev]\nsso_session = corp\n{ROLE}",
        credentials=f"[sso-session corp]\n{SESSION}",
    )
    said = run("doctor", "--offline", code=1).stdout
    assert "check the name" not in said
    assert said.count("fix: awsprof doctor --fix misplaced-section") == 2  # it, and who needs it
    assert "setup sso" not in said
    assert said.startswith("1 profile ")
    moved = run("doctor", "--offline", "--fix", "misplaced-section", "--yes", code=1).stdout
    assert "awsprof login --session corp" in moved


@pytest.mark.parametrize("legacy", [False, True], ids=["session", "legacy"])
def test_role_sessions_end_with_the_sign_in_that_they_come_from(
    aws: Aws, folder: Path, legacy: bool
) -> None:
    """`aws sso logout` deletes the token, and `aws sso login` may be somebody else's."""
    aws.approve_at_once, aws.accounts["123456789012"] = True, ("Prod", ("Admin",))
    session = f"sso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    text = f"[sso-session corp]\n{session}[profile dev]\nsso_session = corp\n{ROLE}"
    write(folder, config=f"[profile dev]\n{session}{ROLE}" if legacy else text)
    run("login", "dev")
    show_id = ("exec", "dev", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID")
    kept = run(*show_id).stdout
    assert run(*show_id).stdout == kept
    assert kept.strip() in run("credential-process", "dev").stdout
    (token,) = (file for file in folder.glob("sso/cache/*") if b"accessToken" in file.read_bytes())
    former = token.read_bytes()
    token.unlink()
    assert "not signed in" in run(*show_id, code=125).stderr
    assert "not signed in" in run("credential-process", "dev", code=4).stderr
    run("login", "dev")
    assert run(*show_id).stdout != kept
    token.write_bytes(former)
    assert run(*show_id).stdout != kept  # a sign-in deletes the former sessions


def test_nobody_signs_in_for_a_profile_that_sdks_refuse_anyway(aws: Aws, folder: Path) -> None:
    session = f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    profile = f"[profile dev]\nsso_session = corp\n{ROLE}"
    write(folder, config=f"{session}{profile}sso_start_url = https://other.awsapps.com/start\n")
    assert "is inconsistent between profile" in run("login", "dev", code=3).stderr
    assert aws.calls == []
    aws.approve_at_once = True
    write(folder, config=f"{session}[profile dev]\nsso_session = corp\nregion = eu-west-1\n")
    said = run("login", "dev").stderr  # as for `aws sso login`: a sign-in, and no role
    assert "signed in to corp" in said
    assert "dev has no credentials: it names no sso_account_id and sso_role_name." in said


def test_nobody_is_sent_to_sign_in_at_what_is_no_address(folder: Path) -> None:
    wrong = SESSION.replace("https://", "")
    write(folder, config=f"[sso-session corp]\n{wrong}[profile dev]\nsso_session = corp\n{ROLE}")
    said = run("doctor", "--offline", code=1).stdout
    assert "is not a start URL" in said
    assert "awsprof login" not in said


def test_whoami_is_about_the_keys_in_variables_as_sdks_are(
    folder: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = aws.user("alice"), aws.user("bob")
    text = f"aws_access_key_id = {alice.id}\naws_secret_access_key = {alice.secret}\n"
    write(folder, credentials=f"[dev]\n{text}")
    assert "No profile is named" in run("whoami", code=2).stderr
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", bob.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", bob.secret)
    assert (done := run("whoami")).stdout == f"{bob.arn}\n"
    assert done.stderr == ""
    (told,) = json.loads(run("whoami", "--json").stdout)["profiles"]
    assert told["profile"] is None
    assert told["arn"] == bob.arn == boto3.client("sts", "us-east-1").get_caller_identity()["Arn"]
    assert run("whoami", "dev").stdout.strip() == alice.arn
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert (done := run("whoami")).stdout == f"{bob.arn}\n"
    assert "which SDKs use instead of the profile dev." in done.stderr
    monkeypatch.delenv("AWS_PROFILE")
    write(folder, credentials=f"[default]\n{text}")
    assert "instead of the profile default." in run("whoami").stderr
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE")
    said = run("whoami", code=3).stderr
    assert "AWS does not know this key: it was deleted or is inactive" in said
    use_profiles = "correct the variables, or use profiles: unset AWS_ACCESS_KEY_ID"
    assert use_profiles in " ".join(said.split())
    with monkeypatch.context() as wrong:
        wrong.setenv("AWS_REGION", "bad region!")  # other keys would change nothing
        assert "awsprof doctor --offline shows which" in run("whoami", code=3).stderr
        assert "unset AWS_REGION" in run("doctor", "--offline", code=1).stdout
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "short")
    assert use_profiles in " ".join(run("whoami", code=3).stderr.split())


def test_whoami_asks_about_the_role_of_the_environment_as_boto3_uses_it(
    aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".aws").mkdir(mode=0o700)
    config, key = home / ".aws" / "config", aws.user("alice")
    config.write_text(
        "[default]\nregion = eu-west-1\n"
        f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    token = tmp_path / "token"
    token.write_text(aws.web_identity)
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::210987654321:role/Pod")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    done = run("whoami")
    assert "assumed-role/Pod/" in done.stdout
    assert "the role in AWS_ROLE_ARN, with AWS_WEB_IDENTITY_TOKEN_FILE, which SDKs" in done.stderr
    assert "user/alice" in run("whoami", "default").stdout
    role = "role_arn = arn:aws:iam::210987654321:role/Own\ncredential_source = Environment\n"
    config.write_text(f"[default]\nregion = eu-west-1\n{role}")
    run("whoami", code=3)  # a role of its own comes first, and here it has nothing to sign with
    config.write_text("")
    token.unlink()
    failed = run("whoami", code=3).stderr
    assert "which AWS_WEB_IDENTITY_TOKEN_FILE names, cannot be read" in failed
    assert "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN" in failed


def test_whoami_inside_exec_is_who_exec_runs_as(folder: Path, aws: Aws) -> None:
    key = aws.user("alice")
    text = f"aws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    write(folder, credentials=f"[dev]\n{text}[default]\nregion = eu-west-1\n")
    inside = run("exec", "dev", "--", AWSPROF, "whoami")
    assert (inside.stdout, inside.stderr) == (f"{key.arn}\n", "")


def test_an_edit_in_a_file_that_boto3_cannot_read_says_so(folder: Path) -> None:
    twice = "[profile other]\nregion = eu-west-1\n[profile other]\noutput = json\n"
    write(folder, config=f"[profile a b]\n{twice}[profile dev]\nregion = eu-west-1\n")
    said = run("rename", "dev", "new", "--yes").stderr
    assert "boto3 and the AWS CLI cannot read this file" in said
    assert "[profile new]" in (folder / "config").read_text()
    assert twice in (folder / "config").read_text()
    run("undo", "--yes")
    assert "[profile dev]" in (folder / "config").read_text()
