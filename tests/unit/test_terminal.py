"""How things look: 80 columns, a mark beside each colour, data on stdout and words on stderr."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from awsprof.errors import SignInFailed
from awsprof.terminal import Branch, Terminal

Read = Callable[[], tuple[str, str]]


@dataclass
class Line:
    mark: str
    text: str


@dataclass
class File:
    path: str
    lines: tuple[Line, ...]


@dataclass
class Shown:
    files: tuple[File, ...]
    vault: tuple[str, ...]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 80 columns that shows colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def plain(text: str) -> str:
    """Without colours."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_data_is_stdout_and_words_are_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.data("{}")
    terminal.say("words")
    terminal.ok("done")
    assert capsys.readouterr() == ("{}\n", "words\nok done\n")


def test_long_words_go_on_below_their_mark(
    narrow: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow.failed("word " * 30, "mend " * 30)
    said = plain(capsys.readouterr().err)
    lines = said.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("x  word")
    assert lines[1].startswith("   word")
    assert [line for line in lines if line != line.rstrip()] == []


def test_where_nobody_looks_nothing_is_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().error(SignInFailed("why " * 60, "mend " * 60))
    assert capsys.readouterr().err.count("\n") == 2


def test_colour_is_never_the_only_sign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    for say in (terminal.ok, terminal.warn, terminal.failed):
        say("it")
    assert capsys.readouterr().err == "ok it\n!  it\nx  it\n"


def test_a_diff_hides_nothing(narrow: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    long = "k = " + "v" * 200
    narrow.diff(Shown((File("~/.aws/config", (Line("-", "a = b"), Line("+", long))),), ("Vault.",)))
    said = plain(capsys.readouterr().err)
    assert max(map(len, said.splitlines())) <= 80
    assert said.count("v") == 200
    assert "  - a = b\n" in said
    assert "~/.aws/config" in said
    assert "Vault." in said


def test_markup_in_names_is_text(narrow: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    narrow.table(["NAME", "WHAT"], [["[red]a[/red]", ":smile:"]])
    narrow.tree([Branch(["[b]x[/b]", ""], [Branch(["y", "z"])])])
    out = plain(capsys.readouterr().out)
    assert "[red]a[/red]" in out
    assert ":smile:" in out
    assert "[b]x[/b]" in out


def test_a_column_that_is_empty_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().table(["A", "B", "C"], [["1", "", "3"], ["4", "", "6"]])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["A", "C"],
        ["1", "3"],
        ["4", "6"],
    ]
