"""Checks of who can change the files and programs that SDKs run."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof import trust
from awsprof.doctor.check_helpers import profile_fault, profiles_setting
from awsprof.doctor.checks.process import process_lines
from awsprof.doctor.file_view import file_views
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.doctor.process_problems import Programs
from awsprof.profiles import process_command
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

_PROCESS: Final = "credential_process"
_MFA: Final = "mfa_process"


@offline_check(Severity.ERROR)
def config_in_writable_place(context: CheckContext) -> Iterator[Fault]:
    """Another user can change or replace the config or credentials file.

    That user can add a credential_process line, which every SDK then runs as you. The owner and
    write permissions of the file count, and those of every folder above it, of links and of their
    targets: all must belong to you or root. awsprof runs no credential_process of such a file.

    Run the command in the finding to remove the permission. If the file belongs to someone else,
    read it before you take it over.
    """
    for view in file_views(context):
        weakness = trust.find_weakness(view.stored.path)
        if weakness is not None:
            message = f"{weakness}, so others can make your SDKs run programs as you."
            yield Fault(message, weakness.fix, None, view.at(1))


@offline_check(Severity.ERROR)
def process_in_writable_place(context: CheckContext) -> Iterator[Fault]:
    """Another user can change or replace the program of a credential_process.

    That program runs as you and gets your credentials; SDKs start it without checking. The owner
    and write permissions of the program count, and those of every folder above it, of links and of
    their targets, and of a script that it runs. awsprof does not start it.

    Run the command in the finding to remove the permission, or move the program to a folder of
    yours.
    """
    programs = Programs(context)
    for profile, value in process_lines(context):
        try:
            words = process_command.split_words(value.text)
        except ValueError:
            continue
        program = programs.find(words[0]) if words else None
        if program is not None:
            yield from _weaknesses(profile, _PROCESS, words, str(program))
    for profile, value in profiles_setting(context, _MFA):
        try:
            words = shlex.split(value.text)
        except ValueError:
            continue
        path = shutil.which(words[0]) if words else None
        if path is not None:
            yield from _weaknesses(profile, _MFA, words, path)


def _weaknesses(profile: Profile, key: str, words: list[str], program: str) -> Iterator[Fault]:
    weakness = trust.find_command_weakness(words, program)
    if weakness is not None:
        message = f"{weakness}, and this profile runs {sanitize(words[0])} from there."
        yield profile_fault(profile, key, message, weakness.fix)
