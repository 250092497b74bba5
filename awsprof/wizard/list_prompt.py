"""The list prompt: choose one option, or tick several. Typing filters, however many there are."""

import math
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.utils import get_cwidth

from awsprof.masking.mask import for_display
from awsprof.text import fold
from awsprof.wizard.prompt_loop import STYLE, aligned, answer_of, fit, stderr_output, terminal_width

_RECOMMENDED: Final = "   recommended"
_MARGIN: Final = 3  # rows of the terminal that stay free
_FEWEST: Final = 3  # rows of options, in however small a terminal


@dataclass(frozen=True)
class Option:
    """A choice: its value and title, and a note that its row has in brackets behind the title.

    ``called`` is a display name for later prompts; ``keywords`` are found by typing, and not shown.
    """

    value: str
    title: str
    note: str = ""
    recommended: bool = False
    called: str = ""
    keywords: str = ""

    @property
    def row(self) -> str:
        """What the list shows."""
        return f"{self.title}   ({self.note})" if self.note else self.title

    @property
    def short(self) -> str:
        """What an answered prompt shows: the title, or the first cell of an aligned row."""
        return self.title.split("   ")[0]


def aligned_options(values: Iterable[str], rows: Sequence[Sequence[str]]) -> list[Option]:
    """Returns an option for each value; its title is its row of cells, aligned with the others."""
    titles = aligned(rows) if rows else []
    return [Option(value, title) for value, title in zip(values, titles, strict=True)]


def _room() -> int:
    """Returns how many terminal cells a row has beside its pointer."""
    return terminal_width() - 4


