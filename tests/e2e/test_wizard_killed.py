"""The wizard, ended by a signal at each step of what it writes, in its own terminal."""

import signal
import sys
from pathlib import Path

import pytest

from awsprof.prompting import NonInteractive
from awsprof.vault.vault import open_vault
from tests.crash_runner import ROOT
from tests.e2e.kills import ALL, SIGNALS, half_done
from tests.standins.aws import Aws
from tests.standins.cli_runner import run
from tests.standins.tmux_screen import ENTER, screen

NEVER = 10**6
SOME = {signal.SIGKILL: 0.5, signal.SIGTERM: 0.2, signal.SIGHUP: 0.7}  # of the way


def set_up(key_id: str, secret: str, steps: Path, at: int, number: int) -> tuple[int, int]:
    """Give the key by hand, and agree.

    The exit code, or the signal below zero; and how many steps there were until it was told.
    """
    steps.unlink(missing_ok=True)
    runner = (sys.executable, "-m", "tests.crash_runner", "--terminal")
    with screen(*runner, str(at), str(int(number)), str(steps), "setup") as wizard:
        wizard.pick("What would you like to do?", "access key")
        wizard.type("Access key ID", key_id)
        wizard.type("Secret access key", secret)
        wizard.pick("MFA device", "none")
        wizard.type("Region", "eu-west-1")
        wizard.answer("Name of the profile")
        wizard.ask("Write this?")
        steps.touch()
        wizard.press(ENTER)
        count = 0
        if at == NEVER:
            wizard.see("ok Saved.")
            count = len(steps.read_text().splitlines())
            wizard.pick("What would you like to do?", "Quit")
        return wizard.status(), count


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", SIGNALS)
def test_killed(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    monkeypatch.chdir(ROOT)
    key, steps = aws.user("alice"), tmp_path / "steps"

    def machine(name: str) -> Path:
        home = tmp_path / name
        (home / ".aws").mkdir(parents=True)
        monkeypatch.setenv("HOME", str(home))
        run("settings", "vault", "file")
        return home

    home = machine("whole")
    code, count = set_up(key.id, key.secret, steps, NEVER, number)
    assert code == 0
    whole = (home / ".aws" / "config").read_text()
    assert count > 10
    for at in range(count) if ALL else [int(count * SOME[number])]:
        home = machine(f"killed-{at}")
        code, _ = set_up(key.id, key.secret, steps, at, number)
        told = f"{number.name} before step {at} of {count}"
        assert code in ({-number} if number is signal.SIGKILL else {128 + number}), told
        told += run("history").stderr
        assert half_done(home) == [], told
        config = home / ".aws" / "config"
        held = open_vault(NonInteractive(), "file").holds(key.id)
        if config.exists() and config.read_text():
            assert config.read_text() == whole, told
            assert held, told
            run("undo", "--yes")
            assert not config.exists() or not config.read_text(), told
        else:
            assert not held, told
