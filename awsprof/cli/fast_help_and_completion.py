"""Answers --version, --help and the usual questions of shell completion without importing click.

click answers the others (options, subcommands, values), and would answer these in the same way.
"""

from __future__ import annotations

import os

from awsprof import __version__, std_streams

TYPE_CHECKING = False  # --version imports neither typing nor the table of commands
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMPLETION_VARIABLE = "_AWSPROF_COMPLETE"  # click completes if it is set


def answer(arguments: list[str]) -> int | None:
    """Prints the answer and returns the exit code; None if click has to answer."""
    request = os.environ.get(COMPLETION_VARIABLE)
    if request:
        shell, _, what = request.partition("_")
        text = _completed(shell) if what == "complete" else None
    elif arguments == ["--version"]:
        text = f"awsprof {__version__}\n"
    elif arguments in (["--help"], ["-h"]):
        from awsprof.cli.root_help import help_text

        text = help_text()
    else:
        return None
    return None if text is None else std_streams.print_text(text)


def _completed(shell: str) -> str | None:
    """Returns the commands or profiles that complete the line; None if it asks for others."""
    from awsprof.cli.command_table import COMMANDS
    from awsprof.cli.completion_words import SHELLS

    if shell not in SHELLS:
        return None
    words = SHELLS[shell]()
    if any(word.startswith("-") for word in (*words.before, words.incomplete)):
        return None
    found: Iterable[tuple[str, str]]
    if not words.before:
        found = sorted((line.name, line.summary) for line in COMMANDS.values())
    elif _takes_profile(words.before):
        found = ((name, "") for name in completable_names())
    else:
        return None
    return "".join(
        f"{words.shown(value, summary)}\n"
        for value, summary in found
        if value.startswith(words.incomplete)
    )


def _takes_profile(before: list[str]) -> bool:
    """True if the word after ``before`` is a profile's name, by the table of commands."""
    from awsprof.cli.command_table import COMMANDS

    command, *rest = before
    for usage in COMMANDS[command].profiles if command in COMMANDS else ():
        *subcommand, argument = usage.split()
        if rest == subcommand:
            return True
        if argument == "PROFILE..." and rest[: len(subcommand)] == subcommand:
            return True
    return False


def completable_names() -> Iterator[str]:
    """Yields the profiles that can be typed: a name with unprintable characters cannot."""
    from awsprof.profiles.names import profile_names

    return (name for name in profile_names() if name.isprintable())
