"""Where every error ends: one sentence, the mend, the exit code, and no traceback."""

import logging
import re
from pathlib import Path

import click
import pytest

from awsprof import paths
from awsprof.cli import main
from awsprof.cli.root import awsprof_command
from awsprof.editing import recovery
from awsprof.errors import (
    CredentialsError,
    DurabilityError,
    InteractionRequired,
    UsageError,
    VaultError,
)
from tests.standins.aws import Aws

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
    logger = logging.getLogger("awsprof.auth.session_fetcher")

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
        r"\| \d+\.\d{3} awsprof\.auth\.session_fetcher: aws_secret_access_key = \*\*\* ?.*\n", err
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
    said = capsys.readouterr().err
    assert "\n  run awsprof" in said or "; more: awsprof set" in said
    assert said.endswith("--help\n")


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("hlep", "awsprof help"),
        ("lst", "awsprof list or awsprof set"),
        ("rotate", "awsprof keys rotate"),
        ("rotat", "awsprof keys rotate"),
        ("delete", "awsprof remove or awsprof keys delete"),
        ("configure", "awsprof setup"),
        ("version", "awsprof --version"),
        ("keys rotat", "awsprof keys rotate"),
        ("mfa enabel", "awsprof mfa enable"),
        ("add rol", "awsprof add role"),
        ("sso discvoer", "awsprof sso discover"),
        ("help keys rotat", "awsprof keys rotate"),
        ("show --jsno", "'--json'"),
        ("doctor --fxi", "'--fix'"),
        ("show prdo", "prod"),
        ("exec prdo -- true", "prod"),
        ("use prdo", "prod"),
        ("login --session crop", "corp"),
        ("doctor --explain missing-profile-prefx", "missing-profile-prefix"),
    ],
)
def test_a_near_miss_names_the_nearest(
    words: str, nearest: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text("[profile prod]\n[sso-session corp]\n")
    assert main.run_command(words.split()) in {2, 125}
    assert f"Did you mean {nearest}?" in capsys.readouterr().err


def test_what_is_near_nothing_is_answered_without_a_guess(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.run_command(["xyzzy"]) == 2
    assert capsys.readouterr().err == "awsprof: No such command 'xyzzy'.\n  run awsprof --help\n"


def test_help_is_a_command_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run_command(["help", "keys", "rotate"]) == 0
    helped = capsys.readouterr().out
    assert main.run_command(["keys", "rotate", "--help"]) == 0
    assert helped == capsys.readouterr().out
    assert main.run_command(["help"]) == 0
    assert "Access keys:" in capsys.readouterr().out


def test_a_history_that_cannot_be_read_stops_no_command_that_needs_none(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(_: object) -> list[str]:
        raise PermissionError(13, "Permission denied", str(home / "history"))

    monkeypatch.setattr(recovery, "recover_unfinished", closed)
    assert main.run_command(["list"]) == 0
    told = capsys.readouterr().err
    assert "history cannot be read: Permission denied." in told
    assert "Internal error" not in told


def test_a_history_of_broken_entries_is_not_told_as_none(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = paths.history_dir()
    folder.mkdir(parents=True, mode=0o700)
    (folder / "00000001.json").write_text("{broken")
    assert main.run_command(["history"]) == 0
    told = capsys.readouterr()
    assert "00000001.json of the history cannot be read" in told.err
    assert "nothing yet" not in told.out + told.err


@pytest.mark.parametrize(
    ("more", "line"),
    [([], "role_session_name = alice"), (["--session-name", "ci"], "role_session_name = ci")],
)
def test_a_role_s_sessions_are_named_after_the_user(
    more: list[str], line: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = "[profile base]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\nregion = eu-west-1\n"
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(base + "credential_process = /bin/true\n")
    role = ["--role-arn", "arn:aws:iam::210987654321:role/A", "--source", "base", "--no-verify"]
    assert main.run_command(["add", "role", "a", *role, *more, "--yes"]) == 0
    text = (home / ".aws" / "config").read_text()
    assert line in text
    assert main.run_command(["add", "role", "b", *role, "--session-name", "", "--yes"]) == 0
    assert (home / ".aws" / "config").read_text().count("role_session_name") == 1


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["settings", "vualt"], "Did you mean vault?"),
        (["policy", "manage-own-key"], "Did you mean manage-own-keys?"),
        (["completion", "bsh"], "Did you mean bash?"),
        (["doctor", "--explain", "source-misin"], "Did you mean source-missing?"),
        (["list", "--jsn"], "Did you mean '--json'?"),
        (["login", "--session", "cropp"], "Did you mean corp?"),
        (["whoami", "bsae"], "Did you mean base?"),
        (["keys", "rotat"], "Did you mean awsprof keys rotate?"),
    ],
)
def test_a_near_miss_names_what_was_meant(
    words: list[str], near: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[profile base]\n[sso-session corp]\nsso_region = x\n")
    assert main.run_command(words) == 2
    assert near in capsys.readouterr().err


@pytest.mark.parametrize("command", ["list", "undo", "import", "team generate", "set"])
def test_an_argument_of_ten_kilobytes_is_not_repeated(
    command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run_command([*command.split(), "A" * 10_000]) in {2, 3}
    said = capsys.readouterr().err
    assert said.startswith("awsprof: ")
    assert len(said) < 1000


@pytest.mark.parametrize("command", ["show", "whoami", "env", "keys rotate", "logout"])
def test_without_a_profile_at_all_the_way_to_the_first_one_is_named(
    command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run_command(command.split()) == 2
    said = capsys.readouterr().err
    assert said == "awsprof: There are no profiles yet.\n  run awsprof to set up the first one\n"


def test_what_is_missing_is_told_with_the_whole_command(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run_command(["set", "dev", "region"]) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[1] == "  awsprof set PROFILE KEY VALUE; more: awsprof set --help"


def test_profiles_that_wait_for_one_sign_in_are_one_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
    role = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n"
    (home / ".aws").mkdir()
    text = f"[sso-session corp]\n{start}" + "".join(f"[profile {n}]\n{role}" for n in "abcd")
    (home / ".aws" / "config").write_text(text)
    assert main.run_command(["whoami", "*"]) == 4
    said = capsys.readouterr().err
    assert said.count("You are not signed in to corp") == 1
    assert "x  a, b, c and 1 more: " in said
    assert "  awsprof login a\n" in said


def test_a_fix_of_one_profile_is_not_that_of_another(
    home: Path, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = "aws_access_key_id = AKIAIOSFODNN7EXAMPL{0}\naws_secret_access_key = {1}\n"
    (home / ".aws").mkdir()
    text = "".join(f"[profile {n}]\nregion = eu-west-1\n{keys.format(n, SECRET)}" for n in "AB")
    (home / ".aws" / "config").write_text(text)
    assert main.run_command(["whoami", "*"]) == 3
    said = capsys.readouterr().err
    assert all(f"x  {name}: " in said and f"awsprof add keys {name}" in said for name in "AB")
