"""The text of ``awsprof --help``, from the table of commands, without click."""

from __future__ import annotations

import os

from awsprof.cli.command_table import SECTIONS

TYPE_CHECKING = False  # as in command_table
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

_COLUMNS: Final = 80  # the text is written for this
_LEAST: Final = 20  # columns of a meaning beside its term
USAGE: Final = "Usage: awsprof [OPTIONS] [COMMAND] [ARGS]..."
SUMMARY: Final = """\
  Set up AWS profiles, keep their keys in your keyring, and find out why one
  fails.

  Without a command, opens the wizard."""
OPTIONS: Final = (
    ("--version", "Show the version and exit."),
    ("--debug", "Log each step, and show the traceback of an error."),
    ("-h, --help", "Show this message and exit."),
)
EXAMPLES: Final = """\
  Examples:
    awsprof                          open the wizard
    awsprof doctor                   check every profile with AWS
    awsprof exec dev -- aws s3 ls    run a command with a profile"""
EXIT_CODES: Final = """\
  Exit codes: 0 success; 1 the doctor found errors; 2 wrong usage; 3 failed; 4
  you must sign in or enter a code; 5 the vault cannot be used; 6 written, but
  the disk did not confirm it; 130 interrupted (129 and 143: ended by SIGHUP
  or SIGTERM)."""


def help_text(room: int | None = None) -> str:
    """Returns the whole help, in lines of at most 80 columns.

    ``room`` is the number of columns of the terminal; by default that which stdout is, if it is
    one.
    """
    commands = (
        _section(title, ((line.name, line.summary) for line in lines)) for title, lines in SECTIONS
    )
    options = _section("Options", OPTIONS)
    whole = "\n\n".join([USAGE, SUMMARY, options, *commands, EXAMPLES, EXIT_CODES]) + "\n"
    room = _terminal_columns() if room is None else room
    return whole if room >= _COLUMNS else _narrow(whole, room)


def _terminal_columns() -> int:
    """Returns the columns of the terminal; those of the text where there is none."""
    try:
        return os.get_terminal_size(1).columns or _COLUMNS
    except OSError:
        return _COLUMNS


def _narrow(text: str, room: int) -> str:
    """Returns ``text`` for less room: paragraphs wrapped anew, meanings below each other."""
    from awsprof.text import fold

    for paragraph in (SUMMARY.partition("\n\n")[0], EXIT_CODES):
        text = text.replace(paragraph, "  " + " ".join(paragraph.split()))
    lines = []
    for line in text.split("\n"):
        first = line.lstrip()
        indent = len(line) - len(first)
        term, gap, meaning = first.partition("  ")
        start = indent + len(term) + len(gap) + len(meaning) - len(meaning.lstrip())
        if not gap or len(line) <= room or start > room - _LEAST:
            start, term, meaning = indent, "", line
        head = line[:start] if term else " " * indent
        for part in fold(meaning.strip(), max(room - start, _LEAST)):
            lines.append((head + part).rstrip())
            head = " " * start
    return "\n".join(lines)


def _section(title: str, rows: Iterable[tuple[str, str]]) -> str:
    rows = list(rows)
    width = max(len(first) for first, _ in rows)
    return "\n".join([f"{title}:", *(f"  {first:<{width}}  {text}" for first, text in rows)])
