"""A rotation that is killed, at each step there is: the next run ends it, and nothing is lost."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof.asking import Nobody
from awsprof.vault.longterm import open_vault
from tests.killing import Ended, Runner, runner
from tests.standins.aws import ACCOUNT, Aws
from tests.standins.program import run

ARN = f"arn:aws:iam::{ACCOUNT}:user/alice"


class Rig:
    """A key that two profiles hand out, a role on top, and the way back to that."""

    def __init__(self, aws: Aws, home: Path, runner: Runner) -> None:
        self.aws, self.home, self.runner = aws, home, runner
        self.old = aws.user("alice")
        aws.role("Admin")
        run("keys", "import", "base", "--stdin", "--yes", stdin=f"{self.old.id}\n{self.old.secret}")
        run("copy", "base", "ci", "--yes")
        role = ("--role-arn", "arn:aws:iam::210987654321:role/Admin", "--source", "base")
        run("add", "role", "admin", *role, "--no-verify", "--yes")
        self.vault = open_vault(Nobody(""))
        self.vault.holds(self.old.id)  # opened once, for all
        self._keys = aws.moto.kept()
        self._template = home.with_name(home.name + "-template")
        shutil.copytree(home, self._template)

    def reset(self) -> None:
        """As it was at first."""
        self._keys()
        shutil.rmtree(self.home)
        shutil.copytree(self._template, self.home)

    def run(self, kill_at: int | None = None) -> Ended:
        return self.runner.run("keys", "rotate", "base", "--now", "--yes", kill_at=kill_at)

    def working(self, said: str) -> str:
        """The key that the profiles hand out: one, in the vault, and taken by AWS."""
        config = (self.home / ".aws" / "config").read_text()
        (key_id,) = set(re.findall(r"--key (\w+)", config))
        key = self.aws.moto.key(key_id)
        assert key is not None and key.active, said
        assert self.vault.get(key_id).reveal() == key.secret, said
        return str(key_id)

    def ends_well(self, after: str) -> str:
        """What the next run says. Then one good key is at AWS and in the vault, and no other."""
        self.working(after)
        ended = self.run()
        said = f"{after}: {ended.said}"
        assert ended.code == 0, said
        key_id = self.working(said)
        left = {key.id for key in self.aws.moto.keys_of(ARN, ACCOUNT)}
        assert left == {key_id} != {self.old.id}, said
        index = (self.home / ".local/share/awsprof/index.toml").read_text()
        assert set(re.findall(r"\[keys\.(\w+)\]", index)) == {key_id}, said
        assert "rotations." not in index, said
        assert not self.vault.holds(self.old.id), said
        return ended.said


@pytest.fixture
def rig(aws: Aws, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    with runner(tmp_path) as running:
        yield Rig(aws, home, running)


@pytest.mark.parametrize("part", range(3))
def test_killed_before_each_step(rig: Rig, part: int) -> None:
    """Each part takes every third step."""
    steps = rig.run().steps
    assert {"os.rename", "http.client.send"} <= set(steps)
    for number, step in list(enumerate(steps))[part::3]:
        rig.reset()
        assert rig.run(kill_at=number).code is None
        rig.ends_well(f"killed before step {number} ({step})")


def test_killed_when_aws_has_done_it_and_not_said_so(rig: Rig) -> None:
    """The answer of a call that changes something never arrives."""

    def kill() -> None:
        if rig.aws.calls[-1] == deadly:
            rig.aws.answering = lambda: None
            os.kill(rig.runner.pid, signal.SIGKILL)

    for deadly in ("CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"):
        rig.reset()
        rig.aws.answering = kill
        assert rig.run().code is None
        said = rig.ends_well(f"killed when {deadly} was done")
        assert ("nobody can use it" in said) == (deadly == "CreateAccessKey"), said
