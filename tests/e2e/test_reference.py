"""The README's section for scripts and docs/reference.md: each snippet run, the page up to date."""

import re
from pathlib import Path

import pytest

import awsprof
from examples import reference
from tests.standins.sample_config import PROFILES, Machine, machine

__all__ = ["machine"]

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = README.partition("## In a script")[2].partition("\n## ")[0]
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", SECTION + reference.rendered(), re.M | re.S)


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


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_snippets_run_as_they_are_written(
    snippet: str, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.write(PROFILES.replace("[profile admin]", "[profile admin-role]"))
    awsprof.whoami("base", mfa=machine.code)  # as a person would have done before
    exec(snippet, {"__name__": "snippet"})  # noqa: S102  # that is what this is for
    assert machine.key.secret not in capsys.readouterr().out
