"""Checks of who else decides what is run: by the files that name commands, and by the programs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof import trust
from awsprof.clean import clean
from awsprof.doctor.checks.process import Programs, process_lines
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.lookups import fault, having
from awsprof.doctor.written import pages
from awsprof.profiles import ownline

if TYPE_CHECKING:
    from awsprof.doctor.scene import Scene
    from awsprof.profiles.model import Profile

_PROCESS: Final = "credential_process"
_MFA: Final = "mfa_process"


@check(Severity.ERROR)
def config_in_writable_place(scene: Scene) -> Iterator[Fault]:
    """Another user can change the config or credentials file, or put another in its place.

    Whoever can do so has every SDK run a program as you, by a credential_process line. The file's
    owner and write bits count, and those of each folder above it, and of links and what they lead
    to: all must be yours or root's. awsprof runs no credential_process of such a file.

    Take the right away with the command that is named. A file of somebody else's: look at what it
    holds before you make it yours.
    """
    for page in pages(scene):
        found = trust.weakness(page.stored.path)
        if found is not None:
            says = f"{found}, so others can have your SDKs run programs as you."
            yield Fault(says, found.fix, None, page.at(1))


@check(Severity.ERROR)
def process_in_writable_place(scene: Scene) -> Iterator[Fault]:
    """Another user can change the program of a credential_process, or put another in its place.

    Whoever can do so runs it as you, and gets your credentials: every SDK starts it without a look.
    Its owner and write bits count, and those of each folder above it, and of links and what they
    lead to; so do those of a script that it is given to run. awsprof does not start it.

    Take the right away with the command that is named, or move the program to a folder of yours.
    """
    programs = Programs(scene)
    for profile, value in process_lines(scene):
        try:
            words = ownline.split(value.text)
        except ValueError:
            continue
        program = programs.find(words[0]) if words else None
        if program is not None:
            yield from _weak(profile, _PROCESS, words, str(program))
    for profile, value in having(scene, _MFA):
        try:
            words = shlex.split(value.text)
        except ValueError:
            continue
        found = shutil.which(words[0]) if words else None
        if found is not None:
            yield from _weak(profile, _MFA, words, found)


def _weak(profile: Profile, key: str, words: list[str], program: str) -> Iterator[Fault]:
    found = trust.weakness_of_command(words, program)
    if found is not None:
        says = f"{found}, and {clean(words[0])} is run from there."
        yield fault(profile, key, says, found.fix)
