"""What the tests share that end commands at each of their steps."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from awsprof.vault import backends
from tests.crash_runner import BUS_READ
from tests.standins.shared_costs import PASSPHRASE

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
ALL = os.environ.get("AWSPROF_TEST_KILLS") == "all"


def every_point(steps: Sequence[str], number: signal.Signals) -> list[int]:
    """The steps to end the process at: each one, for SIGTERM.

    Between two messages that only ask a keyring nothing has changed, so the other signals, of which
    SIGHUP is handled as SIGTERM is, come before the first of them alone.
    """
    asks = [step == BUS_READ for step in steps]
    return [
        at
        for at in range(len(steps))
        if number is signal.SIGTERM or not (asks[at] and at and asks[at - 1])
    ]


def half_done(home: Path) -> list[str]:
    """What of ours was left half done, or where it does not belong."""
    theirs = {"config", "credentials", "sso"}
    beside = [p.name for p in (home / ".aws").iterdir() if p.name not in theirs]
    half = [str(p) for p in home.rglob("*") if p.name.endswith(".tmp")]
    half += [str(p) for p in home.rglob("unfinished/*.json")]
    return [*beside, *half, *map(str, home.rglob("moving.json"))]


def quick_vaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opens vaults as the runner's processes do, and waits for them as long."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(backends, "UNATTENDED_S", 30.0)  # a busy machine's stand-in is slow


@pytest.fixture
def fast_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A HOME in memory: thousands of runs would else wait for the disk at each sync."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    base = Path(tempfile.mkdtemp(prefix="awsprof-kills-", dir=memory))
    home = base / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    yield home
    shutil.rmtree(base)
