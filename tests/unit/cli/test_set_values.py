"""awsprof set: what SDKs or AWS refuse is not written, and what was meant is offered."""

from pathlib import Path

import pytest

from tests.standins.cli_runner import AWSPROF, run
from tests.standins.tmux_screen import ENTER, screen

KEYS = (
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)
CONFIG = (
    f"[profile p]\nregion = eu-west-1\n{KEYS}"
    "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = s\n"
    "[profile s]\nrole_arn = arn:aws:iam::123456789012:role/B\nsource_profile = p\n"
)


@pytest.fixture
def config(home: Path) -> Path:
    (home / ".aws").mkdir(mode=0o700)
    path = home / ".aws" / "config"
    path.write_text(CONFIG)
    return path


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("p retry_mode Standard", "awsprof set p retry_mode standard"),
        ("p region eu-west-1a", "awsprof set p region eu-west-1"),
        ("p s3.addressing_style virtual-host", "awsprof set p s3.addressing_style virtual"),
        ("p max_attempts none", "awsprof doctor --explain invalid-value"),
        ("p endpoint_url localhost:4566", "awsprof set p endpoint_url http://localhost:4566"),
        ("r duration_seconds 7200", "awsprof set r duration_seconds 3600"),
        ("p duration_seconds 999999", "awsprof set p duration_seconds 129600"),
    ],
)
def test_what_is_certainly_wrong_is_refused(config: Path, words: str, mend: str) -> None:
    said = run("set", *words.split(), "--yes", "--no-verify", code=2).stderr
    assert mend in said
    assert config.read_text() == CONFIG


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("p use_fips_endpoint yes", "Did you mean true?"),
        ("p regoin eu-west-1", "Did you mean region?"),
        ("p region eu-nowhere-7", "not a region botocore knows"),
    ],
)
def test_what_may_be_meant_is_written_with_a_word(config: Path, words: str, says: str) -> None:
    assert says in run("set", *words.split(), "--yes", "--no-verify").stderr
    assert words.split()[2] in config.read_text()


@pytest.mark.parametrize(
    ("words", "default"),
    [("regoin eu-west-1", "y/N"), ("region eu-nowhere-7", "y/N"), ("output json", "Y/n")],
)
def test_enter_does_not_write_what_was_warned_about(config: Path, words: str, default: str) -> None:
    with screen(AWSPROF, "set", "p", *words.split()) as shown:
        shown.prompt(f"Write this? [{default}]:")
        shown.press("what?", ENTER)
        shown.see("Answer y or n.")
        shown.prompt(f"Write this? [{default}]:")
        shown.press(ENTER)
        assert shown.ended() == 0
    assert (config.read_text() == CONFIG) == (default == "y/N")


def test_without_a_terminal_only_options_of_the_command_are_named(config: Path) -> None:
    said = run("set", "p", "output", "json", "--no-verify", code=2).stderr
    assert "add --yes to confirm, or --dry-run to see the changes" in said
    run("set", "p", "output", "json", "--no-verify", "--yes")
    said = run("undo", code=2).stderr
    assert "add --yes to confirm" in said
    assert "--dry-run" not in said  # which undo does not have
