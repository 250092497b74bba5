"""What every test stands on: a HOME of its own, no AWS variable, and no network but loopback."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.standins import surroundings
from tests.standins.aws import Aws, serving
from tests.standins.secret_service import secret_service

__all__ = ["secret_service"]

_CLEARED = ("AWS_", "AWSPROF_", "XDG_", "SSH_", "PYTHON_KEYRING_")
_CLEARED_NAMES = frozenset(
    {
        "DBUS_SESSION_BUS_ADDRESS",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "NO_COLOR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "BROWSER",
    }
)


# Those that wait for clocks and for killed programs: begun last, one would be left alone with them.
_LONG = frozenset(
    {
        "test_mfa_device.py",
        "test_rotation_killed.py",
        "test_stop_killed.py",
        "test_keys_life.py",
        "test_canary.py",
        "test_factory.py",
        "test_rotate.py",
    }
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first in each worker's share."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.path.name in _LONG]
    rest = [item for item in items if item.path.name not in _LONG]
    size = len(items) // workers
    ordered: list[pytest.Item] = []
    for number in range(workers):
        share = long[number::workers]
        room = size - len(share)
        ordered += [*share, *rest[:room]]
        rest = rest[room:]
    items[:] = [*ordered, *rest]


surroundings.join_a_keyring_of_our_own()


@pytest.fixture(scope="session", autouse=True)
def theirs_untouched() -> Iterator[surroundings.Surroundings]:
    """Whoever runs the tests: their keyring and files are afterwards as they were."""
    theirs = surroundings.Surroundings()
    yield theirs
    assert theirs.changed() == []


@pytest.fixture(autouse=True)
def touching(
    theirs_untouched: surroundings.Surroundings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Keep the test's sessions out of the person's keyring; note which folder it ran with."""
    for name, value in surroundings.RING.items():
        monkeypatch.setenv(name, value)
    yield
    theirs_untouched.used()


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, touching: None
) -> Path:
    """The test's own HOME; every variable that leads elsewhere is gone."""
    for name in list(os.environ):
        ours = name.startswith("AWSPROF_TEST_") or name in surroundings.RING
        if not ours and (name.startswith(_CLEARED) or name in _CLEARED_NAMES):
            monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    folder.chmod(0o700)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    return folder


@pytest.fixture(autouse=True)
def loopback_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail whatever would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        inet = self.family in {socket.AF_INET, socket.AF_INET6}
        if inet and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"a test would connect to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """An AWS on loopback, to which the environment leads."""
    with serving(Aws()) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running
