"""Shows a long text on a screen of its own, to scroll through."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl

from awsprof.wizard.prompt_loop import STYLE, Back, answer_of, stderr_output

_KEYS: Final = "up and down, PageUp and PageDown, Home and End: scroll; Enter or q: close"


def view(lines: Sequence[str]) -> None:
    """Shows the lines until the user closes the screen. The lines must be safe to show."""
    top = 0

    def rows() -> int:
        return max(application.output.get_size().rows - 1, 1)

    def last() -> int:
        return max(len(lines) - rows(), 0)

    def shown() -> FormattedText:
        return FormattedText([("", "\n".join(lines[top : top + rows()]))])

    def state() -> FormattedText:
        end = min(top + rows(), len(lines))
        return FormattedText([("reverse", f" {top + 1}-{end} of {len(lines)}   {_KEYS} ")])

    def scroll(to: int) -> None:
        nonlocal top
        top = min(max(to, 0), last())

    steps: dict[str, Callable[[], None]] = {
        "up": lambda: scroll(top - 1),
        "down": lambda: scroll(top + 1),
        "pageup": lambda: scroll(top - rows()),
        "pagedown": lambda: scroll(top + rows()),
        " ": lambda: scroll(top + rows()),
        "home": lambda: scroll(0),
        "end": lambda: scroll(len(lines)),
    }
    text = Window(FormattedTextControl(shown, focusable=True, show_cursor=False), wrap_lines=False)
    application: Application[None] = Application(
        layout=Layout(HSplit([text, Window(FormattedTextControl(state), height=1)])),
        key_bindings=_bindings(steps),
        style=STYLE,
        full_screen=True,
        output=stderr_output(),
    )
    try:
        answer_of(application)
    except Back:
        return


def _bindings(steps: Mapping[str, Callable[[], None]]) -> KeyBindings:
    """Returns the key bindings: those of ``steps``, and q and Enter, which close the screen."""
    bindings = KeyBindings()
    for key in ("q", "enter"):
        bindings.add(key)(lambda event: event.app.exit(result=None))
    for key, step in steps.items():
        bindings.add(key)(lambda _, step=step: step())
    return bindings
