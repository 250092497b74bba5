"""Goes to every place of the wizard in this process, as somebody does who only looks around.

The wizard's prompts are answered here: lists by a path of row numbers, text by what is proposed,
"Write this?" and its like by No; behind the end of the path, everything by Escape.
"""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NoReturn

import pytest

from awsprof.cli.main import run_command
from awsprof.errors import UsageError
from awsprof.terminal import Terminal
from awsprof.wizard import prompts
from awsprof.wizard.prompts import Back, Option

_MOST = 300  # prompts in one run


class Visitor:
    """Answers the prompts of one run, and notes all that they show."""

    def __init__(self, path: Sequence[int]) -> None:
        self._path = path
        self.rows: list[list[str]] = []  # of each list that was shown, up to the end of the path
        self.shown: list[str] = []
        self._leaving = False

    def select(self, question: str, options: Sequence[Option], *_: Any, **more: Any) -> str:
        self._show(question, *(option.title for option in options), *map(str, more.values()))
        answers = {option.title: option.value for option in options}
        if {"Yes", "No"} <= answers.keys() and not self._leaving:
            return answers["No"]
        at = len(self.rows)
        if not self._leaving:
            self.rows.append([option.title for option in options])
        if self._leaving or at == len(self._path):
            self._leave(whole=not more.get("back_row", True))
        return options[self._path[at]].value

    def tick_list(self, question: str, options: Sequence[Option], **more: Any) -> list[str]:
        self._show(question, *(option.title for option in options), *map(str, more.values()))
        if self._leaving:
            raise Back
        return [options[0].value]

    def text_input(self, question: str, check: Callable[[str], str], **more: Any) -> str:
        proposed = str(more.get("default", ""))
        self._show(question, proposed, str(more.get("explain")), *more.get("completions", ()))
        if self._leaving or not proposed:
            self._leave()
        try:
            return check(proposed)
        except UsageError as exc:
            self._show(exc.message)
            self._leave()

    def password(self, question: str, *_: Any, **more: Any) -> str:
        self._show(question, *map(str, more.values()))
        self._leave()

    def confirm(self, question: str, **_: Any) -> bool:
        self._show(question)
        if self._leaving:
            raise Back
        return False

    def _show(self, *texts: str) -> None:
        self.shown += texts
        assert len(self.shown) < _MOST * 100, self.shown[-10:]

    def _leave(self, *, whole: bool = False) -> NoReturn:
        self._leaving = True
        raise KeyboardInterrupt if whole else Back


def visit(path: Sequence[int], monkeypatch: pytest.MonkeyPatch) -> tuple[Visitor, str]:
    """Run the wizard along the path, and out again; what was asked, and all that was shown."""
    visitor = Visitor(path)
    with monkeypatch.context() as patched:
        patched.setattr(Terminal, "interactive", True)
        patched.setattr(sys, "stdin", io.StringIO("n\n" * _MOST))  # what click asks
        for name in ("select", "tick_list", "text_input", "password", "confirm"):
            original = getattr(prompts, name)
            for module in [m for n, m in sys.modules.items() if n.startswith("awsprof.wizard")]:
                if getattr(module, name, None) is original:
                    patched.setattr(module, name, getattr(visitor, name))
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = run_command([])
    text = "\n".join([said.getvalue(), *visitor.shown])
    assert code == 130, (
        code,
        path,
        text[-1500:],
    )  # left at the menu, to which everything leads back
    return visitor, text


def walk(monkeypatch: pytest.MonkeyPatch, rows: int = 4) -> Iterator[tuple[list[str], str]]:
    """Every row of the menu, and the first ``rows`` of the list behind it.

    Yields the titles that led there, and all that was shown.
    """
    menu, _ = visit((), monkeypatch)
    for number, title in enumerate(menu.rows[0]):
        behind, text = visit((number,), monkeypatch) if title != "Quit" else (menu, "")
        yield [title], text
        if len(behind.rows) > 1:
            for row, name in enumerate(behind.rows[1][:rows]):
                yield [title, name], visit((number, row), monkeypatch)[1]
