"""A leaked or ageing key that two profiles hand out, and a runner that kills what replaces it."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.settings import get_setting
from awsprof.vault.session_cache import SessionCache
from awsprof.vault.vault import open_vault
from tests.crash_runner import CHANGES, Ended, Runner, kill_runner
from tests.standins.aws import ACCOUNT, Aws
from tests.standins.cli_runner import run
from tests.standins.devices import Device

ARN = f"arn:aws:iam::{ACCOUNT}:user/alice"
_CODES = "/usr/bin/shuf -i 100000-999999 -n 1"  # a code that was not used before, nearly always


@dataclass
class Credulous(Device):
    """A device whose every code AWS takes: those of one half minute would not do for all runs."""

    def take(self, code: str) -> bool:
        """Always."""
        return True


class Rig:
    """The key in the vault, with MFA or without, a role on top, and the way back to that."""

    def __init__(self, aws: Aws, home: Path, running: Runner, *, mfa: bool) -> None:
        self.aws, self.home, self.runner = aws, home, running
        self.old = aws.user("alice")
        aws.role("Admin")
        run("keys", "import", "base", "--stdin", "--yes", stdin=f"{self.old.id}\n{self.old.secret}")
        if mfa:
            device = Credulous(f"arn:aws:iam::{ACCOUNT}:mfa/alice")
            aws.devices[device.serial] = device
            aws.temper.wants_mfa = True
            # Not by `set`: it would prove each of them.
            config = home / ".aws" / "config"
            text = config.read_text().rstrip("\n")
            config.write_text(f"{text}\nmfa_serial = {device.serial}\nmfa_process = {_CODES}\n")
        run("copy", "base", "ci", "--yes")
        role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
        run("add", "role", "admin", *role, "--no-verify", "--yes")
        self.vault = open_vault(NonInteractive(""), get_setting("vault"))
        self.vault.holds(self.old.id)  # opened once, for all
        self._keys = aws.moto.kept()
        self._template = home.with_name(home.name + "-template")
        shutil.copytree(home, self._template)

    def reset(self) -> None:
        """As it was at first."""
        self._keys()
        shutil.rmtree(self.home)
        shutil.copytree(self._template, self.home)
        SessionCache(lambda: self.vault).forget()
        for key in self.aws.moto.keys_of(ARN, ACCOUNT):
            self.vault.put(key.id, Secret(key.secret))  # an OS keyring is not in the folder

    def kill_when(self, call: str) -> None:
        """Kill the process at work when AWS has done that call and not said so."""

        def kill() -> None:
            if self.aws.calls[-1] == call:
                self.aws.answering = lambda: None
                os.kill(self.runner.pid, signal.SIGKILL)

        self.aws.answering = kill

    def working(self, said: str) -> str:
        """The key that the profiles hand out: one, in the vault, and taken by AWS."""
        key_id = self.named(said)
        key = self.aws.moto.key(key_id)
        assert key is not None and key.active, said
        assert self.vault.get(key_id).reveal() == key.secret, said
        return key_id

    def named(self, said: str) -> str:
        """The one key that the profiles name."""
        config = (self.home / ".aws" / "config").read_text()
        (key_id,) = set(re.findall(r"--key (\w+)", config))
        assert isinstance(key_id, str), said
        return key_id

    def at_aws(self) -> dict[str, bool]:
        """The user's keys, and which of them are active."""
        return {key.id: key.active for key in self.aws.moto.keys_of(ARN, ACCOUNT)}

    def run(self, *words: str, kill_at: int | None = None) -> Ended:
        """Run it; again where a busy machine's keyring took longer than is waited for."""
        ended = self.runner.run(*words, at=kill_at)
        slow = ended.code >= 0 and "did not answer within" in ended.said
        return self.runner.run(*words, at=kill_at) if slow else ended


@dataclass(frozen=True)
class Kind:
    """Which vault, whether IAM wants MFA, and which of the steps: each fourth from ``part`` on."""

    vault: str
    mfa: bool
    part: int = 0

    def __str__(self) -> str:
        return f"{self.vault}-{'mfa' if self.mfa else 'bare'}-{self.part}"

    def chosen(self, steps: tuple[str, ...]) -> list[tuple[int, str]]:
        """The steps to be killed at, with their numbers: some of this part's, or all of them."""
        mine = list(enumerate(steps))[self.part :: PARTS]
        return mine if _EVERY else mine[(self.part + len(self.vault)) % _STRIDE :: _STRIDE]


PARTS = 4
# `make test-long` tries a few steps of each kind; `make test-kills` all there are.
_EVERY = os.environ.get("AWSPROF_TEST_KILLS") == "all"
_STRIDE = 5
ALL = tuple(Kind(vault, mfa) for vault in ("file", "keyring") for mfa in (False, True))
SOME = tuple(
    Kind(kind.vault, kind.mfa, part)
    for number, kind in enumerate(ALL)
    for part in range(PARTS)
    if _EVERY or part == number % PARTS
)


@contextmanager
def rig(kind: Kind, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """A rig of that kind, in the fixtures of the test that asks for it."""
    if kind.vault == "keyring":
        request.getfixturevalue("secret_service")
    else:
        monkeypatch = request.getfixturevalue("monkeypatch")
        monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    aws, home = request.getfixturevalue("aws"), request.getfixturevalue("home")
    with kill_runner(request.getfixturevalue("tmp_path"), CHANGES) as running:
        yield Rig(aws, home, running, mfa=kind.mfa)
