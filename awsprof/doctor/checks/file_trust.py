"""Checks of who else decides what is run: by the files that name commands, and by the programs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof import trust
from awsprof.doctor.check_helpers import profile_fault, with_key
from awsprof.doctor.checks.process import Programs, process_lines
from awsprof.doctor.file_view import file_views
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles import process_command
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile

_PROCESS: Final = "credential_process"
_MFA: Final = "mfa_process"


@offline_check(Severity.ERROR)
def config_in_writable_place(context: CheckContext) -> Iterator[Fault]:
    """Another user can change the config or credentials file, or put another in its place.

    Whoever can do so has every SDK run a program as you, by a credential_process line. The file's
    owner and write bits count, and those of each folder above it, and of links and what they lead
    to: all must be yours or root's. awsprof runs no credential_process of such a file.

    Take the right away with the command that is named. A file of somebody else's: look at what it
    holds before you make it yours.
    """
    for view in file_views(context):
        found = trust.find_weakness(view.stored.path)
        if found is not None:
            says = f"{found}, so others can have your SDKs run programs as you."
            yield Fault(says, found.fix, None, view.at(1))


@offline_check(Severity.ERROR)
def process_in_writable_place(context: CheckContext) -> Iterator[Fault]:
    """Another user can change the program of a credential_process, or put another in its place.

    Whoever can do so runs it as you, and gets your credentials: every SDK starts it without a look.
    Its owner and write bits count, and those of each folder above it, and of links and what they
    lead to; so do those of a script that it is given to run. awsprof does not start it.

    Take the right away with the command that is named, or move the program to a folder of yours.
    """
    programs = Programs(context)
    for profile, value in process_lines(context):
        try:
            words = process_command.split_words(value.text)
        except ValueError:
            continue
        program = programs.find(words[0]) if words else None
        if program is not None:
            yield from _weak(profile, _PROCESS, words, str(program))
    for profile, value in with_key(context, _MFA):
        try:
            words = shlex.split(value.text)
        except ValueError:
            continue
        found = shutil.which(words[0]) if words else None
        if found is not None:
            yield from _weak(profile, _MFA, words, found)


def _weak(profile: Profile, key: str, words: list[str], program: str) -> Iterator[Fault]:
    found = trust.find_command_weakness(words, program)
    if found is not None:
        says = f"{found}, and {sanitize(words[0])} is run from there."
        yield profile_fault(profile, key, says, found.fix)
