"""Each entry point, with a config file that others could have written: no program of it is run.

An entry point that needs the credentials says who can write the file, and how to fix that; the
others work as usual. The file, its folder, and the program that it names are made writable for
everybody.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.requirements import need
from tests.standins.cli_runner import AWSPROF, run_unchecked
from tests.standins.tmux_screen import screen

FACTORY = (
    "import awsprof; awsprof.session('p', region='eu-west-1').client('sts').get_caller_identity()"
)
# Each entry point by its words; `True` if it needs the credentials of p, and so reports it.
ENTRY_POINTS: dict[str, tuple[str, bool]] = {
    "exec": ("p -- true", True),
    "env": ("p", True),
    "console": ("p --print", True),
    "credential-process": ("p", True),
    "login": ("p", True),
    "whoami": ("p", True),
    "doctor": ("", True),
    "doctor --offline": ("", False),
    "list": ("", False),
    "show": ("p", False),
    "settings vault": ("file", False),
    "settings": ("mfa", False),
    "remove": ("p --yes", False),
    "rename": ("p q --yes", False),
    "copy": ("p q --yes", False),
    "set": ("p region eu-west-2 --yes", False),
    "unset": ("p region --yes", False),
    "undo": ("--yes", False),
    "history": ("", False),
    "logout": ("p", False),
    "use": ("p --shell bash", False),
    "keys list": ("", False),
    "keys audit": ("p", False),
    "keys move": ("--all --yes", False),
    "keys rotate": ("p --yes", False),
    "mfa list": ("p", False),
    "policy": ("manage-own-keys --profile p", False),
    "add role": ("r --role-arn arn:aws:iam::123456789012:role/A --source p --yes", False),
}
WEAK = ("file", "folder", "program")


@dataclass
class Planted:
    """A profile whose program leaves a mark where it is run."""

    home: Path
    mark: Path
    program: Path

    def weaken(self, what: str) -> None:
        config = self.home / ".aws" / "config"
        place = {"file": config, "folder": config.parent, "program": self.program}[what]
        place.chmod(place.stat().st_mode | 0o002)


@pytest.fixture
def planted(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planted:
    need(sys.platform != "win32", "file modes")
    mark, program = tmp_path / "it ran", home / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 9\n")
    program.chmod(0o755)
    (home / ".aws").mkdir(mode=0o700)
    config = home / ".aws" / "config"
    config.write_text(
        f"[profile p]\nregion = eu-west-1\ncredential_process = {program} go\n"
        "[profile m]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = p\n"
        f"mfa_serial = arn:aws:iam::123456789012:mfa/a\nmfa_process = {program} code\n"
    )
    config.chmod(0o600)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    return Planted(home, mark, program)


def test_the_program_is_run_where_nobody_else_decides(planted: Planted) -> None:
    run_unchecked("env", "p")
    assert planted.mark.exists()


@pytest.mark.parametrize("weak", WEAK)
@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_no_entry_point_runs_what_others_can_write(
    entry_point: str, weak: str, planted: Planted
) -> None:
    planted.weaken(weak)
    rest, needs = ENTRY_POINTS[entry_point]
    done = run_unchecked(*entry_point.split(), *rest.split())
    assert not planted.mark.exists()
    assert "Traceback" not in done.stderr
    assert not done.stderr.rstrip().endswith("--help")  # it is a command, and these are its words
    if needs:
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0
        assert "is writable by every user" in said
        assert "chmod o-w" in said


@pytest.mark.parametrize("weak", WEAK)
def test_the_factory_does_not(weak: str, planted: Planted) -> None:
    planted.weaken(weak)
    done = subprocess.run(
        [sys.executable, "-c", FACTORY], capture_output=True, text=True, check=False, timeout=60
    )
    assert not planted.mark.exists()
    assert done.returncode != 0
    assert "is not run" in done.stderr


@pytest.mark.parametrize("weak", WEAK)
def test_the_wizard_does_not(weak: str, planted: Planted) -> None:
    planted.weaken(weak)
    with screen(AWSPROF) as wizard:
        wizard.pick("What would you like to do?", "Check the health")
        wizard.see("is writable by every user")
        if weak != "program":  # a mode that awsprof can change
            wizard.pick("Fix which?", "Nothing")
        wizard.pick("What would you like to do?", "Quit")
        assert wizard.ended() == 0
    assert not planted.mark.exists()
