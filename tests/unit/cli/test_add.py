"""awsprof add: what you decline is not verified, and what is there already is."""

from pathlib import Path

import pytest

from awsprof.cli.context import AppContext
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
