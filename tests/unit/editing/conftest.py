"""A vault in memory, and the two files as text."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.standins.memory_vault import MemoryVault


@pytest.fixture
def kept() -> MemoryVault:
    """The vault's secrets."""
    return MemoryVault()


@pytest.fixture
def vault(kept: MemoryVault) -> Callable[[], MemoryVault]:
    """What opens the vault."""
    return lambda: kept


@pytest.fixture
def config(home: Path) -> Path:
    """The config file, not there yet; its folder is."""
    (home / ".aws").mkdir(mode=0o700)
    return home / ".aws" / "config"


@pytest.fixture
def credentials(config: Path) -> Path:
    """The credentials file, not there yet."""
    return config.with_name("credentials")
