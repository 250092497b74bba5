"""Where every error ends: one sentence, the mend, the exit code, and no traceback."""

import logging
import re

import click
import pytest

from awsprof.cli import main
from awsprof.cli.root import awsprof_command
from awsprof.errors import (
    CredentialsError,
    DurabilityError,
    InteractionRequired,
    UsageError,
    VaultError,
)

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> "list[BaseException]":
    """The command ``fail`` raises the last of these."""
    errors: list[BaseException] = []

    @click.command("fail")
    def fail() -> None:
        raise errors[-1]

    assert isinstance(awsprof_command, click.Group)
    monkeypatch.setitem(awsprof_command.commands, "fail", fail)
    return errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("it cannot be", "do that"), 2),
        (CredentialsError("it cannot be", "do that"), 3),
        (InteractionRequired("it cannot be", "do that"), 4),
        (VaultError("it cannot be", "do that"), 5),
        (DurabilityError("it cannot be", "do that"), 6),
    ],
    ids=lambda value: str(value),
)
def test_each_error_has_its_exit_code(
    failing: "list[BaseException]",
    error: Exception,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing.append(error)
    assert main.run_command(["fail"]) == code
    assert capsys.readouterr() == ("", "awsprof: it cannot be\n  do that\n")


def test_an_interruption_is_no_error(
    failing: "list[BaseException]", capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(KeyboardInterrupt())
    assert main.run_command(["fail"]) == 130
    assert "Stopped" in capsys.readouterr().err


def test_an_error_of_our_own_shows_no_traceback_unless_asked(
    failing: "list[BaseException]", capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(RuntimeError("the secret"))
    assert main.run_command(["fail"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "the secret" not in said
    assert "awsprof --debug" in said
    assert main.run_command(["--debug", "fail"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_debug_logs_to_stderr_masked_and_while_the_command_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("awsprof.auth.cached")

    @click.command("fail")
    def fail() -> None:
        logger.debug("aws_secret_access_key = %s\n\033[31mforged", SECRET)

    assert isinstance(awsprof_command, click.Group)
    monkeypatch.setitem(awsprof_command.commands, "fail", fail)
    assert main.run_command(["fail"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main.run_command(["--debug", "fail"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"\| \d+\.\d{3} awsprof\.auth\.cached: aws_secret_access_key = \*\*\* ?.*\n", err
    )
    assert SECRET not in err
    assert "\033" not in err
    assert logging.getLogger("awsprof").level == logging.NOTSET
    assert [type(h) for h in logging.getLogger("awsprof").handlers] == [logging.NullHandler]


@pytest.mark.parametrize("words", [["nonsense"], ["show", "--nonsense"], ["set", "a"]])
def test_wrong_usage_says_where_help_is(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run_command(words) == 2
    assert "--help tells more" in capsys.readouterr().err
