"""A secret that is planted is seen nowhere but where it is meant to be."""

import subprocess
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.program import AWSPROF

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
    "credential-process nobody",
    "credential-process canary",
    "env canary",
    "exec canary -- true",
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
    "keys stop canary --no-new-key --yes",
    "--debug keys stop {id} --new-key --yes",
    "remove canary --with-secret --dry-run",
    "remove canary --with-secret --yes",
    "undo --yes",
)


def seen(words: list[str], secret: str) -> bool:
    """Whether the secret is in what the command prints."""
    done = subprocess.run(
        [AWSPROF, *words], input=secret, capture_output=True, text=True, timeout=60, check=False
    )
    return secret in done.stdout + done.stderr


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
        assert not seen(add, secret)
    for command in COMMANDS:
        words = [w.format(secret=secret, id=key.id, csv=csv) for w in command.split()]
        shown = seen(words, secret)
        assert shown == (words[0] in PRINTING and words[1] == "canary"), command
        kept = in_files(home, secret)
        assert kept in ([], [str(plain)]), command
        assert start == "in plain text" or kept == [], command
