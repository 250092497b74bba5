"""Fixtures: a vault in memory and the paths of the two files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.standins.memory_vault import MemoryVault


@pytest.fixture
def kept() -> MemoryVault:
    """The fake vault, to look at its secrets."""
    return MemoryVault()


@pytest.fixture
def vault(kept: MemoryVault) -> Callable[[], MemoryVault]:
    """A function that opens the vault."""
    return lambda: kept


@pytest.fixture
def config(home: Path) -> Path:
    """The path of the config file, which does not exist yet; its directory does."""
    (home / ".aws").mkdir(mode=0o700)
    return home / ".aws" / "config"


@pytest.fixture
def credentials(config: Path) -> Path:
    """The path of the credentials file, which does not exist yet."""
    return config.with_name("credentials")
