"""Runs ``exec`` and ``env`` with cached credentials, without importing click.

Only the plain forms: ``exec PROFILE [--] COMMAND``, ``env PROFILE [--shell SHELL]``, and without
PROFILE where a variable names it. Everything else, each error included, is left to click's
commands, which do the same (but for a closed stream, which a command gets as it is).
"""

from __future__ import annotations

import os
import sys

from awsprof import paths, std_streams

TYPE_CHECKING = False  # as in auth.fast_path
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsprof.shells import Shell


def run_cached(arguments: list[str]) -> int | None:
    """Runs the command and returns its exit code; None if it needs more than what is cached."""
    if sys.platform != "linux":  # where there is a kernel keyring
        return None
    match arguments:
        case ["exec", profile, "--", *command] if command and not _is_option(profile):
            return _run(profile, command)
        case ["exec", "--", *command] if command:
            return _run("", command)
        case ["exec", profile, *command] if (
            command and not _is_option(profile) and not any(a.startswith("-") for a in arguments)
        ):
            return _run(profile, command)
        case ["env", profile] if not _is_option(profile):
            return _print(profile, "")
        case ["env", profile, "--shell", shell] if shell and not _is_option(profile):
            return _print(profile, shell)
        case ["env"]:
            return _print("", "")
        case ["env", "--shell", shell] if shell:
            return _print("", shell)
    return None


def _is_option(word: str) -> bool:
    """True for an option, and for an empty word: neither names a profile here."""
    return not word or word.startswith("-")


def _run(profile: str, command: list[str]) -> int | None:
    """Replaces this process with the command; None if it cannot."""
    from awsprof.awsapi.child_environment import child_environment, variables_for_shell
    from awsprof.cli.child_program import replace_process

    found = _variables(profile)
    if found is None:
        return None
    name, variables = found
    environment = child_environment(os.environ, variables_for_shell(variables, name))
    try:
        replace_process(command[0], command, environment)
    except (OSError, ValueError):  # click's command says why
        return None


def _print(profile: str, shell: str) -> int | None:
    from awsprof import shells
    from awsprof.errors import UsageError

    found = _variables(profile)
    if found is None:
        return None
    std_streams.prepare_streams()  # else an unbuffered stdout may take a part of the text
    name, variables = found
    if shell == "json":
        import json

        text = json.dumps(variables, indent=2)
    else:
        try:
            syntax = shells.Shell(shell) if shell else shells.current_shell()
            text = credentials_for_shell(syntax, variables, name)
        except (ValueError, UsageError):
            return None
    return std_streams.print_text(text + "\n")


def credentials_for_shell(syntax: Shell, variables: Mapping[str, str], profile: str) -> str:
    """Returns the lines that set the variables and unset those that conflict.

    A shell learns the profile's name, too; the file that ``dotenv`` is for has credentials alone.
    """
    from awsprof import shells
    from awsprof.awsapi.child_environment import conflicting_variables, variables_for_shell

    if syntax is not shells.Shell.DOTENV:
        variables = variables_for_shell(variables, profile)
    return shells.assign_variables(syntax, variables, conflicting_variables(variables))


def _variables(profile: str) -> tuple[str, Mapping[str, str]] | None:
    """Returns the profile that is meant and its variables; None if they are not cached."""
    from awsprof.auth.cached_variables import cached_variables

    name = profile or _named_by_a_variable()
    variables = cached_variables(name) if name and not paths.has_unfinished_changes() else None
    if name is None or variables is None:
        return None
    if profile and os.isatty(0) and os.isatty(2):
        from awsprof.recent_profiles import note_use

        note_use(name)
    return name, variables


def _named_by_a_variable() -> str | None:
    from awsprof.profiles import current

    named = current.variable_in_use() and current.profile_in_use()
    return None if current.other_profile() is not None else named
