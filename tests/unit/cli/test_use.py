"""awsprof use where no function of shell-init calls it: what to type instead, for that shell."""

from pathlib import Path

import pytest

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
