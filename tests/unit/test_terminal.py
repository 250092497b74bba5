"""How things look: 80 columns, a mark beside each color, data on stdout and words on stderr."""

from collections.abc import Callable

import pytest

from awsprof.diff import DiffLine, FileDiff, Preview
from awsprof.errors import CredentialsError
from awsprof.secret import Secret
from awsprof.terminal import Branch, Terminal

Read = Callable[[], tuple[str, str]]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 80 columns that shows colors."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


def plain(text: str) -> str:
    """Without colors."""
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


def test_an_error_ends_its_lines_with_words(
    narrow: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow.error(CredentialsError("why " * 60 + "so.", "mend"))
    *lines, fix = plain(capsys.readouterr().err).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    assert lines[0].startswith("awsprof: why") and fix == "  mend"


def test_where_nobody_looks_nothing_is_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().error(CredentialsError("why " * 60, "mend " * 60))
    assert capsys.readouterr().err.count("\n") == 2


def test_colour_is_never_the_only_sign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    for say in (terminal.ok, terminal.warn, terminal.failed):
        say("it")
    assert capsys.readouterr().err == "ok it\n!  it\nx  it\n"


def test_what_becomes_of_secrets_is_one_paragraph(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().diff(Preview((), ("One is stored.", "Another is stored.")))
    assert capsys.readouterr().err == "\n  One is stored.\n  Another is stored.\n\n"


def test_a_diff_hides_nothing(narrow: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    long = "k = " + "v" * 200
    narrow.diff(
        Preview(
            (FileDiff("~/.aws/config", (DiffLine("-", "a = b"), DiffLine("+", long))),), ("Vault.",)
        )
    )
    said = plain(capsys.readouterr().err)
    assert max(map(len, said.splitlines())) <= 80
    assert said.count("v") == 200
    assert "  - a = b\n" in said
    assert "~/.aws/config" in said
    assert "Vault." in said


def test_a_name_wider_than_the_window_is_folded_in_a_tree(
    narrow: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    base, role = "b" * 130, "role " + "r" * 90
    narrow.tree([Branch([base, "key"], [Branch(["y", role, "z"]), Branch(["x", "w"])])])
    shown = plain(capsys.readouterr().out)
    assert max(map(len, shown.splitlines())) <= 80
    assert base in shown.replace("\n", "")
    assert "r" * 90 in "".join(shown.split()).replace("│", "")
    assert "── x  w" in shown


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


HOSTILE = "x\x1b[2J\x1b]0;t\x07\u202egnp\u2066\u200b\r\nok all is well\u2028ok it is\x85ok so\x00"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SHOWING: dict[str, Callable[[Terminal, str], object]] = {
    "data_line": lambda terminal, text: terminal.data_line(text),
    "say": lambda terminal, text: terminal.say(text),
    "heading": lambda terminal, text: terminal.heading(text, text),
    "entry": lambda terminal, text: terminal.entry("ok", [text, text], text, room=8),
    "ok": lambda terminal, text: terminal.ok(text),
    "warn": lambda terminal, text: terminal.warn(text),
    "failed": lambda terminal, text: terminal.failed(text, text),
    "next_step": lambda terminal, text: terminal.next_step(text, whole=False),
    "todo": lambda terminal, text: terminal.todo(text),
    "error": lambda terminal, text: terminal.error(CredentialsError(text, text)),
    "detail": lambda terminal, text: terminal.detail(text, text),
    "whole": lambda terminal, text: terminal.detail(text, text, whole=True),
    "diff": lambda terminal, text: terminal.diff(
        Preview((FileDiff(text, (DiffLine("+", text),)),), (text,))
    ),
    "table": lambda terminal, text: terminal.table([text, "B"], [[text, text]]),
    "pairs": lambda terminal, text: terminal.pairs([[text, text]]),
    "tree": lambda terminal, text: terminal.tree([Branch([text, text], [Branch([text])])]),
    "traceback": lambda terminal, text: terminal.traceback(ValueError(text)),
    "debug": lambda terminal, text: terminal.debug(text),
    "json": lambda terminal, text: terminal.json({"name": text, text: [text]}),
}


@pytest.mark.parametrize("way", SHOWING)
def test_outside_text_forges_no_line_and_moves_no_cursor(
    way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    SHOWING[way](Terminal(), HOSTILE)
    said = "".join(capsys.readouterr())
    assert not {c for c in said if not c.isprintable() and c != "\n"}
    begun = [line for line in said.splitlines() if line.startswith(("ok all", "ok it", "ok so"))]
    assert begun == []


@pytest.mark.parametrize("way", SHOWING)
def test_no_secret_is_shown_in_any_way(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    SHOWING[way](Terminal(), f"it is {SECRET}, and aws_session_token=hunter2")
    said = "".join(capsys.readouterr())
    assert "***" in said
    assert SECRET[:20] not in said
    assert "hunter2" not in said


def test_a_secret_that_was_asked_for_goes_to_a_window_alone(
    narrow: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow.secret("type it: ", Secret(SECRET))
    assert SECRET in plain(capsys.readouterr().err)
    monkeypatch.delenv("FORCE_COLOR")
    Terminal().secret("type it: ", Secret(SECRET))
    assert capsys.readouterr().err == ""


def test_every_way_of_showing_is_tried() -> None:
    own = {name for name in vars(Terminal) if not name.startswith("_")}
    not_text = {
        "interactive",
        "prints",
        "on_stdout",
        "data",
        "lines",
        "prose",
        "secret",
        "command",
        "qr",
        "fits_qr",
        "written",
        "progress",
    }
    assert own - not_text <= set(SHOWING)


ROWS = [["prod", "", "210987654321"], ["日本", "x", ""], ["a longer name", "e\u0301", "1"]]
TABLE = [
    "PROFILE        KIND  ACCOUNT",
    "prod                 210987654321",
    "日本           x",
    "a longer name  e\u0301     1",
]


def test_a_table_is_aligned_and_has_no_blanks_at_its_end(
    narrow: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow.table(["PROFILE", "KIND", "ACCOUNT"], ROWS)
    assert plain(capsys.readouterr().out).splitlines() == TABLE
    monkeypatch.delenv("FORCE_COLOR")
    Terminal().table(["PROFILE", "KIND", "ACCOUNT"], ROWS)
    assert capsys.readouterr().out.splitlines() == TABLE


LONG = ["acme-platform-production-awsadministratoraccess", "AWSAdministratorAccess"]
HEADERS = ["PROFILE", "KIND", "ACCOUNT", "REGION", "SIGNED IN"]


def test_a_row_is_one_line_for_which_columns_are_left_out_and_no_id_is_cut(
    narrow: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[*LONG, "345678901234", "ap-northeast-1", "for 7 h"], ["dev", "role R", "1", "", ""]]
    order = ["KIND", "REGION", "SIGNED IN"]
    missing = narrow.table(HEADERS, rows, shrink=["KIND"], leave_out=order)
    assert missing == ["KIND", "REGION"]
    lines = plain(capsys.readouterr().out).splitlines()
    assert [line.split() for line in lines[1:]] == [
        [LONG[0], "345678901234", "for", "7", "h"],
        ["dev", "1"],
    ]
    assert narrow.table(HEADERS, rows[1:], leave_out=order) == []
    assert narrow.table(["A", "B"], [["a" * 70, "b" * 70]], leave_out=["C"]) == []
    assert "b" * 70 in plain(capsys.readouterr().out)


def test_a_branch_is_one_line_for_which_cells_are_left_out(
    narrow: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    role = Branch([*LONG, "345678901234", "ap-northeast-1"])
    corp = Branch(["corp", "IAM Identity Center", "signed in for 7 h"], [role], heading=True)
    assert narrow.tree([corp], leave_out=[3, 1]) == [3, 1]
    assert plain(capsys.readouterr().out).splitlines() == [
        "corp  IAM Identity Center  signed in for 7 h",
        f"└── {LONG[0]}  345678901234",
    ]


def test_a_tree_that_is_too_wide_goes_on_below_the_name(
    narrow: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    role = "role " + "R" * 40
    child = Branch(["admin-" * 5, role, "210987654321", "eu-west-1"])
    narrow.tree([Branch(["base", "keys", "123456789012", "eu-west-1"], [child])])
    text = plain(capsys.readouterr().out)
    assert max(map(len, text.splitlines())) <= 80
    assert all(whole in text for whole in ("123456789012", "210987654321", role, "admin-" * 5))


def test_a_dumb_terminal_has_its_own_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "dumb", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LINES", raising=False)
    Terminal().failed("word " * 30)
    assert max(map(len, plain(capsys.readouterr().err).splitlines())) <= 60
