"""The text of ``awsprof --help``, from the table of commands, without click."""

from __future__ import annotations

from awsprof.cli.command_table import SECTIONS

TYPE_CHECKING = False  # as in command_table
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

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


def help_text() -> str:
    """Return the whole help, in lines of at most 80 columns."""
    commands = (
        _section(title, ((line.name, line.summary) for line in lines)) for title, lines in SECTIONS
    )
    options = _section("Options", OPTIONS)
    return "\n\n".join([USAGE, SUMMARY, options, *commands, EXAMPLES, EXIT_CODES]) + "\n"


def _section(title: str, rows: Iterable[tuple[str, str]]) -> str:
    rows = list(rows)
    width = max(len(first) for first, _ in rows)
    return "\n".join([f"{title}:", *(f"  {first:<{width}}  {text}" for first, text in rows)])
