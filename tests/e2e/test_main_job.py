"""The main job as its users run it: from an empty HOME to proven profiles."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.standins.aws import Aws, Key
from tests.standins.cli_runner import AWSPROF, run, working
from tests.standins.moto_iam import UserKey
from tests.standins.secret_service import SecretService
from tests.standins.tmux_screen import CTRL_A, DOWN, ENTER, screen


def add_base(key: Key | UserKey, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    words = ["add", "keys", "base", "--access-key-id", key.id, "--secret-stdin", "--yes", *more]
    return run(*words, stdin=key.secret, code=code)


def in_plain_text(home: Path, secret: str) -> list[str]:
    """The files below HOME that hold the secret."""
    wanted = secret.encode()
    return [str(f) for f in home.rglob("*") if f.is_file() and wanted in f.read_bytes()]


@pytest.fixture(params=["the Secret Service", "an encrypted file"])
def vault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the places where a secret may lie."""
    if request.param == "the Secret Service":
        service: SecretService = request.getfixturevalue("secret_service")
        assert not service.locked
    else:
        monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    return str(request.param)


def test_from_nothing_to_three_proven_profiles(vault: str, home: Path, aws: Aws) -> None:
    key = aws.user("alice")
    aws.role("Admin")
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    aws.approve_at_once = True

    added = add_base(key, "--region", "eu-west-1")
    assert "base is arn:aws:iam::123456789012:user/alice" in added.stderr
    assert "+ [profile base]" in added.stderr

    arn = "arn:aws:iam::210987654321:role/Admin"
    run("add", "role", "admin", "--role-arn", arn, "--source", "base", "--yes")
    sso = ["--session", "corp", "--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1"]
    role = ["--account", "345678901234", "--role", "ReadOnly"]
    run("add", "sso", "prod", *sso, *role, "--yes")

    doctor = run("doctor")
    assert "3 profiles" in doctor.stdout and len(working()) == 3
    assert "assumed-role/Admin/" in doctor.stdout
    assert "AWSReservedSSO_ReadOnly" in doctor.stdout
    assert in_plain_text(home, key.secret) == []
    assert (home / ".aws" / "config").stat().st_mode & 0o777 == 0o600

    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    boto = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "AWS_PROFILE": "admin", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert boto.stdout.startswith("arn:aws:sts::210987654321:assumed-role/Admin/")

    profiles = json.loads(run("list", "--json").stdout)["profiles"]
    assert [(p["name"], p["kind"], p["source"]) for p in profiles] == [
        ("base", "keys", None),
        ("admin", "role", "base"),
        ("prod", "sso", "corp"),
    ]


def test_the_wizard_leads_from_an_empty_machine_to_three_proven_profiles(
    home: Path, aws: Aws
) -> None:
    key, device = aws.user("alice"), aws.device("alice")
    passphrase = "correct horse battery staple"
    aws.role("Admin", mfa=True)
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly", "Developer"))
    with screen(AWSPROF) as wizard:
        wizard.see("0 profiles", "secrets in an encrypted file")
        wizard.pick("What would you like to do?", "access key")
        wizard.type("Access key ID", key.id)
        wizard.type("Secret access key", key.secret)
        wizard.see("the key is arn:aws:iam::123456789012:user/alice")
        wizard.type("Region", "eu-west-1")
        wizard.answer("Name of the profile")
        wizard.see("+ [profile base]", f"The secret of {key.id} will be stored in the vault.")
        assert not (home / ".aws" / "config").exists()
        wizard.answer("Write this?")
        wizard.prompt("Choose a passphrase:")
        wizard.press(passphrase, ENTER)
        wizard.prompt("Repeat the passphrase:")
        wizard.press(passphrase, ENTER)
        wizard.prompt("MFA code for base")
        wizard.press(device.code(), ENTER)
        wizard.see("ok base is arn:aws:iam::123456789012:user/alice")

        wizard.pick("What would you like to do?", "Add roles")
        wizard.type("Role ARN", "arn:aws:iam::210987654321:role/Admin")
        wizard.answer("Name of the profile")
        wizard.see("+ role_session_name = alice")
        wizard.answer("Write this?")
        wizard.see("assumed-role/Admin/alice", "--profile admin")

        wizard.pick("What would you like to do?", "Identity Center")
        wizard.type("Start URL", f"{aws.url}/start")
        wizard.type("Region of Identity Center", "eu-west-1")
        wizard.see("ABCD-EFGH", "/device")
        aws.approve()
        wizard.ask("Which profiles?")
        wizard.see("2 of 2 chosen", "you have 1 account and 2 roles")
        wizard.press(CTRL_A, DOWN, ENTER)  # none is ticked any more: the one at the pointer
        wizard.answer("Name of the profile")
        wizard.answer("Region")
        wizard.answer("Write this?")
        wizard.see("prod-readonly is", "AWSReservedSSO_ReadOnly")

        wizard.pick("What would you like to do?", "Check the health")
        wizard.see("ok prod-readonly arn:aws:sts::", "in 3 profiles")
        wizard.pick("What would you like to do?", "Quit")
        assert wizard.ended() == 0
        assert key.secret not in wizard.text
        assert passphrase not in wizard.text
    assert aws.calls.count("GetSessionToken") == 1
    written = (home / ".aws" / "config").read_text()
    assert "region = eu-west-1" in written
    assert key.secret not in written


