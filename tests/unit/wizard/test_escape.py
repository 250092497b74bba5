"""Esc in the wizard goes back one question: from a list behind a list to the one before it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from awsprof.cli.main import run_command
from awsprof.terminal import Terminal
from awsprof.wizard import prompts
from awsprof.wizard.prompts import Back, Option

CONFIG = """[profile base]
region = eu-west-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[profile ops]
region = eu-west-1
"""
MENU = "What would you like to do?"


def asked(
    monkeypatch: pytest.MonkeyPatch, *answers: str, pointed: list[str] | None = None
) -> list[str]:
    """Answers lists by a part of the row's title, or by Esc; at the end Ctrl-C. The questions.

    ``pointed`` gets the row that each list of the main menu begins at.
    """
    left, questions = list(answers), []

    def select(
        question: str, options: Sequence[Option], default: str | None = None, **_: Any
    ) -> str:
        questions.append(question)
        if question == MENU and pointed is not None:
            pointed.extend([o.title for o in options if o.value == default] or [""])
        if not left:
            raise KeyboardInterrupt
        answer = left.pop(0)
        if answer == "Esc":
            raise Back
        return next(option.value for option in options if answer in option.title)

    def text_input(question: str, *_: Any, **__: Any) -> str:
        questions.append(question)
        answer = left.pop(0)
        if answer == "Esc":
            raise Back
        return answer

    monkeypatch.setattr(Terminal, "interactive", True)
    for name, fake in (("select", select), ("text_input", text_input)):
        original = getattr(prompts, name)
        for module in [m for n, m in sys.modules.items() if n.startswith("awsprof.wizard")]:
            if getattr(module, name, None) is original:
                monkeypatch.setattr(module, name, fake)
    assert run_command([]) == 130
    assert not left
    return questions


@pytest.fixture(autouse=True)
def config(home: Path) -> Path:
    path = home / ".aws" / "config"
    path.parent.mkdir(mode=0o700)
    path.write_text(CONFIG)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("row", "inner"),
    [
        ("Sign in, sign out", "Sign out"),
        ("Access keys and MFA", "Enable MFA"),
        ("Access keys and MFA", "Stop a key"),
        ("Edit, rename", "ops"),
        ("IAM policies", "assume"),
    ],
)
def test_one_escape_goes_back_one_list(
    row: str, inner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = asked(monkeypatch, row, inner, "Esc", "Esc")
    first, outer, second, again, last = questions
    assert (first, last) == (MENU, MENU)
    assert outer == again
    assert second not in {MENU, outer}


def test_escape_from_a_value_goes_back_to_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = ("Edit, rename", "ops", "Set another", "cli_pager", "Esc", "Esc", "Esc", "Esc")
    where = ["Profile ops", "Key", "cli_pager", "Key", "Profile ops", "Which profile?", MENU]
    assert asked(monkeypatch, *steps) == [MENU, "Which profile?", *where]


def test_the_menu_is_shown_again_at_the_row_that_escape_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pointed: list[str] = []
    asked(monkeypatch, "Settings", "Esc", "Edit, rename", "Esc", "tree", pointed=pointed)
    assert pointed[:2] == ["", ""]  # a screen that one leaves by Esc alone is done with
    assert pointed[2:] == ["Edit, rename, copy or remove a profile", ""]


def test_edits_that_are_not_written_are_not_dropped_by_one_escape(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = ("Edit, rename", "ops", "Name", "new-name")
    gave_up = asked(monkeypatch, *change, "Esc", "Go on", "Esc", "Give them up", "Esc")
    unsaved = "The changes are not written yet."
    expected = [
        MENU,
        "Which profile?",
        "Profile ops",
        "Name of the profile",
        "Profile ops",
        unsaved,
    ]
    expected += ["Profile ops", unsaved, "Which profile?", MENU]
    assert gave_up == expected
    assert config.read_text() == CONFIG
