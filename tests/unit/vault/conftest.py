"""Fixtures: separate directories for each test, and never the keyring of the user who runs them."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the vault's file, index and locks, in a HOME of the test's own."""
    for name in ("AWSPROF_PASSPHRASE", "PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWSPROF_HOME", str(tmp_path / "ours"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "ours"
