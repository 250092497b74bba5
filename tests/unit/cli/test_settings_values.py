"""awsprof settings: what it says about a value that will not do what it should."""

from pathlib import Path

import pytest

from awsprof import settings
from awsprof.cli.main import run_command


def test_a_change_is_confirmed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["settings", "key-age", "30"]) == 0
    assert capsys.readouterr().err == "ok key-age is 30 now\n"
    assert run_command(["settings", "ignore", ""]) == 0
    assert capsys.readouterr().err == "ok ignore is empty now\n"


@pytest.mark.parametrize("value", ["file-mod", "prod:file-mod", "key-age-old,file-mod"])
def test_a_check_that_does_not_exist_is_not_ignored(
    value: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["settings", "ignore", value]) == 2
    assert "There is no check" in capsys.readouterr().err
    assert settings.get_setting("ignore") == ""
    assert run_command(["settings", "ignore", "file-mode, prod:mfa-twice"]) == 0


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ("foo", "foo"),
        ("op:AWS", "op"),
        ("/no/such/program --otp {device}", "/no/such/program"),
        ("sh -c 'echo 123456'", None),
        ("ask", None),
    ],
)
def test_a_program_that_is_not_here_is_named(
    value: str,
    missing: str | None,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert run_command(["settings", "mfa", value]) == 0
    assert settings.get_setting("mfa") == value
    warned = f"!  {missing} is not a program here" in capsys.readouterr().err
    assert warned == (missing is not None)
