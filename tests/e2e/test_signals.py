"""SIGTERM and SIGHUP end what they meet as Ctrl-C does, with 128 and their number."""

import os
import signal
import termios
import time
from pathlib import Path

import pexpect
import pytest

from tests.standins.cli_runner import AWSPROF
from tests.standins.sample_config import Machine, machine

__all__ = ["machine"]

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def echoes(child: "pexpect.spawn[str]") -> bool:
    return bool(termios.tcgetattr(child.child_fd)[3] & termios.ECHO)


@pytest.mark.parametrize("number", SIGNALS)
def test_at_a_hidden_prompt(home: Path, number: signal.Signals) -> None:
    """The passphrase of a new vault is being typed."""
    (home / ".aws").mkdir(mode=0o700)
    (home / ".config" / "awsprof").mkdir(parents=True)
    (home / ".config" / "awsprof" / "settings.toml").write_text('vault = "file"\n')
    # Its own session leader is the shell: the terminal outlives awsprof.
    script = f'{AWSPROF} add keys x --access-key-id AKIAIOSFODNN7EXAMPLE; echo "ended $?"; sleep 60'
    child = pexpect.spawn("sh", ["-c", script], encoding="utf-8", timeout=30)
    child.expect("(?i)secret")
    child.waitnoecho()
    (pid,) = children(child.pid)
    os.kill(pid, number)
    child.expect(r"ended (\d+)")
    assert int(child.match.group(1)) == 128 + number
    assert echoes(child)
    assert not (home / ".aws" / "config").exists()
    child.close(force=True)


@pytest.mark.parametrize("number", SIGNALS)
def test_in_the_wizard(home: Path, number: signal.Signals) -> None:
    script = f'{AWSPROF}; echo "ended $?"; sleep 60'
    child = pexpect.spawn("sh", ["-c", script], encoding="utf-8", timeout=30, dimensions=(40, 100))
    child.expect("(?i)identity center")
    (pid,) = children(child.pid)
    os.kill(pid, number)
    child.expect(r"ended (\d+)")
    assert int(child.match.group(1)) == 128 + number
    assert echoes(child)
    child.close(force=True)


@pytest.mark.parametrize("number", SIGNALS)
def test_where_credential_process_waits_for_a_code(
    machine: Machine, number: signal.Signals
) -> None:
    script = f'{AWSPROF} credential-process base; echo "ended $?"; sleep 60'
    child = pexpect.spawn("sh", ["-c", script], encoding="utf-8", timeout=30)
    child.expect("MFA code")
    (pid,) = children(child.pid)
    os.kill(pid, number)
    child.expect(r"ended (\d+)")
    assert int(child.match.group(1)) == 128 + number
    child.close(force=True)


PROMPTS = {
    "yes or no": (f"{AWSPROF} set base output json", "Write this"),
    "MFA code": (f"{AWSPROF} login base", "MFA code"),
    "secret": (f"{AWSPROF} add keys x --access-key-id AKIAIOSFODNN7EXAMPLE", "(?i)secret"),
}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_interrupt_from_outside_ends_every_prompt(machine: Machine, prompt: str) -> None:
    words, seen = PROMPTS[prompt]
    script = f'{words}; echo "ended $?"; sleep 60'
    child = pexpect.spawn("sh", ["-c", script], encoding="utf-8", timeout=30, dimensions=(40, 100))
    child.expect(seen)
    (pid,) = children(child.pid)
    time.sleep(0.5)
    began = time.monotonic()
    os.kill(pid, signal.SIGINT)
    child.expect(r"ended (\d+)")
    assert int(child.match.group(1)) == 130
    assert time.monotonic() - began < 2  # half a second where the machine is idle
    assert echoes(child)
    child.close(force=True)


def children(pid: int) -> list[int]:
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
