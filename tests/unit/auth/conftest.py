"""A resolver over a config of the test's own, with a vault and a cache in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof.auth.resolver import Resolver
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.standins.aws import Aws
from tests.standins.memory_vault import MemoryVault
from tests.standins.prompter import FakePrompter, MemoryCache

ADMIN = "arn:aws:iam::210987654321:role/Admin"


class Bench:
    """A user with a key and a device, and the config that a test writes."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.aws = aws
        self.key, self.device = aws.user("alice"), aws.device("alice")
        self.vault = MemoryVault()
        self.vault.put(self.key.id, Secret(self.key.secret))
        self.person = FakePrompter(self.device.code)
        self.cache = MemoryCache()
        self.config = home / ".aws" / "config"
        self.config.parent.mkdir(mode=0o700)
        self.line = f"/usr/bin/awsprof credential-process base --key {self.key.id}"

    def base(self, more: str = "") -> str:
        """The profile that hands out the key in the vault."""
        return f"[profile base]\ncredential_process = {self.line}\n{more}"

    def role(self, name: str = "admin", source: str = "base", more: str = "") -> str:
        """A profile of a role on another one."""
        return f"[profile {name}]\nrole_arn = {ADMIN}\nsource_profile = {source}\n{more}"

    def resolver(self, *sections: str) -> Resolver:
        """The resolver over a config of these sections."""
        self.config.write_text("\n".join(sections))
        self.config.chmod(0o600)
        return self.anew()

    def anew(self) -> Resolver:
        """Another one over the same files, as the next command would make it."""
        open_vault: Callable[[], MemoryVault] = lambda: self.vault  # noqa: E731  # its type is told
        return Resolver(Catalog.load(), open_vault, self.person, cache=self.cache)


@pytest.fixture
def bench(aws: Aws, home: Path) -> Bench:
    """All of it."""
    return Bench(aws, home)
