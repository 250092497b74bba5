"""awsprof use where no function of shell-init calls it: what to type instead, for that shell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.cli.main import run_command


@pytest.mark.parametrize(
    ("shell", "told"),
    [
        ("/bin/bash", 'eval "$(awsprof shell-init bash)"'),
        ("/bin/zsh", "~/.zshrc"),
        ("/usr/bin/fish", "awsprof shell-init fish | source"),
        ("/usr/bin/pwsh", "awsprof shell-init powershell | Out-String | Invoke-Expression"),
        ("/bin/tcsh", "run it yourself: unsetenv AWS_DEFAULT_PROFILE; setenv AWS_PROFILE 'a b'"),
        ("/opt/nu", '$env.AWS_PROFILE = "a b"'),
        ("/opt/elvish", 'eval "$(awsprof shell-init bash)"'),
    ],
)
def test_it_says_what_to_run(
    shell: str,
    told: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text('[profile "a b"]\nregion = eu-west-1\n')
    monkeypatch.setenv("SHELL", shell)
    assert run_command(["use", "a b"]) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_help_says_which_shells_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(["shell-init", "--help"])
    assert "tcsh, nu and cmd have no" in capsys.readouterr().out


CONFIG = "[profile prod]\nregion = eu-west-1\n[profile dev]\nregion = eu-west-2\n"
KEY = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.fixture
def printed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """What `use` has bash run, under these variables."""
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text(CONFIG)

    def lines(*words: str, **variables: str) -> list[str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert run_command(["use", "--shell", "bash", *words]) == 0
        return capsys.readouterr().out.splitlines()

    return lines


def test_credentials_that_would_win_are_unset(printed: Callable[..., list[str]]) -> None:
    lines = printed("dev", **KEY, AWS_SESSION_TOKEN="made up", AWS_BEARER_TOKEN_BEDROCK="made up")
    gone = {"AWS_SESSION_TOKEN", "AWS_BEARER_TOKEN_BEDROCK", "AWS_DEFAULT_PROFILE", *KEY}
    assert {f"unset {name}" for name in gone} <= set(lines)
    assert "export AWS_PROFILE='dev'" in [line.replace("=dev", "='dev'") for line in lines]
    assert {f"unset {name}" for name in KEY} <= set(printed())


@pytest.mark.parametrize(
    ("profile", "region", "unset"),
    [("prod", "eu-west-1", True), ("prod", "eu-west-3", False), ("", "eu-west-1", False)],
)
def test_the_region_of_the_last_profile_goes_with_it(
    printed: Callable[..., list[str]], profile: str, region: str, unset: bool
) -> None:
    lines = printed("dev", **KEY, AWS_REGION=region, AWSPROF_PROFILE=profile)
    assert ("unset AWS_REGION" in lines) == unset


def test_under_a_served_exec_sdks_find_the_files_again(
    printed: Callable[..., list[str]], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in paths.hiding_variables().items():
        monkeypatch.setenv(name, value)
    paths.reveal_hidden_files()
    lines = printed("dev")
    assert f"export AWS_CONFIG_FILE={home / '.aws' / 'config'}" in "\n".join(lines).replace("'", "")
    assert "unset AWSPROF_CONFIG_FILE" in lines


def test_an_empty_name_is_no_profile(printed: object) -> None:
    assert run_command(["use", "--shell", "bash", ""]) == 2
