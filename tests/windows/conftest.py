"""One Wine for all tests of this folder, and folders on its drive C."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.requirements import need
from tests.standins.aws import Aws, serving
from tests.windows.wine import BUILD, DRIVE_C, Wine


@dataclass(frozen=True)
class Person:
    """A user of that Windows: a home folder, whose path has a space, and variables."""

    wine: Wine
    home: Path
    variables: Mapping[str, str]

    @property
    def config(self) -> Path:
        """The config file, as Linux names it."""
        return self.home / ".aws" / "config"

    def do(self, *tasks: dict[str, Any]) -> list[Any]:
        """Have one process of Windows do these tasks (inside.py) as this user."""
        answers: list[Any] = self.wine.tasks(self.home, self.variables, list(tasks))
        return answers

    def awsprof(self, *commands: tuple[str, ...], stdin: str = "") -> list[dict[str, Any]]:
        """Run commands in one process; the first reads ``stdin``. None may fail."""
        tasks: list[dict[str, Any]] = [{"do": "awsprof", "words": words} for words in commands]
        tasks[0]["stdin"] = stdin
        done = self.do(*tasks)
        for words, each in zip(commands, done, strict=True):
            assert each["code"] == 0, f"{words}: {each['out']}{each['err']}"
            assert "Traceback" not in each["err"]
        return done


@pytest.fixture(scope="session")
def wine() -> Iterator[Wine]:
    """The Wine that `make windows` has prepared."""
    need((BUILD / "wheel.done").is_file(), "a Windows Python under Wine (run: make windows)")
    with Wine() as running:
        yield running


@pytest.fixture(scope="module")
def windows_aws() -> Iterator[Aws]:
    """An AWS on loopback, which Wine reaches."""
    with serving(Aws()) as running:
        yield running


@pytest.fixture(scope="module")
def jane(wine: Wine, windows_aws: Aws, request: pytest.FixtureRequest) -> Person:
    """A user with an empty home folder, for the tests of one module."""
    home = DRIVE_C / "users" / "Jane Doe" / request.module.__name__.rpartition(".")[2]
    shutil.rmtree(home, ignore_errors=True)
    (home / ".aws").mkdir(parents=True)
    variables = {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1,localhost"}
    return Person(wine, home, {**windows_aws.environment, **variables})