class ListPrompt:
    """One list on the screen: its filter, its pointer, and what is ticked.

    Wide rows are cut; the full text of the one at the pointer is below the list.

    Tab ticks one, and Ctrl-A all that are shown. Space ticks too, unless you are typing a filter;
    a letter never does, since it may be the first of a name.
    """

    def __init__(
        self,
        head: Sequence[str],
        options: Sequence[Option],
        at: int = 0,
        ticked: Sequence[str] | None = None,
    ) -> None:
        """``head`` is the question and the lines below it; ``ticked`` is None to choose one."""
        self._head = [for_display(line) for line in head]
        self._options = [(o, for_display(o.row) + _RECOMMENDED * o.recommended) for o in options]
        self._widest = max((get_cwidth(title) for _, title in self._options), default=0)
        self._found = [f"{title}\n{o.keywords}".casefold() for o, title in self._options]
        self._ticked = None if ticked is None else set(ticked)
        self._filter, self._typing = "", False
        self._shown = list(range(len(options)))
        self._at, self._top = at, 0

    def ask(self) -> list[str]:
        """Returns the value of the chosen option, or those that are ticked.

        If none is ticked, Enter takes the one at the pointer.
        """
        control = FormattedTextControl(self._lines, focusable=True, show_cursor=False)
        application: Application[list[str]] = Application(
            layout=Layout(Window(control, dont_extend_height=True, always_hide_cursor=True)),
            key_bindings=self._bindings(),
            style=STYLE,
            erase_when_done=True,
            output=stderr_output(),
        )
        answer: list[str] = answer_of(application)
        return answer

    def _lines(self) -> FormattedText:
        question, *about = self._head
        parts = [("class:qmark", "?"), ("class:question", f" {question}\n")]
        parts += [("class:instruction", f"  {line}\n") for line in [*about, *self._state()]]
        room, rows = _room(), self._rows()
        self._top = min(max(self._top, self._at - rows + 1), max(self._at, 0))
        for place in range(self._top, min(self._top + rows, len(self._shown))):
            option, title = self._options[self._shown[place]]
            tick = "" if self._ticked is None else self._tick_of(option)
            style = "class:highlighted" if place == self._at else ""
            pointer = " > " if place == self._at else "   "
            parts.append((style, f"{pointer}{fit(tick + title, room)}\n"))
        if not self._shown:
            parts.append(("", "   nothing matches; Backspace changes the filter\n"))
        parts += [("class:instruction", f"{line}\n") for line in self._whole_row(room)]
        return FormattedText([*parts[:-1], (parts[-1][0], parts[-1][1].rstrip("\n"))])

    def _whole_row(self, room: int) -> list[str]:
        """Returns the lines below the list: the option at the pointer, if its row is cut."""
        title = self._options[self._shown[self._at]][1] if self._shown else ""
        cut = get_cwidth(title) > room - self._tick_width()
        title = re.sub(" {3,}", "   ", title)
        return ["", *(f"   {line}" for line in fold(title, room))] if cut else []

    def _tick_of(self, option: Option) -> str:
        return "[x] " if option.value in (self._ticked or ()) else "[ ] "

    def _tick_width(self) -> int:
        return 0 if self._ticked is None else len("[x] ")

    def _state(self) -> list[str]:
        """Returns the line with the filter, and how many options are ticked and shown."""
        parts = []
        total, count, rows = len(self._options), len(self._shown), self._rows()
        if self._ticked is not None:
            only = "" if self._ticked else " (Enter: only the one at >)"
            parts.append(f"{len(self._ticked)} of {total} chosen{only}")
        if count > rows:
            parts.append(f"{self._top + 1}-{min(self._top + rows, count)} of {count} shown")
        elif count < total:
            parts.append(f"{count} of {total} shown")
        if self._filter or self._typing:
            parts.append(f"filter: {self._filter}")
        return [fit(", ".join(parts), terminal_width() - 3)] if parts else []

    def _rows(self) -> int:
        """Returns how many options fit below the question."""
        room = _room() - self._tick_width()
        below = 1 + math.ceil(self._widest / max(room, 1)) if self._widest > room else 0
        taken = len(self._head) + 1 + below + _MARGIN
        return max(shutil.get_terminal_size().lines - taken, _FEWEST)

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        moves: dict[str, Callable[[], int]] = {
            "up": lambda: -1,
            "down": lambda: 1,
            "pageup": lambda: -self._rows(),
            "pagedown": self._rows,
            "home": lambda: -len(self._options),
            "end": lambda: len(self._options),
        }
        for key, distance in moves.items():
            bindings.add(key)(lambda event, distance=distance: self._move(distance()))
        bindings.add("tab")(self._tab)
        bindings.add("enter")(self._enter)
        bindings.add("backspace")(lambda event: self._narrow(self._filter[:-1]))
        bindings.add("c-u")(lambda event: self._narrow(""))
        bindings.add("c-a")(lambda event: self._tick_shown())
        filtered = Condition(lambda: bool(self._filter))
        bindings.add("escape", eager=True, filter=filtered)(lambda event: self._narrow(""))
        bindings.add(Keys.Any)(lambda event: self._typed(event.data))
        bindings.add(Keys.BracketedPaste)(
            lambda event: self._narrow(self._filter + for_display(event.data))
        )
        return bindings

    def _move(self, distance: int) -> None:
        last = len(self._shown) - 1
        self._typing = False
        if abs(distance) == 1 and not 0 <= self._at + distance <= last:
            distance = -last * distance  # from the end to the start, and back
        self._at = min(max(self._at + distance, 0), max(last, 0))

    def _tab(self, event: KeyPressEvent) -> None:
        """Ticks the option at the pointer, and moves on; a filter goes on as it is."""
        typing = self._typing
        self._tick_one()
        self._move(1)
        self._typing = typing

    def _typed(self, text: str) -> None:
        if not text.isprintable():
            return
        if self._ticked is not None and not self._typing and text == " ":
            self._tick_one()
        elif text == "/" and not self._typing:
            self._typing = True
        else:
            self._typing = True
            self._narrow(self._filter + text)

    def _narrow(self, text: str) -> None:
        """Shows the options that have each word of ``text``, those that begin with it first."""
        self._filter = text
        words = text.casefold().split()
        found = [i for i, t in enumerate(self._found) if all(word in t for word in words)]
        self._shown = sorted(found, key=lambda i: not self._found[i].startswith(text.casefold()))
        self._at = self._top = 0

    def _tick_one(self) -> None:
        if self._ticked is not None and self._shown:
            self._ticked ^= {self._options[self._shown[self._at]][0].value}

    def _tick_shown(self) -> None:
        """Ticks all options that the filter shows, or unticks them if all are ticked."""
        if self._ticked is None:
            return
        shown = {self._options[i][0].value for i in self._shown}
        if shown <= self._ticked:
            self._ticked -= shown
        else:
            self._ticked |= shown

    def _enter(self, event: Any) -> None:
        if self._ticked:
            event.app.exit(result=[o.value for o, _ in self._options if o.value in self._ticked])
        elif self._shown:
            event.app.exit(result=[self._options[self._shown[self._at]][0].value])
