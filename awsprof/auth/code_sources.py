"""Sources of MFA codes, one class each: a command, a password manager, a script, or you."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from awsprof import paths, settings, trust
from awsprof.arn import Arn
from awsprof.auth import gui_prompt
from awsprof.awsapi import subprocesses
from awsprof.awsapi.child_environment import clean_environment
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.profiles.model import Profile
from awsprof.profiles.process_command import split_words
from awsprof.prompting import Prompter, parse_mfa_code
from awsprof.shells import arguments
from awsprof.text import sanitize

_LIMIT: Final = 45  # seconds for a program that may prompt you


class CodeSource(Protocol):
    """A source of MFA codes."""

    def code(self, profile: Profile, device: str) -> str | None:
        """Returns six digits, or None if this source has no code for the profile."""
        ...


@dataclass(frozen=True)
class _Command:
    """A command that prints a code, the setting it comes from, and how to change that.

    ``parts`` are the placeholders in its words and what stands for them.
    """

    line: str
    called: str
    fix: str
    file: Path
    tell: Callable[[str], object] | None = None
    parts: Mapping[str, str] = field(default_factory=dict)

    def code(self) -> str:
        """Returns the code. Raises CredentialsError if the command fails or prints no code."""
        try:
            words = [_filled(word, self.parts) for word in split_words(self.line)]
        except ValueError as exc:
            raise CredentialsError(
                f"{self.called} cannot be read: {sanitize(str(exc))}.",
                f"{self.fix} shows it; close its quotes",
            ) from exc
        if not words:
            raise CredentialsError(
                f"{self.called} names no program.", f"{self.fix} shows it; name one"
            )
        try:
            program = [self._program(words), *words[1:]]
            done = subprocesses.run_program(
                program, limit_s=_LIMIT, env=clean_environment(), tell=self.tell
            )
        except OSError as exc:
            why = sanitize(exc.strerror or str(exc))
            raise CredentialsError(f"{self.called} did not run: {why}.", self._by_hand) from exc
        answer = parse_mfa_code(done.stdout.decode(errors="replace").strip())
        if done.code != 0 or answer is None:
            said = done.complaint
            printed = "something else than six digits" if done.stdout.strip() else "no six digits"
            raise CredentialsError(
                f"{self.called} printed {printed} (exit code {done.code})"
                + (f": {said}" if said else "."),
                self._by_hand,
            )
        return answer

    @property
    def _by_hand(self) -> str:
        return f"run it yourself: {sanitize(self.line)}"

    def _program(self, words: list[str]) -> str:
        """Returns the program's absolute path, if no other user can change it or its setting."""
        word = words[0]
        found = shutil.which(os.path.expanduser(word))  # noqa: PTH111  # it may be a bare name
        if found is None:
            raise CredentialsError(
                f"{self.called} names {sanitize(word)!r}, which is not a program here.",
                f"{self.fix} shows it; write the full path",
            )
        place = trust.find_weakness(self.file) or trust.find_command_weakness(words, found)
        if place is not None:
            raise CredentialsError(f"{self.called} is not run: {place}.", place.fix)
        return str(Path(found).resolve())


class ProfileCommandCodeSource:
    """The code that the profile's ``mfa_process`` command prints."""

    def __init__(self, tell: Callable[[str], object] | None = None) -> None:
        self._tell = tell  # shows its stderr: "Touch your YubiKey ..."

    def code(self, profile: Profile, device: str) -> str | None:
        """Returns the code. Raises CredentialsError if the command fails or prints no code."""
        value = profile.values.get("mfa_process")
        if value is None or not value.text:
            return None
        fix = f"awsprof show {arguments(profile.name)}"
        called = f"mfa_process of {sanitize(profile.name)}"
        return _Command(value.text, called, fix, value.origin.path, self._tell).code()


# The command of each password manager; {item} is the part of the setting after the colon.
PRESETS: Final = {
    "op": "op item get {item} --otp",
    "bw": "bw get totp {item}",
    "pass": "pass otp {item}",
    "ykman": "ykman oath accounts code --single {item}",
}


def missing_program(value: str) -> str | None:
    """Returns the program that a value of the setting ``mfa`` runs if this machine lacks it."""
    preset, colon, _ = value.partition(":")
    line = PRESETS.get(preset, value) if colon else value
    try:
        word = next(iter(split_words(line)), "")
    except ValueError:
        return None  # an open quote: reading the code says so
    path = os.path.expanduser(word)  # noqa: PTH111  # it may be a bare name
    return None if value == "ask" or shutil.which(path) else word


class CommandCodeSource:
    """The code that the command in the setting ``mfa`` prints, for all profiles."""

    def __init__(self, tell: Callable[[str], object] | None = None) -> None:
        self._tell = tell  # shows its stderr: "Touch your YubiKey ..."

    def code(self, profile: Profile, device: str) -> str | None:
        """Returns the code; None if the setting is ``ask``."""
        chosen = settings.get_setting("mfa")
        if chosen == "ask":
            return None
        preset, colon, item = chosen.partition(":")
        arn = Arn.parse(device)  # a hardware device has a serial number instead
        parts = {
            "{profile}": profile.name,
            "{device}": device,
            "{account}": arn.account if arn else "",
            "{user}": arn.resource.removeprefix("mfa/") if arn else device,
        }
        line = chosen
        if colon and preset in PRESETS:
            line, parts = PRESETS[preset], {"{item}": _filled(item, parts)}
        file, fix = paths.settings_file(), "awsprof settings mfa"
        return _Command(line, "The setting mfa", fix, file, self._tell, parts).code()


def _filled(text: str, parts: Mapping[str, str]) -> str:
    if not parts:
        return text
    return re.sub("|".join(map(re.escape, parts)), lambda found: parts[found[0]], text)


class PromptedCodeSource:
    """The code that you type at the terminal, in the wizard, or else in a window."""

    def __init__(self, prompter: Prompter, *, windows: bool = True) -> None:
        self._prompter = prompter
        self._windows = windows

    def code(self, profile: Profile, device: str) -> str | None:
        """Returns your answer. Raises InteractionRequired if neither can ask you."""
        try:
            return self._prompter.code(profile=profile.name, device=device)
        except InteractionRequired as exc:
            if exc.code != "mfa-needed" or not self._windows:
                raise
            code = parse_mfa_code(
                gui_prompt.ask_in_window(f"MFA code for {profile.name} ({device})") or ""
            )
            if code is None:
                raise
            return code


class SuppliedCodeSource:
    """The code that a script supplies: its own function, or a single code for one use."""

    def __init__(self, source: Callable[[str, str], str] | str) -> None:
        self._source = source
        self._left = not callable(source)

    def code(self, profile: Profile, device: str) -> str | None:
        """Returns the code; None if the single code is used up. Raises CredentialsError."""
        if callable(self._source):
            text = self._source(profile.name, device)
        elif self._left:
            self._left, text = False, self._source
        else:
            return None
        code = parse_mfa_code(text)
        if code is None:
            raise CredentialsError(
                f"The code for {sanitize(profile.name)} is not six digits.",
                "pass the six digits that the device shows as mfa, or a function that returns them",
            )
        return code
