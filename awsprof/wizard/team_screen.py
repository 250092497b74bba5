"""The screen "Use my team's file": asks for the source once, then runs `awsprof team apply`."""

from functools import partial
from typing import Final

from awsprof.errors import AwsprofError
from awsprof.masking.mask import for_display
from awsprof.team.source import STDIN, last_named, parse_source
from awsprof.team.state import load_state
from awsprof.wizard import prompts
from awsprof.wizard.context import Wizard
from awsprof.wizard.prompts import Option
from awsprof.wizard.steps import choose_then

_OTHER: Final = "other"
_ROOM: Final = 50  # characters of a source in a list


def team_screen(wizard: Wizard) -> None:
    """Asks which team file, unless one was applied before, and applies it."""
    known = _known_sources()
    if not known:
        wizard.commands.apply_team(_ask_for_another())
        return
    options = [Option(str(n), _end_of(source)) for n, source in enumerate(known)]
    options.append(Option(_OTHER, "Another team file"))

    def apply(chosen: str) -> None:
        source = _ask_for_another() if chosen == _OTHER else known[int(chosen)]
        wizard.commands.apply_team(source)

    choose_then(
        wizard.context.terminal, partial(prompts.select, "Which team file?", options), apply
    )


def team_row_title() -> str:
    """The title of the menu's row: another one once a team file is in use."""
    return "Update from my team's file" if _known_sources() else "Use my team's file   (git)"


def _known_sources() -> list[str]:
    """The sources that were applied here, each at its branch or tag.

    None if that cannot be read: the menu must open.
    """
    try:
        known = load_state().for_current_config
        return [last_named(each).text for each in known if each.source != STDIN]
    except AwsprofError:
        return []


def _ask_for_another() -> str:
    return prompts.text_input(
        "Team file", _checked, explain="a folder, a file, or git+https://HOST/REPOSITORY.git@REF"
    )


def _end_of(source: str) -> str:
    """Returns the source for a list, cut at its start: long sources differ at their end."""
    text = for_display(source)
    return text if len(text) <= _ROOM else f"…{text[1 - _ROOM :]}"


def _checked(text: str) -> str:
    """Returns the source in its normal form. Raises UsageError if it is not valid."""
    return parse_source(text).text
