"""The few ways in which the wizard asks; each answer is validated as it is typed.

``<`` goes back wherever something is asked. Ctrl-C is a KeyboardInterrupt, and stops everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import questionary
from questionary import Choice, Style

from awsprof.errors import UsageError

BACK: Final = "<"
_FILTERED: Final = 10  # from so many choices on, typing filters them
_STYLE: Final = Style([("qmark", "bold"), ("question", "bold")])


@dataclass(frozen=True)
class Option:
    """A choice: what stands for it, and what it says."""

    value: str
    title: str


class Back(Exception):  # noqa: N818  # it is no error
    """The person wants the question before this one again."""


def choose(question: str, options: Sequence[Option], default: str | None = None) -> str:
    """One of ``options``, by arrow keys; many can be filtered by typing."""
    choices = [Choice(option.title, value=option.value) for option in options]
    known = default in [option.value for option in options]
    many = len(options) > _FILTERED
    answer: Any = questionary.select(
        question,
        choices=[*choices, Choice("< back", value=BACK)],
        default=default if known else None,
        use_search_filter=many,
        use_jk_keys=not many,
        style=_STYLE,
        instruction="(type to filter)" if many else " ",
    ).unsafe_ask()
    return _unless_back(str(answer))


def text(
    question: str,
    check: Callable[[str], str],
    *,
    explain: str,
    default: str = "",
    required: bool = True,
    completions: Sequence[str] = (),
) -> str:
    """A line of text that ``check`` takes; empty where it is not ``required``."""
    skip = "" if required else "; Enter leaves it out"
    label = f"{question}  ({explain}{skip}; {BACK} goes back)\n "
    common: dict[str, Any] = {"validate": _validator(check, required), "style": _STYLE}
    if completions:
        asked = questionary.autocomplete(label, list(completions), default, **common)
    else:
        asked = questionary.text(label, default, **common)
    answer = _unless_back(str(asked.unsafe_ask()).strip())
    return check(answer) if answer else ""


def unseen(question: str, check: Callable[[str], str]) -> str:
    """A secret, typed unseen."""
    asked = questionary.password(
        f"{question}  ({BACK} goes back)", validate=_validator(check, True), style=_STYLE
    )
    return check(_unless_back(str(asked.unsafe_ask()).strip()))


def agree(question: str, *, default: bool = True) -> bool:
    """Yes or no."""
    return bool(questionary.confirm(question, default=default, style=_STYLE).unsafe_ask())


def _validator(check: Callable[[str], str], required: bool) -> Callable[[str], bool | str]:
    def validate(answer: str) -> bool | str:
        answer = answer.strip()
        if answer == BACK or (not answer and not required):
            return True
        try:
            check(answer)
        except UsageError as exc:
            return f"{exc.message} {exc.fix}"
        return True

    return validate


def _unless_back(answer: str) -> str:
    if answer == BACK:
        raise Back
    return answer
