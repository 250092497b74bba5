"""awsprof add: what you decline is not verified, and what is there already is."""

import io
import sys
from pathlib import Path

import pytest

from awsprof.cli.app_context import AppContext
from awsprof.cli.main import run_command

ADD = ["add", "process", "x", "--command", "/bin/false"]


@pytest.fixture
def config(home: Path) -> Path:
    (home / ".aws").mkdir(mode=0o700)
    return home / ".aws" / "config"


def test_a_declined_profile_is_not_verified(
    config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(AppContext, "confirm", lambda *_, **__: False)
    assert run_command(ADD) == 0
    said = capfd.readouterr().err
    assert said.rstrip().endswith("Nothing was written.")
    assert not config.exists()


def test_a_profile_that_is_there_already_is_verified(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command([*ADD, "--yes", "--no-verify"]) == 0
    written = config.read_text()
    assert run_command([*ADD, "--yes"]) != 0
    said = capfd.readouterr().err
    assert "nothing to change" in said and "/bin/false" in said
    assert config.read_text() == written


@pytest.mark.parametrize(
    "command",
    [
        ["add", "keys", "work", "--access-key-id", "AKIAIOSFODNN7EXAMPLE", "--secret-stdin"],
        ["keys", "import", "work", "--stdin"],
    ],
    ids=["add", "import"],
)
def test_a_passphrase_variable_that_is_too_short_is_told_before_aws_is_asked(
    command: list[str],
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "short")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"AKIAIOSFODNN7EXAMPLE\n{secret}\n"))
    assert run_command([*command, "--yes"]) == 5
    said = capfd.readouterr().err
    assert "AWSPROF_PASSPHRASE has 5 characters" in said
    assert secret not in said
    assert not config.exists()
