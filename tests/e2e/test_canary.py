"""A secret that is planted is seen nowhere but where it is meant to be."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, run_unchecked

# The commands whose purpose is to print credentials.
PRINTING = {"credential-process", "env"}
COMMANDS = (
    "list",
    "list --tree",
    "list --json",
    "show canary",
    "show canary --json",
    "doctor",
    "doctor nobody",
    "--debug doctor nobody",
    "set canary region eu-west-1 --yes",
    "set canary region eu-west-2 --dry-run",
    "set canary aws_secret_access_key {secret} --yes",
    "copy canary again --yes",
    "rename canary bird --yes",
    "rename bird canary --yes",
    "unset canary region --yes",
    "history",
    "undo --yes",
    "settings",
    "settings vault",
    "settings vault keyring",
    "login canary",
    "add keys canary --access-key-id {id} --secret-stdin --yes",
    "add keys canary --access-key-id {id} --secret-stdin --dry-run",
    "--debug add keys other --access-key-id AKIAIOSFODNN7EXAMPLE --secret-stdin --yes",
    "add keys other --access-key-id {id} --csv {csv} --yes",
    "keys import canary --stdin --yes",
    "keys import other --csv {csv} --region eu-west-1 --yes",
    "--debug keys import other --env --yes",
    "keys move --all --yes",
    "doctor --fix --dry-run",
    "doctor --offline --json",
    "doctor --html {page}",
    "keys list canary --json",
    "keys activate canary --yes",
    "credential-process nobody",
    "credential-process canary",
    "env canary",
    "exec canary -- true",
    "console canary --print",
    "console canary",
    "logout canary",
    "keys audit {id}",
    "keys audit canary --json",
    "keys audit --using canary --csv",
    "--debug keys audit AKIAIOSFODNN7EXAMPLE",
    "policy manage-own-keys --profile canary",
    "mfa list canary",
    "mfa enable canary --yes",
    "mfa keep-seed canary --yes",
    "keys stop canary --dry-run",
    "--debug keys stop {id} --dry-run",
    "remove canary --with-secret --dry-run",
    "remove canary --with-secret --yes",
    "undo --yes",
    "keys import canary --csv {csv} --delete-csv --yes",
    "keys rotate canary --yes",
    "keys rotate canary --back --yes",
    "keys rotate canary --now --yes",
    "keys rotate --continue --yes",
    "keys stop canary --new-key --yes",
    "--debug keys stop canary --no-new-key --yes",
    "keys deactivate canary --yes",
    "keys delete canary --yes",
    "keys delete {id} --now --yes",
)


def printed(words: list[str], stdin: str) -> str:
    """All that the command prints."""
    done = run_unchecked(*words, stdin=stdin)
    return done.stdout + done.stderr


def in_files(home: Path, secret: str) -> list[str]:
    files = (f for f in home.rglob("*") if f.is_file())
    return [str(f) for f in files if secret.encode() in f.read_bytes()]


@pytest.mark.parametrize("start", ["in the vault", "in plain text"])
def test_no_command_shows_or_leaves_a_secret(
    start: str, aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    key = aws.user("canary")
    secret = key.secret
    csv = tmp_path / "keys.csv"
    csv.write_text(f"Access key ID,Secret access key\n{key.id},{secret}\n")
    plain = home / ".aws" / "credentials"
    if start == "in plain text":
        plain.parent.mkdir()
        plain.write_text(f"[canary]\naws_access_key_id={key.id}\naws_secret_access_key={secret}\n")
    else:
        add = ["add", "keys", "canary", "--access-key-id", key.id, "--secret-stdin", "--yes"]
        assert secret not in printed(add, secret)
    made = {secret}
    moved = COMMANDS.index("keys move --all --yes")  # from there on it is in the vault either way
    for command in COMMANDS if start == "in the vault" else COMMANDS[: moved + 1]:
        words = [
            w.format(secret=secret, id=key.id, csv=csv, page=home / "page.html")
            for w in command.split()
        ]
        by_stdin = f"{key.id}\n{secret}" if "--stdin" in words else secret
        said = printed(words, by_stdin)
        made |= {each.secret for each in aws.moto.keys_of(key.arn, key.account)}  # rotated ones
        shown = any(each in said for each in made)
        assert shown == (words[0] in PRINTING and words[1] == "canary"), command
        kept = {file for each in made for file in in_files(home, each)}
        assert kept <= {str(plain)}, command
        assert start == "in plain text" or not kept, command
    assert len(made) > 1 or start == "in plain text"  # a rotation did take place


def test_no_program_that_is_started_learns_the_passphrase(
    aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor any secret, by its arguments: code programs, browsers, other people's processes."""
    passphrase = "correct horse battery staple"
    monkeypatch.setenv("AWSPROF_PASSPHRASE", passphrase)
    key, device = aws.user("canary"), aws.device("canary")
    notes, program = tmp_path / "notes", tmp_path / "program"
    copy = f"cat /proc/$$/environ /proc/$$/cmdline >> '{notes}'.$1"
    program.write_text(f"#!/bin/sh\n{copy}\ncat '{notes}'\n")
    program.chmod(0o755)
    add = ["add", "keys", "canary", "--access-key-id", key.id, "--secret-stdin", "--yes"]
    assert key.secret not in printed(
        [*add, "--mfa-serial", device.serial, "--no-verify"], key.secret
    )
    config = home / ".aws" / "config"
    other = f"[profile other]\ncredential_process = {program} process\n"
    config.write_text(f"{config.read_text()}mfa_process = {program} code\n{other}")
    notes.write_text(device.code())
    monkeypatch.setenv("BROWSER", f"{program} %s")
    subprocess.run([AWSPROF, "login", "canary"], check=True, capture_output=True)
    given = {"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    notes.write_text(json.dumps(given))
    subprocess.run([AWSPROF, "credential-process", "other"], check=True, capture_output=True)
    monkeypatch.setenv("BROWSER", f"{program} browser %s")
    waiting = subprocess.Popen([AWSPROF, "console", "canary"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not Path(f"{notes}.browser").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    waiting.terminate()  # this browser never comes
    waiting.communicate()
    for started in ("code", "process", "browser"):
        known = Path(f"{notes}.{started}").read_bytes()
        assert b"BROWSER=" in known
        for secret in (passphrase, key.secret, *(k.secret for k in aws.keys.values())):
            assert secret.encode() not in known, started
