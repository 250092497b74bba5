"""Where an MFA code comes from: one class each, the first that can work is asked."""

import os
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final, Protocol

from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import SignInFailed
from awsprof.profiles.model import Profile

_LIMIT: Final = 60  # seconds for a program that may itself ask somebody
_CODE: Final = re.compile(r"\d{6}\Z", re.ASCII)


class Source(Protocol):
    """A place that codes come from."""

    def code(self, profile: Profile, device: str) -> str | None:
        """Six digits, or None where this source cannot serve the profile."""
        ...


class Process:
    """The program that the profile's ``mfa_process`` names; it prints the code."""

    def code(self, profile: Profile, device: str) -> str | None:
        """What the program prints. SignInFailed where it fails or prints something else."""
        command = profile.get("mfa_process")
        if not command:
            return None
        words = shlex.split(command)
        program = _program(words[0], profile.name)
        try:
            done = subprocess.run(  # noqa: S603  # the person's own config names it
                [program, *words[1:]],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_LIMIT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise SignInFailed(
                f"mfa_process of {profile.name} did not run: {clean(type(exc).__name__)}.",
                f"run it yourself: {clean(command)}",
            ) from exc
        answer = done.stdout.strip()
        if done.returncode != 0 or not _CODE.match(answer):
            raise SignInFailed(
                f"mfa_process of {profile.name} gave no six digits"
                f" (exit code {done.returncode}): {clean(done.stderr)}",
                f"run it yourself: {clean(command)}",
            )
        return answer


def _program(word: str, profile: str) -> str:
    """The program's absolute path, from folders that nobody else can write."""
    found = shutil.which(os.path.expanduser(word))  # noqa: PTH111  # it may be no path at all
    if found is None:
        raise SignInFailed(
            f"mfa_process of {profile} names {clean(word)!r}, which is no program here.",
            f"awsprof set {profile} mfa_process with the whole path",
        )
    path = Path(found).resolve()
    for place in (path, path.parent):
        mode = place.stat().st_mode
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise SignInFailed(
                f"{place} can be written by others, so it is not run.", f"chmod o-w {place}"
            )
    return str(path)


class Person:
    """Whoever sits at the terminal, or in the wizard."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def code(self, profile: Profile, device: str) -> str | None:
        """The answer; the asker raises PersonNeeded where nobody is there."""
        return self._asker.code(profile=profile.name, device=device)


def code_for(profile: Profile, device: str, asker: Asker) -> str:
    """A code of ``device`` for ``profile``, from the first source that can give one."""
    sources: tuple[Source, ...] = (Process(), Person(asker))
    for source in sources:
        code = source.code(profile, device)
        if code is not None:
            return code
    raise SignInFailed(f"No source gives a code for {profile.name}.", "run it in a terminal")
