"""The machine of the interop lane, and its clients."""

import os
from pathlib import Path

import pytest

from tests.interop.clients import Client, all_clients
from tests.interop.machine import PASSPHRASE, InteropMachine
from tests.requirements import need
from tests.standins.aws import Aws


@pytest.fixture
def machine(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> InteropMachine:
    """The users and roles; no profile yet."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    return InteropMachine(aws, home)


@pytest.fixture
def clients(aws: Aws, tmp_path: Path) -> list[Client]:
    """Those that are installed; under CI all of them are."""
    found = all_clients(tmp_path / "models")
    missing = [f"{each.name} ({each.missing})" for each in found if each.missing]
    if missing:
        print("left out:", ", ".join(missing))
    if os.environ.get("CI"):
        need(not missing, f"{', '.join(missing)}: CI leaves no client out")
    return [each for each in found if not each.missing]