def test_one_code_serves_every_role_on_a_key(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key, device = aws.user("alice"), aws.device("alice")
    for name in ("Admin", "Audit"):
        aws.role(name, mfa=True)
    add_base(key, "--mfa-serial", device.serial, "--no-verify")
    for name in ("Admin", "Audit"):
        arn = f"arn:aws:iam::210987654321:role/{name}"
        words = ("add", "role", name.lower(), "--role-arn", arn, "--source", "base")
        run(*words, "--yes", "--no-verify")
    assert "needs an MFA code" in run("doctor", "admin").stdout
    assert "awsprof login base" in run("credential-process", "base", code=4).stderr

    child = pexpect.spawn(AWSPROF, ["login", "admin"], timeout=30, encoding="utf-8")
    child.expect("MFA code for base .*: ")
    child.sendline(device.code())
    child.expect("base is signed in with MFA until [0-9:]{5}")
    child.expect("assumed-role/Admin/")
    child.expect(pexpect.EOF)
    assert len(working()) == 3
    assert aws.calls.count("GetSessionToken") == 1


def test_what_does_not_verify_is_not_left_behind(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    add_base(aws.user("alice"))
    config = home / ".aws" / "config"
    before = config.read_bytes()
    arn = "arn:aws:iam::210987654321:role/Nobody"
    failed = run("add", "role", "nobody", "--role-arn", arn, "--source", "base", "--yes", code=3)
    assert "cannot be assumed" in failed.stderr
    assert config.read_bytes() == before


def test_root_keys_are_refused(home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    refused = add_base(aws.user("root"), code=3)
    assert "root user" in refused.stderr
    assert not (home / ".aws" / "config").exists()


def test_each_failure_is_one_clear_sentence(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    add_base(key)
    key.active = False
    assert "deleted or is inactive" in run("doctor", code=1).stdout
    key.active = True
    right, key.secret = key.secret, "x" * 40
    assert "not this key's" in run("doctor", code=1).stdout
    key.secret = right
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    assert "cannot be reached" in run("doctor", code=1).stdout
    config = home / ".aws" / "config"
    config.write_text(config.read_text() + "no equals sign\n")
    assert "config:3" in run("list", code=3).stderr


def test_a_locked_keyring_says_so(home: Path, aws: Aws, secret_service: SecretService) -> None:
    add_base(aws.user("alice"))
    secret_service.lock()
    failed = run("credential-process", "base", code=5)
    assert "locked" in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_edits_and_undo_give_the_former_bytes(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    config = home / ".aws" / "config"
    config.parent.mkdir()
    text = "# mine\n[profile a]\nregion = eu-west-1 # here\n\n# next\n[profile b]\n"
    text += "role_arn = arn:aws:iam::123456789012:role/X\nsource_profile = a\n"
    config.write_text(text)
    run("set", "a", "region", "us-east-1", "--yes")
    assert "# here\nregion = us-east-1\n" in config.read_text()
    run("rename", "a", "z", "--yes")
    assert "source_profile = z" in config.read_text()
    run("copy", "b", "c", "--yes")
    assert "b, c have z as source_profile" in run("remove", "z", "--yes", code=2).stderr
    run("remove", "c", "--yes")
    run("unset", "z", "region", "--yes")
    for _ in range(5):
        run("undo", "--yes")
    assert config.read_text() == text
    assert "nothing to undo" in run("undo", "--yes", code=2).stderr.lower()


def test_a_key_in_plain_text_moves_and_comes_back(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    credentials = home / ".aws" / "credentials"
    credentials.parent.mkdir()
    text = f"[base]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    credentials.write_text(text)
    shown = add_base(key)
    assert key.secret not in shown.stdout + shown.stderr
    assert in_plain_text(home, key.secret) == []
    assert len(working()) == 1
    assert "into a plain-text file" in run("undo", "--yes").stderr
    assert credentials.read_text() == text
