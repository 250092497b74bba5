"""What all prompts share: their style, Esc, Ctrl-C and signals, and the line of an answered one.

An answered prompt is replaced by one line on stderr. ``recorded_rows`` counts these lines, so that
Esc can erase them again.
"""

import asyncio
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from prompt_toolkit.application import Application
from prompt_toolkit.filters import has_completions
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.shortcuts import print_formatted_text
from prompt_toolkit.utils import get_cwidth
from questionary import Style

from awsprof import signals
from awsprof.masking.mask import for_display
from awsprof.text import fold

_BACK: Final = "\0back"
_COLUMN: Final = 26  # column of the answers of answered prompts
_LEAST_ANSWER: Final = 20  # columns beside the question; with fewer an answer goes below
_ROWS: ContextVar[list[int] | None] = ContextVar("rows of answered prompts", default=None)
STYLE: Final = Style(
    [
        ("qmark", "fg:default bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("pointer", "bold"),
        ("highlighted", "bold"),
        ("instruction", ""),
        ("validation-toolbar", "noreverse fg:ansired"),
        ("bottom-toolbar", "noreverse"),
    ]
)


class Back(Exception):
    """Raised when the user presses Esc to return to the previous question. Not an error."""


def stderr_output() -> Output:
    """Returns prompt_toolkit's output for stderr, where all prompts are."""
    return create_output(stdout=sys.stderr)


def terminal_width() -> int:
    """Returns the columns of the terminal."""
    return shutil.get_terminal_size().columns


def fit(text: str, room: int) -> str:
    """Returns ``text`` in at most ``room`` terminal cells, cut with an ellipsis."""
    if get_cwidth(text) <= room:
        return text
    while text and get_cwidth(text) > room - 1:
        text = text[:-1]
    return text + "…"


def pad(text: str, cells: int) -> str:
    """Returns ``text`` padded to that many terminal cells; full-width characters take two."""
    return text + " " * (cells - get_cwidth(text))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns each row of cells as a line in which the cells of all rows are aligned."""
    shown = [[for_display(cell) for cell in row] for row in rows]
    widths = [max(map(get_cwidth, column)) for column in zip(*shown, strict=True)]
    return [
        "   ".join(pad(cell, cells) for cell, cells in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


@contextmanager
def recorded_rows() -> Iterator[list[int]]:
    """Collects how many rows each prompt answered in this context left on the screen."""
    rows: list[int] = []
    before = _ROWS.set(rows)
    try:
        yield rows
    finally:
        _ROWS.reset(before)


def leave(question: str, answer: str) -> None:
    """Prints the line that replaces an answered prompt; what does not fit goes below."""
    head, room = f" {pad(for_display(question), _COLUMN)}  ", max(terminal_width(), 1)
    lines = _beside(f"?{head}", for_display(answer), room)
    parts = [("class:qmark", "?"), ("class:question", head), ("class:answer", "\n".join(lines))]
    print_formatted_text(FormattedText(parts), style=STYLE, output=stderr_output())
    rows = _ROWS.get()
    if rows is not None:
        first, *below = lines
        widths = [get_cwidth(f"?{head}{first}"), *map(get_cwidth, below)]
        rows.append(sum(max(-(-width // room), 1) for width in widths))


def _beside(head: str, answer: str, room: int) -> list[str]:
    """Returns the lines of an answer, the first of which stands after ``head``."""
    start = get_cwidth(head)
    if start + get_cwidth(answer) <= room:
        return [answer]
    if room - start >= _LEAST_ANSWER:
        first, *below = fold(answer, room - start)
        return [first, *(" " * start + line for line in below)]
    return ["", *("  " + line for line in fold(answer, max(room - 2, _LEAST_ANSWER)))]


def erase(rows: int) -> None:
    """Erases the last ``rows`` rows on the screen."""
    output = stderr_output()
    for _ in range(rows):
        output.cursor_up(1)
        output.erase_end_of_line()
    output.flush()


def answer_of(application: Application[Any]) -> Any:
    """Runs the prompt and returns the answer. Esc raises Back, Ctrl-C KeyboardInterrupt.

    Also binds the key that prompt_toolkit makes of a SIGINT from another process.
    """
    bindings = KeyBindings()

    @bindings.add(Keys.Escape, eager=True, filter=~has_completions)
    def _(event: Any) -> None:
        event.app.exit(result=_BACK)

    @bindings.add(Keys.Escape, eager=True, filter=has_completions)
    def _(event: Any) -> None:
        event.current_buffer.cancel_completion()

    @bindings.add(Keys.ControlC, eager=True)
    @bindings.add(Keys.SIGINT, eager=True)
    def _(event: Any) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    own = application.key_bindings
    application.key_bindings = merge_key_bindings([bindings, own] if own else [bindings])
    answer = _run_in_event_loop(application)
    if answer == _BACK:
        raise Back
    return answer


def _run_in_event_loop(application: Application[Any]) -> Any:
    """Runs it; SIGTERM and SIGHUP end the prompt from its own event loop, as Ctrl-C does.

    A handler that raises in the middle of prompt_toolkit's code leaves the terminal raw, or a
    prompt that waits for Enter.
    """
    handlers: dict[int, Any] = {}
    ended: list[KeyboardInterrupt] = []

    def end(number: int) -> None:
        try:
            handlers[number](number, None)
        except KeyboardInterrupt as exc:
            ended.append(exc)
            if application.future is not None and not application.future.done():
                application.exit(exception=exc)

    def watch() -> None:
        loop = asyncio.get_running_loop()
        for number in signals.numbers():
            handler = signal.getsignal(number)
            if callable(handler):
                handlers[number] = handler
                loop.add_signal_handler(number, end, number)

    if sys.platform != "win32":  # where asyncio has no signal handlers
        application.pre_run_callables.append(watch)
    try:
        answer = application.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if ended:
        raise ended[0]
    return answer
