"""The conftest.py of the unit tests that run within Windows; test_units.py copies it there."""

import os
from pathlib import Path

import pytest

# Each start of a program takes seconds there: a few examples say what Windows changes.
os.environ["AWSPROF_TEST_EXAMPLES"] = "10"

from tests.budgets import load_hypothesis_profile  # it reads the variable

load_hypothesis_profile()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own home folder."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    return folder
