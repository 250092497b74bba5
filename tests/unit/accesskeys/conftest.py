"""A key context with a vault in memory, scripted answers, and two profiles on one key."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from awsprof.accesskeys.key_context import KeyContext
from awsprof.auth.resolver import Resolver
from awsprof.editing.change_flow import ChangeFlow
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.terminal import Terminal
from tests.standins.aws import ACCOUNT, Aws, Key
from tests.standins.memory_vault import MemoryVault
from tests.standins.moto_iam import UserKey
from tests.standins.prompter import FakePrompter, MemoryCache

ARN = f"arn:aws:iam::{ACCOUNT}:user/alice"


class Forgetting(MemoryCache):
    """Sessions that can be forgotten."""

    def kept_keys(self) -> Collection[str]:
        """All of them."""
        return tuple(self.kept)

    def forget(self, keys: Collection[str] | None = None) -> int:
        """Those, or all."""
        gone = [key for key in self.kept if keys is None or key in keys]
        for key in gone:
            del self.kept[key]
        return len(gone)


@dataclass
class KeyRig:
    """The fakes that a test of a flow uses; ``no`` are parts of questions answered with No."""

    aws: Aws
    home: Path
    key: Key | UserKey
    vault: MemoryVault = field(default_factory=MemoryVault)
    cache: Forgetting = field(default_factory=Forgetting)
    no: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)

    def key_context(self, *, yes: bool = False) -> KeyContext:
        """Returns the context of a user at a terminal or, with ``yes``, of one who passed --yes."""
        device = self.aws.devices.get(f"arn:aws:iam::{ACCOUNT}:mfa/alice")
        self.person = FakePrompter(device.code) if device else FakePrompter()
        open_vault: Callable[[], MemoryVault] = lambda: self.vault  # noqa: E731  # its type is told

        def resolver(catalog: Catalog, keep_roles: bool = False, ask: bool = True) -> Resolver:
            prompter = self.person if ask else NonInteractive()
            return Resolver(catalog, open_vault, prompter, cache=self.cache, keep_roles=keep_roles)

        return KeyContext(
            terminal=Terminal(),
            vault=open_vault,
            catalog=Catalog.load,
            resolver=resolver,
            caching_resolver=partial(resolver, keep_roles=True),
            unattended_resolver=partial(resolver, ask=False),
            sessions=lambda: self.cache,
            agree=self._agree,
            flow=ChangeFlow(Terminal(), open_vault, lambda _: True),
            yes=yes,
        )

    def _agree(self, question: str, default: bool) -> bool:
        self.asked.append(question)
        return not any(part in question for part in self.no)

    def config(self, more: str = "") -> Path:
        """The two profiles on the key, and a role on top."""
        path = self.home / ".aws" / "config"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        line = f"credential_process = /usr/bin/awsprof credential-process base --key {self.key.id}"
        role = "role_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = base\n"
        ci = line.replace("process base", "process ci")
        path.write_text(
            f"[profile base]\n{line}\n{more}\n[profile ci]\n{ci}\n\n[profile admin]\n{role}"
        )
        return path

    def names(self) -> set[str]:
        """The keys that the config names."""
        return set(re.findall(r"--key (\w+)", (self.home / ".aws" / "config").read_text()))

    def at_aws(self) -> dict[str, bool]:
        """The user's keys, and which of them are active."""
        return {key.id: key.active for key in self.aws.moto.keys_of(ARN, ACCOUNT)}


@pytest.fixture
def key_rig(aws: Aws, home: Path) -> KeyRig:
    """Alice's key is in the vault, and the config names it."""
    made = KeyRig(aws, home, aws.user("alice"))
    aws.role("Admin")
    made.vault.put(made.key.id, Secret(made.key.secret))
    made.config()
    return made
