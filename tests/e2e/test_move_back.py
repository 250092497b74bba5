"""awsprof keys move --back: a key in plain text again, only if a person at the terminal says so."""

from pathlib import Path

import boto3
import pexpect
import pytest

from tests.standins.cli_runner import AWSPROF, run
from tests.standins.sample_config import Machine, machine

__all__ = ["machine"]


@pytest.mark.parametrize("words", [("--yes",), ("--all", "--yes")])
def test_yes_alone_writes_no_secret(machine: Machine, home: Path, words: tuple[str, ...]) -> None:
    before = machine.config.read_text()
    named = () if "--all" in words else ("base",)
    done = run("keys", "move", "--back", *named, *words, code=2 if "--all" in words else 4)
    assert machine.key.secret not in done.stdout + done.stderr
    assert machine.config.read_text() == before
    assert not (home / ".aws" / "credentials").exists()


def test_a_person_gets_the_key_back_and_can_undo_it(machine: Machine, home: Path) -> None:
    before = machine.config.read_text()
    child = pexpect.spawn(AWSPROF, ["keys", "move", "--back", "base"], encoding="utf-8", timeout=30)
    child.expect("Write it into ~/.aws/credentials, for base")
    child.sendline("y")
    child.expect(pexpect.EOF)
    shown = child.before or ""
    assert machine.key.secret not in shown
    assert "awsprof set admin mfa_serial" in shown
    credentials = home / ".aws" / "credentials"
    assert credentials.stat().st_mode & 0o777 == 0o600
    plain = boto3.Session(profile_name="base").get_credentials()
    assert (plain.access_key, plain.secret_key) == (machine.key.id, machine.key.secret)
    assert "credential-process base" not in machine.config.read_text()
    run("undo", "--yes")
    assert machine.config.read_text() == before
    assert machine.key.secret not in (credentials.read_text() if credentials.exists() else "")


def test_a_profile_without_a_key_in_the_vault_is_refused(machine: Machine) -> None:
    assert "has no key in the vault" in run("keys", "move", "--back", "admin", code=2).stderr
