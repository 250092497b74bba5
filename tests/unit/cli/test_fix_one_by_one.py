"""awsprof doctor --fix at a terminal: each repair is shown with its outcome, and chosen or not."""

import io
from pathlib import Path

import pytest

from awsprof.cli.main import run_command
from awsprof.terminal import Terminal

CONFIG = """[profile base]
region = "eu-west-1"
credential_process = /bin/true
[profile ops]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/Ops
source_profile = bsae
[profile dup]
region = eu-west-1
[profile dup]
output = json
"""
FIX = ["doctor", "--offline", "--fix"]


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = home / ".aws" / "config"
    path.parent.mkdir(mode=0o700)
    path.write_text(CONFIG)
    path.chmod(0o600)
    monkeypatch.setattr(Terminal, "interactive", property(lambda _: True))
    return path


def answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], keys: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in keys)))
    run_command(FIX)
    return " ".join(capsys.readouterr().err.split())


def test_what_stops_all_comes_first_and_only_what_was_chosen_is_written(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = answered(monkeypatch, capsys, "yny")
    assert said.index("duplicate-section 1 of 3") < said.index("source-missing 2 of 3")
    assert "Then ops becomes usable; nothing else changes; 1 error is left." in said
    assert config.read_text() == CONFIG.replace("[profile dup]\noutput", "output").replace('"', "")


def test_all_that_are_left_is_one_answer_and_one_undo(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = answered(monkeypatch, capsys, "a")
    assert said.count("Fix this?") == 1
    assert "bsae" not in config.read_text()
    assert '"' not in config.read_text()
    assert run_command(["undo", "--yes"]) == 0
    assert config.read_text() == CONFIG


@pytest.mark.parametrize("keys", ["q", "nnn", ""])
def test_no_and_the_end_of_input_write_nothing(
    config: Path, keys: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(monkeypatch, capsys, keys)
    assert config.read_text() == CONFIG
