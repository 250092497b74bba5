"""The list prompt, with keys typed into it: filters, ticks, and thousands of options."""

import time

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from awsprof.wizard import list_prompt, prompt_loop, prompts
from awsprof.wizard.list_prompt import ListPrompt, Option
from awsprof.wizard.prompt_loop import Back, aligned, fit

DOWN, UP, ENTER, ESCAPE, CTRL_A = "\x1b[B", "\x1b[A", "\r", "\x1b", "\x01"
LONG = "a-rather-long-name-of-a-profile"
TEAMS = [Option(f"{n}", f"Team {n}   {700000000000 + n}   Admin") for n in range(2000)]


def ask(
    keys: str, options: list[Option], monkeypatch: pytest.MonkeyPatch, *, ticks: bool = False
) -> list[str]:
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        monkeypatch.setattr(list_prompt, "stderr_output", DummyOutput)
        typed.send_text(keys)
        return ListPrompt(["Which?"], options, ticked=[] if ticks else None).ask()


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (ENTER, "0"),
        (DOWN + DOWN + UP + ENTER, "1"),
        (UP + ENTER, "1999"),  # around the end
        ("team 1234" + ENTER, "1234"),
        ("700000001234" + ENTER, "1234"),
        ("admin 1999 zzz\x7f\x7f\x7f\x7f" + ENTER, "1999"),  # words in any order; Backspace
        ("nothing" + ENTER + "\x15" + ENTER, "0"),  # Enter takes nothing of an empty list
    ],
)
def test_one_of_two_thousand_is_found_by_typing(
    keys: str, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(keys, TEAMS, monkeypatch) == [chosen]


def test_keywords_are_found_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    options = [Option("a", "A"), Option("b", "B", keywords="arn:aws:iam::123456789012:role/B")]
    assert ask("role/b" + ENTER, options, monkeypatch) == ["b"]
    assert options[1].short == "B"


@pytest.mark.parametrize(
    ("keys", "ticked"),
    [
        (ENTER, 1),  # none is ticked: the one at the pointer
        (" " + DOWN + " " + ENTER, 2),
        (CTRL_A + ENTER, 2000),
        (CTRL_A + CTRL_A + DOWN + " " + ENTER, 1),  # and none again
        ("team 12 admin" + DOWN + CTRL_A + ENTER, 139),  # 12 in the number or in the account
        ("team 1999" + "\t" + "\x15" + "team 7" + "\t" + ENTER, 2),
        ("/admin 199" + CTRL_A + ENTER, 12),
        ("admin 199" + ENTER, 1),  # no letter ticks anything
    ],
)
def test_those_shown_are_ticked(keys: str, ticked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(ask(keys, TEAMS, monkeypatch, ticks=True)) == ticked


def test_two_thousand_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started = time.process_time()
    ask("team 1" + DOWN * 20 + ENTER, TEAMS, monkeypatch)
    assert time.process_time() - started < 2


def test_escape_clears_the_filter_and_then_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "leave", lambda question, answer: None)
    with pytest.raises(Back):
        ask(ESCAPE, TEAMS, monkeypatch)


def test_full_width_names_line_up_and_are_cut_by_cells() -> None:
    rows = aligned([("本番環境", "1"), ("dev", "2")])
    assert rows == ["本番環境   1", "dev        2"]
    assert fit("本番環境", 7) == "本番環…"
    assert fit("本番環境", 6) == "本番…"


@pytest.mark.parametrize("columns", [34, 60])
def test_an_answer_that_does_not_fit_goes_on_below_and_is_erased_whole(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(prompt_loop, "stderr_output", DummyOutput)
    monkeypatch.setattr(
        prompt_loop,
        "print_formatted_text",
        lambda text, **_: printed.append("".join(part for _, part, *_ in text)),
    )
    with prompt_loop.recorded_rows() as rows:
        prompt_loop.leave("What would you like to do?", "Check the health of every profile")
    lines = printed[0].splitlines()
    assert rows == [len(lines)]
    assert max(map(len, lines)) <= columns
    assert " ".join(printed[0].split()).endswith("Check the health of every profile")


def lines_of(prompt: ListPrompt) -> list[str]:
    return "".join(text for _, text, *_ in prompt._lines()).split("\n")


def test_a_row_that_is_cut_is_shown_in_full_below_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (list_prompt, prompt_loop):
        monkeypatch.setattr(module, "terminal_width", lambda: 50)
    titles = aligned([("short", "1", "a"), (LONG, "345678901234", "ap-southeast-1")])
    options = [Option(title, title) for title in titles]
    for prompt in (ListPrompt(["Which?"], options, 1), ListPrompt(["Which?"], options, 1, [])):
        shown = lines_of(prompt)
        assert max(map(len, shown)) <= 50
        assert " ".join(shown[-2:]).split() == [LONG, "345678901234", "ap-southeast-1"]
    short = [Option("a", "first   1"), Option("b", "second   2")]
    assert lines_of(ListPrompt(["Which?"], short))[-1] == "   second   2"
