"""The prompts of the wizard. Each answer is validated as it is typed.

Esc raises Back, and Ctrl-C KeyboardInterrupt, in every prompt. Prompts go to stderr; an answered
prompt is replaced by one line.
"""

import asyncio
import shutil
import signal
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import questionary
from prompt_toolkit.filters import to_filter
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import Output, create_output
from prompt_toolkit.shortcuts import print_formatted_text
from questionary import Choice, Question, Style

from awsprof import signals
from awsprof.errors import UsageError
from awsprof.masking import for_display

_BACK: Final = "\0back"
_FILTERED: Final = 10  # lists longer than this are filtered by typing
_COLUMN: Final = 26  # column of the answers of answered prompts
_RECOMMENDED: Final = "   recommended"
_STYLE: Final = Style(
    [
        ("qmark", "fg:default bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("pointer", "bold"),
        ("highlighted", "bold"),
        ("instruction", ""),
        ("validation-toolbar", "noreverse fg:ansired"),
    ]
)


@dataclass(frozen=True)
class Option:
    """A choice: its value and title. ``called`` is a display name for later prompts."""

    value: str
    title: str
    recommended: bool = False
    called: str = ""

    @property
    def short(self) -> str:
        """The title without its notes, which three spaces separate from it."""
        return self.title.split("   ")[0]


class Back(Exception):
    """Raised when the user presses Esc to return to the previous question. Not an error."""


def select(
    question: str,
    options: Sequence[Option],
    default: str | None = None,
    *,
    explain: str = "",
    back: bool = True,
) -> str:
    """Asks for one of ``options`` and returns its value. Long lists are filtered by typing."""
    room = _width() - 4
    choices = [Choice(_title(option, room), value=option.value) for option in options]
    if back:
        choices.append(Choice("< back", value=_BACK))
    by_value = {option.value: option for option in options}
    many = len(options) > _FILTERED
    output = create_output(stdout=sys.stderr)
    hint = "type to filter" if many else ""
    about = textwrap.wrap("; ".join(filter(None, (explain, hint))), _width() - 3)
    prompt = questionary.select(
        "\n  ".join(map(for_display, [question, *about])),
        choices=choices,
        default=default if default in by_value else None,
        use_search_filter=many,
        use_jk_keys=not many,
        style=_STYLE,
        pointer=">",
        instruction=" ",
        erase_when_done=True,
        output=output,
    )
    answer: str = _answer_of(prompt)
    _leave(question, by_value[answer].short, output)
    return answer


def checkbox(question: str, options: Sequence[Option], *, explain: str) -> list[str]:
    """Asks for any number of ``options`` and returns their values; all start ticked."""
    output = create_output(stdout=sys.stderr)
    room = _width() - 6
    about = textwrap.wrap(f"{explain}; space: tick or untick, a: all or none", _width() - 3)
    prompt = questionary.checkbox(
        "\n  ".join(map(for_display, [question, *about])),
        choices=[Choice(_title(o, room), value=o.value, checked=True) for o in options],
        style=_STYLE,
        pointer=">",
        instruction=" ",
        erase_when_done=True,
        output=output,
    )
    answer: list[str] = _answer_of(prompt)
    _leave(question, f"{len(answer)} of {len(options)}", output)
    return answer


def text_input(
    question: str,
    check: Callable[[str], str],
    *,
    explain: str,
    default: str = "",
    required: bool = True,
    completions: Sequence[str] = (),
) -> str:
    """Asks for a line of text and returns what ``check`` returns, or "" if not ``required``."""
    output = create_output(stdout=sys.stderr)
    common: dict[str, Any] = {
        "validate": _validator(check, required),
        "style": _STYLE,
        "erase_when_done": True,
        "output": output,
    }
    label = _label(question, explain, required)
    if completions:
        common["reserve_space_for_menu"] = 6
        prompt = _compact(questionary.autocomplete(label, list(completions), default, **common))
    else:
        prompt = _compact(questionary.text(label, default, **common))
    answer: str = _answer_of(prompt).strip()
    answer = check(answer) if answer else ""
    _leave(question, answer or "-", output)
    return answer


def password(question: str, check: Callable[[str], str], *, explain: str) -> str:
    """Asks for a secret without showing it, and returns what ``check`` returns."""
    output = create_output(stdout=sys.stderr)
    prompt = questionary.password(
        _label(question, explain, True),
        validate=_validator(check, True),
        style=_STYLE,
        erase_when_done=True,
        output=output,
    )
    answer = check(_answer_of(_compact(prompt)).strip())
    _leave(question, "***", output)
    return answer


def confirm(question: str, *, default: bool = True) -> bool:
    """Asks yes or no."""
    output = create_output(stdout=sys.stderr)
    prompt = questionary.confirm(
        for_display(question), default=default, style=_STYLE, erase_when_done=True, output=output
    )
    answer = bool(_answer_of(prompt))
    _leave(question, "Yes" if answer else "No", output)
    return answer


def _answer_of(question: Question) -> Any:
    """Returns the answer. Binds Esc, because questionary cannot go back.

    Also binds the key that prompt_toolkit makes of a SIGINT from another process.
    """
    bindings = KeyBindings()

    @bindings.add(Keys.Escape, eager=True)
    def _(event: Any) -> None:
        event.app.exit(result=_BACK)

    @bindings.add(Keys.SIGINT, eager=True)
    def _(event: Any) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    own = question.application.key_bindings
    question.application.key_bindings = merge_key_bindings([own, bindings] if own else [bindings])
    answer = _ask_in_event_loop(question)
    if answer == _BACK:
        raise Back
    return answer


def _ask_in_event_loop(question: Question) -> Any:
    """Asks; SIGTERM and SIGHUP end the prompt from its own event loop, as Ctrl-C does.

    A handler that raises in the middle of prompt_toolkit's code leaves the terminal raw, or a
    prompt that waits for Enter.
    """
    application = question.application
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
        answer = question.unsafe_ask()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if ended:
        raise ended[0]
    return answer


def _compact(question: Question) -> Question:
    """Makes the prompt as low as its text, so that an error is shown directly below."""
    layout = question.application.layout
    layout.current_window.dont_extend_height = to_filter(True)
    for window in layout.find_all_windows():
        if isinstance(window.content, FormattedTextControl) and window.height == 1:
            # the error below the prompt, as high as its text
            window.height, window.wrap_lines = None, to_filter(True)
            window.dont_extend_height = to_filter(True)
    return question


def _title(option: Option, room: int) -> str:
    title = for_display(option.title) + (_RECOMMENDED if option.recommended else "")
    return title if len(title) <= room else title[: room - 1] + "…"


def _label(question: str, explain: str, required: bool) -> str:
    """Returns the question, and below it the wrapped explanation."""
    lines = textwrap.wrap(explain if required else f"{explain} (optional)", _width() - 3)
    return "\n  ".join(map(for_display, [question, *lines])) + "\n "


def _leave(question: str, answer: str, output: Output) -> None:
    """Prints the line that replaces an answered prompt."""
    parts = [
        ("class:qmark", "?"),
        ("class:question", f" {for_display(question):<{_COLUMN}}  "),
        ("class:answer", for_display(answer)),
    ]
    print_formatted_text(FormattedText(parts), style=_STYLE, output=output)


def _width() -> int:
    return shutil.get_terminal_size().columns


def _validator(check: Callable[[str], str], required: bool) -> Callable[[str], bool | str]:
    def validate(answer: str) -> bool | str:
        answer = answer.strip()
        if not answer:
            return "Required." if required else True
        try:
            check(answer)
        except UsageError as exc:
            return for_display(f"{exc.message} {exc.fix[:1].upper()}{exc.fix[1:]}.")
        return True

    return validate
