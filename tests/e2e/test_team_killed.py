"""A team file is applied, ended by a signal at each step, and the next version goes on from there.

Whatever was written is the team's then, and no change of the person's: the next version takes it
over without a question, and `undo` in between is known, too.
"""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash_runner import Ended, Runner, kill_runner
from tests.e2e.kills import ALL, SIGNALS, fast_home, half_done

__all__ = ["fast_home"]

MINE = "# notes of mine\n[profile own]\nregion=eu-west-3   \n; kept\n\n"
VERSIONS = (
    '[profile.stays]\nregion = "eu-west-1"\n[profile.goes]\nregion = "eu-west-1"\n',
    """
[profile.stays]
region = "eu-west-2"
role_session_name = "{user}"
[profile.comes]
region = "eu-west-2"
[variables.user]
question = "Your name"
""",
    """
[profile.stays]
region = "eu-central-1"
role_session_name = "{user}"
output = "json"
[profile.comes]
region = "eu-central-1"
[variables.user]
question = "Your name"
""",
)
APPLY = ("team", "apply", "team.toml", "--prune", "--yes")
ANSWER = ("--var", "user=alice")


class Rig:
    """A machine with the first version, and the way back to that."""

    def __init__(self, home: Path, runner: Runner) -> None:
        self.home, self._runner = home, runner
        self._config = home / ".aws" / "config"
        self._config.parent.mkdir(mode=0o700)
        self._config.write_text(MINE)
        self._config.chmod(0o600)
        self.do(*APPLY, version=0)
        self._template = home.with_name("template")
        shutil.copytree(home, self._template)
        self.old = self.config

    @property
    def config(self) -> str:
        return self._config.read_text()

    def do(
        self, *words: str, version: int, at: int | None = None, number: int = signal.SIGKILL
    ) -> Ended:
        (self.home / "team.toml").write_text(f"version = 1\n{VERSIONS[version]}")
        return self._runner.run(*words, at=at, number=number)

    def reset(self) -> None:
        shutil.rmtree(self.home)
        shutil.copytree(self._template, self.home)


@pytest.fixture
def rig(fast_home: Path) -> Iterator[Rig]:
    said = fast_home.parent / "said"
    said.mkdir()
    with kill_runner(said) as runner:
        yield Rig(fast_home, runner)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("then", ["next", "undo"])
def test_the_next_version_goes_on_from_what_was_written(rig: Rig, then: str) -> None:
    whole = rig.do(*APPLY, *ANSWER, version=1)
    assert whole.code == 0, whole.said
    new, steps = rig.config, len(whole.steps)
    for number in SIGNALS:
        for at in range(steps) if ALL else [steps - 1 - SIGNALS.index(number) * 4]:
            rig.reset()
            ended = rig.do(*APPLY, *ANSWER, version=1, at=at, number=number)
            told = f"{number.name} before step {at} ({whole.steps[at]}): {ended.said}"
            rig.do("history", version=1)
            landed = rig.config == new
            assert landed or rig.config == rig.old, told
            if landed and then == "undo":
                told += rig.do("undo", "--yes", version=1).said
                assert rig.config == rig.old, told
            goes_on(rig, told, knows=landed)


def goes_on(rig: Rig, told: str, *, knows: bool) -> None:
    """The third version is taken over; the answer is known if it was given to the second."""
    again = rig.do(*APPLY, *(() if knows else ANSWER), version=2)
    assert again.code == 0, told + again.said
    assert MINE in rig.config, told
    assert "eu-west-2" not in rig.config, told
    assert "goes" not in rig.config, told
    assert rig.config.count("role_session_name = alice") == 1, told
    assert rig.do("team", "diff", "team.toml", version=2).code == 0, told
    assert half_done(rig.home) == [], told
