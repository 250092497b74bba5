"""awsprof doctor as people run it: every fault told, what can be mended mended, and taken back."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from awsprof.doctor import checks
from tests.e2e.all_faults_config import CONFIG, CREDENTIALS
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key, run

# What stands in no such files: damage that hides all else, tokens, the vault's and this machine's.
ELSEWHERE = {
    *("encoding", "lone-cr", "file-in-git-repository", "dialects-differ"),
    "unreadable-by-other-sdks",
    *("credentials-misspelt", "second-key"),
    *("mfa-twice", "mfa-wrong-account", "process-calls-itself", "process-in-writable-place"),
    "config-in-writable-place",
    *("vault-key-hidden", "process-not-isolated"),
    *("vault-entry-missing", "vault-entry-orphan", "keyring-unusable", "kernel-keyring-refused"),
    "kernel-keyring-full",
    "team-drift",
    *("sso-no-role", "sso-token-mismatch", "sso-registration-expired", "foreign-home"),
    *("env-profile-empty", "env-region-ignored", "login-needs-crt", "client-refused"),
    *("env-value-refused", "env-value-ignored", "env-key-misnamed", "env-web-identity-wins"),
    *("env-token-file-missing", "env-ca-bundle-missing", "env-file-missing", "file-misnamed"),
    *("env-container-refused", "one-file-for-both", "index-unreadable"),
}
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_PROFILE": "nobody",
    "AWS_DEFAULT_PROFILE": "no-region",
}


BY_HAND = ("this line has no sign\n", "[DEFAULT]\noutput = json\n")


@pytest.fixture
def files(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every fault at once, with one key that AWS knows; the folder."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    key, folder = aws.user("alice"), home / ".aws"
    (folder / "cli" / "cache").mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    (folder / "cli" / "cache" / "x.json").write_text("{}")
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text(CREDENTIALS.format(id=key.id, secret=key.secret))
    (folder / "config").chmod(0o600)
    (folder / "credentials").chmod(0o644)
    return folder


def report(*words: str, code: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("doctor", "--json", *words, code=code).stdout)
    return found


def findings(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [*found["findings"], *(f for p in found["profiles"] for f in p["findings"])]


@pytest.mark.long
def test_every_fault_at_once_is_told_and_what_is_left_needs_a_person(files: Path, aws: Aws) -> None:
    before = {name: (files / name).read_bytes() for name in ("config", "credentials")}
    told = {finding["id"] for finding in findings(report())}
    offline = {check.id for check in checks.all_checks() if not check.live}
    assert offline - told <= ELSEWHERE
    run("doctor", "--fix", "--yes", code=1)
    config, runs = files / "config", 1
    for line in BY_HAND:  # they are in the way of others, and need a person
        assert line in config.read_text()
        config.write_text(config.read_text().replace(line, ""))
    while any(finding["repairable"] for finding in findings(report())):
        run("doctor", "--fix", "--yes", code=1)  # what the mends of before have brought to light
        runs += 1
        assert runs < 6
    assert b"aws_secret_access_key = s" not in (files / "credentials").read_bytes()
    assert not (files / "cli" / "cache" / "x.json").exists()
    known = {p["name"]: p["health"] for p in report()["profiles"]}
    assert known["plain"] in {"healthy", "to look at"}  # its key is in the vault now, and works
    for _ in range(runs):
        run("undo", "--yes")
    after = {name: (files / name).read_bytes() for name in ("config", "credentials")}
    for line in BY_HAND:
        before["config"] = before["config"].replace(line.encode(), b"")
    assert after == before


def test_one_kind_of_repair_alone(home: Path, aws: Aws) -> None:
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    text = '[profile a]\ncli_pager = "x"\n[bare]\nregion = eu-west-1\n'
    (folder / "config").write_text(text)
    (folder / "config").chmod(0o600)
    shown = run("doctor", "--fix", "missing-profile-prefix", "--dry-run").stderr
    assert "+ [profile bare]" in shown
    assert (folder / "config").read_text() == text
    run("doctor", "--fix", "missing-profile-prefix", "--yes")
    assert (folder / "config").read_text() == text.replace("[bare]", "[profile bare]")
    said = run("doctor", "--fix", "mising-profile-prefix", code=2).stderr
    assert "Did you mean missing-profile-prefix?" in said


def test_a_key_waits_for_a_file_that_boto3_can_read(
    home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("alice")
    (home / ".aws").mkdir(mode=0o700)
    config = home / ".aws" / "config"
    twice = "[profile dup]\nregion = eu-west-1\n" * 2
    config.write_text(
        f"[profile base]\nregion = eu-west-1\naws_access_key_id = {key.id}\n"
        f"aws_secret_access_key = {key.secret}\n{twice}"
    )
    said = run("doctor", "--fix", "--yes").stderr
    assert f"{key.id} is moved once boto3 can read the file." in said
    assert config.read_text().count("[profile dup]") == 1 and key.secret in config.read_text()
    run("doctor", "--fix", "--yes")
    assert key.secret not in config.read_text()


def test_what_the_settings_ignore_is_not_told(home: Path, aws: Aws) -> None:
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    line = "credential_process = /usr/bin/true\n"
    (folder / "config").write_text(f"[profile a]\n{line}[profile b]\n{line}")
    (folder / "config").chmod(0o600)

    def told() -> set[tuple[str, str]]:
        return {(f["profile"], f["id"]) for f in findings(report("--offline", code=0))}

    assert {("a", "region-missing"), ("b", "region-missing")} <= told()
    run("settings", "ignore", "a:region-missing")
    assert ("a", "region-missing") not in told()
    assert ("b", "region-missing") in told()
    run("settings", "ignore", "region-missing")
    assert ("b", "region-missing") not in told()


@pytest.fixture
def many(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A key with a device, ten roles on it that want MFA at the key, and a second hop."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key, device = aws.user("alice"), aws.device("alice")
    aws.role("Admin", mfa=True)
    flags = ("--mfa-serial", device.serial, "--region", "eu-west-1", "--no-verify")
    add_vault_key(key, *flags)
    arn = "arn:aws:iam::210987654321:role/Admin"
    roles = [
        f"[profile r{n}]\nrole_arn = {arn}\nsource_profile = base\nregion = eu-west-1\n"
        for n in range(10)
    ]
    with (home / ".aws" / "config").open("a") as config:
        config.write("\n" + "\n".join(roles))
    return aws


def test_who_waits_for_a_code_is_no_error_and_one_code_serves_all(
    many: Aws, home: Path, tmp_path: Path
) -> None:
    waiting = report(code=0)["profiles"]
    assert {profile["health"] for profile in waiting} == {"waits for a code"}
    program = tmp_path / "code"
    device = many.devices["arn:aws:iam::123456789012:mfa/alice"]
    notes = tmp_path / "notes"
    program.write_text(f"#!/bin/sh\necho x >> '{notes}'\necho {device.code()}\n")
    program.chmod(0o755)
    run("set", "base", "mfa_process", str(program), "--no-verify", "--yes")
    assert not notes.exists()  # without --interactive nothing is asked for a code
    done = report("--interactive", code=0)["profiles"]
    assert {profile["health"] for profile in done} == {"healthy"}
    assert notes.read_text() == "x\n"
    assert many.calls.count("GetSessionToken") == 1


def test_each_source_is_signed_in_once(many: Aws, home: Path) -> None:
    many.role("Deep", account="345678901234", trusted=("arn:aws:iam::210987654321:root",))
    key = many.moto.keys_of("arn:aws:iam::123456789012:user/alice", "123456789012")[0]
    many.role("Open")
    arns = {"top": "arn:aws:iam::210987654321:role/Open"}
    arns |= {f"deep{n}": "arn:aws:iam::345678901234:role/Deep" for n in range(5)}
    config = f"[profile key]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    for name, arn in arns.items():
        source = "key" if name == "top" else "top"
        config += f"[profile {name}]\nrole_arn = {arn}\nsource_profile = {source}\n"
    (home / ".aws" / "config").write_text(config)
    many.calls.clear()
    done = report(code=0)["profiles"]
    assert all(profile["arn"] for profile in done), done
    assert many.calls.count("AssumeRole") == 6  # top once, and each of those on it


def test_no_network_is_told_once(many: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    key = many.user("bob")
    config = "".join(
        f"[profile p{n}]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        "region = eu-west-1\n"
        for n in range(20)
    )
    Path(os.environ["HOME"], ".aws", "config").write_text(config)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    found = report()
    assert [f["id"] for f in findings(found)].count("identity") == 1
    assert "20 profiles" in next(f for f in found["findings"] if f["id"] == "identity")["message"]
    assert {profile["health"] for profile in found["profiles"]} <= {"not asked", "to look at"}


def test_one_that_hangs_holds_up_nobody_and_ctrl_c_tells_what_is_known(
    many: Aws, home: Path, tmp_path: Path
) -> None:
    key = many.user("bob")
    program = tmp_path / "hangs"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/started'\nexec sleep 100\n")
    program.chmod(0o755)
    config = f"[profile hangs]\ncredential_process = {program}\nregion = eu-west-1\n"
    config += (
        f"[profile well]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    (home / ".aws" / "config").write_text(config)
    began = time.monotonic()
    profiles = {p["name"]: p for p in report("--timeout", "3")["profiles"]}
    assert time.monotonic() - began < 30
    assert profiles["well"]["arn"] == "arn:aws:iam::123456789012:user/bob"
    assert profiles["hangs"]["health"] in {"broken", "not asked"}
    (tmp_path / "started").unlink()
    many.calls.clear()
    child = subprocess.Popen(
        [AWSPROF, "doctor"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 30
    # What follows on who it is shows that this answer has come.
    known = {"GetCallerIdentity", "ListAccessKeys"}
    while time.monotonic() < deadline and not (
        known <= {*many.calls} and (tmp_path / "started").exists()
    ):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=30)[0]
    assert "interrupted: 1 of 2 were asked" in said
    assert child.returncode == 130


def test_a_page_is_written(many: Aws, home: Path, tmp_path: Path) -> None:
    page = tmp_path / "health.html"
    run("doctor", "--offline", "--html", str(page))
    assert page.read_text().startswith("<!DOCTYPE html>")
    said = run("doctor", "--offline", "--html", str(tmp_path / "no" / "x.html"), code=3).stderr
    assert "cannot be written" in said


def test_explained_and_listed() -> None:
    listed = run("doctor", "--list-checks").stdout
    for check in checks.all_checks():
        assert check.id in listed
    assert "source_profile" in run("doctor", "--explain", "source-missing").stdout
    run("doctor", "--explain", "nothing", code=2)
