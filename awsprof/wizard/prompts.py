"""The prompts of the wizard. Each answer is validated as it is typed.

Esc raises Back, and Ctrl-C KeyboardInterrupt, in every prompt. Prompts go to stderr; an answered
prompt is replaced by one line.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import questionary
from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, to_filter
from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.utils import get_cwidth
from questionary import Question

from awsprof.errors import UsageError
from awsprof.masking.mask import for_display
from awsprof.text import fold, one_line
from awsprof.wizard.list_prompt import ListPrompt, Option
from awsprof.wizard.prompt_loop import STYLE, Back, answer_of, leave, stderr_output, terminal_width

__all__ = [
    "Back",
    "Option",
    "agree",
    "choose",
    "confirm",
    "fill_in",
    "name_preview",
    "password",
    "select",
    "text_input",
    "tick_list",
]

NONE: Final = "-"
"""What the user types to leave an optional answer out."""
_BACK: Final = "\0back"
_SHOWN: Final = 3  # names in a preview
_FILTERED: Final = 10  # lists longer than this say that typing filters


def select(
    question: str,
    options: Sequence[Option],
    default: str | None = None,
    *,
    explain: str = "",
    back_row: bool = True,
    stays: bool = True,
) -> str:
    """Asks for one of ``options`` and returns its value. Typing filters the list.

    ``back_row`` shows the row "< back"; Esc raises Back either way. ``stays``: the answer stays on
    the screen; what is chosen of a list to edit need not.
    """
    hint = "type to filter" if len(options) > _FILTERED else ""
    about = "; ".join(filter(None, (explain, hint)))
    shown = [*options, Option(_BACK, "< back")] if back_row else list(options)
    values = [option.value for option in shown]
    prompt = ListPrompt(
        [question, *_wrapped(about)], shown, values.index(default) if default in values else 0
    )
    (answer,) = prompt.ask()
    if answer == _BACK:
        raise Back
    if stays:
        leave(question, next(option.short for option in options if option.value == answer))
    return answer


def tick_list(
    question: str, options: Sequence[Option], *, explain: str, ticked: Sequence[str]
) -> list[str]:
    """Asks for one or more of ``options`` and returns their values.

    With none ticked, Enter takes the option at the pointer.
    """
    keys = "Tab: tick; Ctrl-A: tick all shown; type to filter; Enter: done"
    prompt = ListPrompt([question, *_wrapped(explain), *_wrapped(keys)], options, ticked=ticked)
    answer = prompt.ask()
    chosen = [option.short for option in options if option.value in answer]
    leave(question, chosen[0] if len(chosen) == 1 else f"{len(chosen)} of {len(options)}")
    return answer


def text_input(
    question: str,
    check: Callable[[str], str],
    *,
    explain: str,
    default: str = "",
    required: bool = True,
    completions: Sequence[str] = (),
    on_paste: Callable[[Sequence[str]], str] = " ".join,
    preview: Callable[[str], str] | None = None,
    shown: Callable[[str], str] = str,
) -> str:
    """Asks for a line of text and returns what ``check`` returns, or "" if not ``required``.

    Enter alone takes ``default``, which is shown in brackets; what is typed replaces it.
    ``on_paste`` gets the pasted words and returns the text to insert. ``preview`` returns the lines
    below the prompt for the text so far. ``shown`` returns the answer as it stays on the screen.
    """

    def complete(answer: str) -> str:
        answer = answer.strip() or default
        return "" if answer == NONE and not required else answer

    common: dict[str, Any] = {
        "validate": _validator(lambda text: check(complete(text)), complete, required),
        "style": STYLE,
        "erase_when_done": True,
        "output": stderr_output(),
    }
    if preview is not None:
        common["bottom_toolbar"] = lambda: preview(complete(get_app().current_buffer.text))
    label = _label(question, explain, default, required=required, tab=bool(completions))
    if completions:
        common["reserve_space_for_menu"] = 6
        prompt = questionary.autocomplete(label, list(completions), "", **common)
        # at Tab only: otherwise its rows stay free between the text and an error
        prompt.application.current_buffer.complete_while_typing = to_filter(False)
    else:
        prompt = questionary.text(label, "", **common)
    _add_keys(prompt, default, on_paste)
    answer = complete(answer_of(_compact(prompt).application))
    answer = check(answer) if answer else ""
    leave(question, shown(answer) if answer else "-")
    return answer


def password(question: str, check: Callable[[str], str], *, explain: str) -> str:
    """Asks for a secret without showing it, and returns what ``check`` returns."""
    prompt = questionary.password(
        _label(question, explain, "", required=True, tab=False),
        validate=_validator(check, str.strip, True),
        style=STYLE,
        erase_when_done=True,
        output=stderr_output(),
    )
    _add_keys(prompt, "", "".join)
    answer = check(answer_of(_compact(prompt).application).strip())
    leave(question, "***")
    return answer


def confirm(question: str, *, default: bool = True) -> bool:
    """Asks yes or no; y or n alone is not the answer, Enter is.

    If y were, then the Enter of those who type both would answer the question after it.
    """
    prompt = questionary.confirm(
        for_display(question),
        default=default,
        auto_enter=False,
        style=STYLE,
        erase_when_done=True,
        output=stderr_output(),
    )
    answer = bool(answer_of(prompt.application))
    leave(question, "Yes" if answer else "No")
    return answer


def agree(question: str, default: bool = False) -> bool:
    """Asks yes or no in the middle of a flow that cannot go back: Esc means no."""
    try:
        return confirm(question, default=default)
    except Back:
        leave(question, "No")
        return False


def choose(question: str, answers: Mapping[str, str]) -> str:
    """Asks for one of ``answers`` in the middle of a flow, and returns its key: Esc is the last."""
    options = [Option(key, text) for key, text in answers.items()]
    try:
        return select(question, options, back_row=False)
    except Back:
        leave(question, options[-1].short)
        return options[-1].value


def name_preview(names: Sequence[str]) -> str:
    """Returns the first names and the number of all, wrapped to the window."""
    more = f", … ({len(names)} in all)" if len(names) > _SHOWN else ""
    return "\n".join(f"  {line}" for line in _wrapped(", ".join(names[:_SHOWN]) + more))


def fill_in(question: str, default: str) -> str:
    """Asks for a line of text that a command needs: Esc raises Back, which ends the command."""
    return text_input(question, str, explain="", default=default)


def _add_keys(question: Question, default: str, on_paste: Callable[[Sequence[str]], str]) -> None:
    """Binds paste, which inserts one line, and the right arrow, which edits the default."""
    bindings = KeyBindings()

    @bindings.add(Keys.BracketedPaste, eager=True)
    def _(event: Any) -> None:
        event.current_buffer.insert_text(one_line(on_paste(event.data.split())))

    @bindings.add("right", eager=True, filter=Condition(lambda: not get_app().current_buffer.text))
    def _(event: Any) -> None:
        event.current_buffer.insert_text(default)

    application = question.application
    own = application.key_bindings
    application.key_bindings = merge_key_bindings([own, bindings] if own else [bindings])


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


def _wrapped(text: str) -> list[str]:
    return fold(text, max(terminal_width() - 3, 20)) if text else []


def _label(question: str, explain: str, default: str, *, required: bool, tab: bool) -> str:
    """Returns the question with its default in brackets, and below it how to answer."""
    bracketed = f"{question} [{default}]" if default else question
    fits = get_cwidth(bracketed) < terminal_width() - 2
    keys = []
    if default:
        keys += ["Enter: take it" if fits else f"Enter: {default}", "right arrow: edit it"]
    if not required:
        keys.append("-: none" if default else "Enter: none")
    if tab:
        keys.append("Tab: list")
    hint = f" ({', '.join(keys)})" if keys else ""
    lines = [bracketed if fits else question, *_wrapped(explain + hint)]
    return "\n  ".join(map(for_display, lines)) + "\n "


def _validator(
    check: Callable[[str], object], complete: Callable[[str], str], required: bool
) -> Callable[[str], bool | str]:
    def validate(answer: str) -> bool | str:
        if not complete(answer):
            return "Required." if required else True
        try:
            check(answer)
        except UsageError as exc:
            error = for_display(f"{exc.message} {exc.fix[:1].upper()}{exc.fix[1:]}.")
            return "\n".join(_wrapped(error))
        return True

    return validate
