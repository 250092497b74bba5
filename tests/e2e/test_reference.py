"""The README's section for scripts and docs/reference.md: each snippet run, the page up to date."""

import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest

import awsprof
from examples import reference
from tests.requirements import need
from tests.standins.sample_config import PROFILES, Machine, machine

__all__ = ["machine"]

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = README.partition("### A script or CI")[2].partition("\n## ")[0]
ALL_SNIPPETS = re.findall(r"^```python\n(.*?)^```$", SECTION + reference.rendered(), re.M | re.S)
ASYNC_SNIPPETS = [snippet for snippet in ALL_SNIPPETS if "awsprof.aio" in snippet]
SNIPPETS = [snippet for snippet in ALL_SNIPPETS if snippet not in ASYNC_SNIPPETS]
ASYNC_PYTHON = ROOT / ".venv-aiobotocore" / "bin" / "python"


def test_the_page_is_what_the_docstrings_say() -> None:
    assert reference.PAGE.read_text() == reference.rendered(), "make reference writes it anew"


def test_every_public_name_is_on_the_page() -> None:
    page = reference.PAGE.read_text()
    assert [name for name in [*awsprof.__all__, "map"] if f"### awsprof.{name}\n" not in page] == []


def test_every_function_shows_how_it_is_used() -> None:
    used = "\n".join(SNIPPETS)
    functions = [name for name in [*awsprof.__all__, "map"] if name.islower()]
    assert [name for name in functions if f"awsprof.{name}(" not in used] == ["assume"]
    assert ".assume(" in used


@pytest.mark.parametrize("snippet", ASYNC_SNIPPETS)
def test_the_snippets_for_asyncio_run_too(snippet: str, machine: Machine) -> None:
    need(ASYNC_PYTHON.exists(), "aiobotocore in .venv-aiobotocore: run make test once")
    machine.write(PROFILES.replace("[profile admin]", "[profile admin-role]"))
    awsprof.whoami("base", mfa=machine.code)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(ASYNC_PYTHON), "-c", snippet]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "2109876543" in done.stdout and machine.key.secret not in done.stdout


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_snippets_run_as_they_are_written(
    snippet: str,
    machine: Machine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # one snippet sets it
    machine.write(PROFILES.replace("[profile admin]", "[profile admin-role]"))
    awsprof.whoami("base", mfa=machine.code)  # as a person would have done before
    exec(snippet, {"__name__": "snippet"})  # noqa: S102  # that is what this is for
    assert machine.key.secret not in capsys.readouterr().out
