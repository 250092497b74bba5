"""Builds and parses awsprof's own credential_process lines.

A line must mean the same to botocore, which splits it with shlex and starts no shell, to SDKs that
pass it to ``sh -c`` or ``cmd /C``, and with another PATH than the user's.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.errors import AwsprofError, UsageError

_COMMAND: Final = "credential-process"
_MODULE: Final = ("-m", "awsprof")
# -E ignores PYTHON* variables, -P does not import from the script's or the current directory. -I
# would also ignore the user's site-packages, where `pip install --user` puts awsprof.
_ISOLATED: Final = "-EP"
# For our launcher, which looks for site-packages (-S) only where it needs them.
_WITHOUT_SITE: Final = "-EPS"
_ISOLATING: Final = frozenset(
    {_ISOLATED, _WITHOUT_SITE, "-PE", "-I", "-E", "-P", "-s", "-IS", "-ISE", "-Es"}
)
_SHEBANG: Final = re.compile(r"#!(/[^\s]*/python[0-9.]*)[ \t]*\n")
# The AWS CLI's command for the credentials of a profile, in any shell's command.
_OF_CLI: Final = "export-credentials"
_CLI_PROFILE: Final = re.compile(
    r"""--profile[= ]\s*(?:"(?P<double>[^"]+)"|'(?P<single>[^']+)'|(?P<plain>[^\s"']+))"""
)
# What pip and uv write if a path is too long or has a space.
_BY_SHELL: Final = re.compile(
    r"""#!/bin/sh\n'''exec' (["']?)(/[^"'\n]*/python[0-9.]*)\1 "\$0" "\$@"\n"""
)
# Where the wheel installs packaging/launcher.py, relative to Python's prefix.
_LAUNCHER: Final = Path("share", "awsprof", "awsprof")
# Characters without special meaning to shlex, sh, cmd and the parsers of AWS's files.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_@%+:,./\\~-]+\Z")
# A backslash at the end would escape the quote.
_QUOTABLE: Final = re.compile(r"[A-Za-z0-9_@+:,./\\~ ()\[\]{}&=-]+(?<!\\)\Z")


@dataclass(frozen=True)
class ProcessCommand:
    """One of our lines: the program's words, the profile, and the access key ID, if any."""

    program: tuple[str, ...]
    profile: str
    key_id: str | None

    @property
    def files(self) -> tuple[str, ...]:
        """The files needed to start it: a Python, a script, or both."""
        words = self.program[:-2] if self.program[-2:] == _MODULE else self.program
        return tuple(word for word in words if not word.startswith("-"))

    @property
    def isolated(self) -> bool:
        """True if its Python ignores PYTHON* variables and the current directory."""
        flags = {letter for word in self.program if word in _ISOLATING for letter in word}
        return "I" in flags or {"E", "P"} <= flags


def parse_command(command: str) -> ProcessCommand | None:
    """Parses one of our lines; None for any other command."""
    if _COMMAND not in command:
        return None  # fast, for the thousands of lines that the doctor looks at
    try:
        return command_from_words(split_words(command))
    except ValueError:
        return None


def replace_key(command: str, new: str) -> str:
    """Returns one of our lines with another key ID; the rest stays as it was, but for tabs.

    Raises UsageError if it has none, or quotes within it.
    """
    parsed = parse_command(command)
    old = parsed.key_id if parsed else None
    if parsed is None or not old:
        raise UsageError("The line names no access key.", "awsprof doctor shows what is wrong")
    wanted = replace(parsed, key_id=new)
    command = command.replace("\t", " ")  # edits write no control characters
    for found in re.finditer(re.escape(old), command):  # the profile may have the ID in its name
        line = command[: found.start()] + new + command[found.end() :]
        if parse_command(line) == wanted:
            return line
    raise UsageError(
        "A credential_process names its access key in a way that awsprof does not change.",
        "edit the line: write the ID after --key without quotes",
    )


def asked_profile(command: str) -> str | None:
    """Returns the profile whose credentials the command asks awsprof or the AWS CLI for.

    None if the command names the key, or other files for the AWS CLI.
    """
    line = parse_command(command)
    if line is not None:
        return None if line.key_id else line.profile
    if _OF_CLI not in command or "_FILE=" in command:
        return None
    found = _CLI_PROFILE.search(command)
    return found[found.lastgroup or 0] if found else None


def replace_asked_profile(command: str, new: str) -> str:
    """Returns a command of the AWS CLI that asks for another profile; the rest stays as it was.

    Raises UsageError if quotes keep the name from being replaced.
    """
    found = _CLI_PROFILE.search(command)
    if found is not None:
        start, end = found.span(found.lastgroup or 0)
        quotes = 0 if found.lastgroup == "plain" else 1
        line = command[: start - quotes] + _quote_name(new) + command[end + quotes :]
        if asked_profile(line) == new and len(split_words(line)) == len(split_words(command)):
            return line
    raise UsageError(
        "A credential_process names the profile in a way that awsprof does not change.",
        "edit the line: write the name after --profile without quotes",
    )


def may_ask_for(profile: str, value: str) -> bool:
    """True if a value of several lines is one of our lines that was cut, and names the profile."""
    if "\n" not in value:
        return False
    _, command, rest = "".join(value.split()).partition(_COMMAND)
    named = rest.replace('"', "").replace("'", "").removeprefix("--").partition("--key")[0]
    return bool(command) and (named == "".join(profile.split()) or profile in value.split())


def split_words(command: str) -> list[str]:
    """Splits any command as botocore does. Raises ValueError if a quote is not closed."""
    windows = sys.platform == "win32"
    words = shlex.split(command, posix=not windows)
    return [word.strip('"') for word in words] if windows else words


def join_words(words: Iterable[str]) -> str:
    """Returns the command that ``split_words``, every SDK and a shell split into these words.

    Raises UsageError if no quotes mean the same to all of them.
    """
    return " ".join(map(_quote, words))


def program_of(command: str) -> str:
    """Returns the first word of any command; empty if it has none."""
    try:
        words = split_words(command)
    except ValueError:
        words = command.split()
    return words[0] if words else ""


def words_if_program(command: str | None, *programs: str) -> list[str] | None:
    """Returns the words of a command that starts one of these programs; None for any other.

    The program may have a path, and ``.exe`` at its end.
    """
    try:
        words = split_words(command or "")
    except ValueError:
        return None
    name = re.split(r"[/\\]", words[0])[-1].removesuffix(".exe") if words else ""
    return words if name in programs else None


def command_from_words(words: list[str]) -> ProcessCommand | None:
    """Parses a command as ``parse_command`` does, of words that are already split."""
    if _COMMAND not in words:
        return None
    at = words.index(_COMMAND)
    program, rest = tuple(words[:at]), words[at + 1 :]
    if not rest or not _is_ours(program):
        return None
    match rest:
        case [profile] | ["--", profile]:
            return ProcessCommand(program, profile, None)
        case [profile, "--key", key] | ["--key", key, "--", profile]:
            return ProcessCommand(program, profile, key)
    return None


def _is_ours(program: tuple[str, ...]) -> bool:
    if len(program) > 1:  # a Python, maybe with isolation flags
        rest = tuple(word for word in program[1:] if word not in _ISOLATING)
        if rest == _MODULE:
            return True
        program = rest
    if len(program) != 1:
        return False
    name = program[0].replace("\\", "/").rsplit("/", 1)[-1].lower()
    return name in {"awsprof", "awsprof.exe"}


def build_command(profile: str, key_id: str | None = None, program: str | None = None) -> str:
    """Returns the line for a profile. Raises AwsprofError if a path or name cannot be quoted
    safely.

    If the program is a Python script, the line starts its Python in isolation from the variables
    of a project or shell: PYTHONHOME could keep it from starting, and a sitecustomize.py on
    PYTHONPATH would run before us.
    """
    command = [program] if program else _isolated(stable_executable())
    words = [_join_program(command), _COMMAND]
    key = ["--key", key_id] if key_id else []
    # A profile name that starts with "-" would be taken for an option.
    named = _quote_name(profile)
    words += [*key, "--", named] if profile.startswith("-") else [named, *key]
    return " ".join(words)


def _isolated(script: Path) -> list[str]:
    """Returns the words that start a Python script in isolation; just the path if it is not one.

    Prefers our launcher, if that Python has it: it lasts as long as the Python, which the line
    names anyway, and starts faster than pip's script.
    """
    python = _python_of(script)
    if python is None:
        return [str(script)]
    launcher = Path(python).parent.parent / _LAUNCHER
    if launcher.is_file():
        return [python, _WITHOUT_SITE, str(launcher)]
    return [python, _ISOLATED, str(script)]


def _python_of(script: Path) -> str | None:
    """Returns the Python in a script's first lines, as pip, pipx and uv write them, or None."""
    try:
        with script.open("rb") as file:
            head = file.read(1024).decode(errors="replace")
    except OSError:
        return None
    match = _SHEBANG.match(head) or _BY_SHELL.match(head)
    python = Path(match[match.re.groups]) if match else None
    if python is None or not python.is_absolute() or not os.access(python, os.X_OK):
        return None
    return str(python)


def _quote(word: str) -> str:
    if _PLAIN.match(word) and "\\" not in word and not word.startswith("~"):
        return word
    windows = sys.platform == "win32"
    if _QUOTABLE.match(word) and (windows or "\\" not in word) and not word.startswith("~"):
        return f'"{word}"'  # double quotes: cmd knows no others
    raise UsageError(
        f"{word!r} cannot be written in a credential_process for every SDK.",
        "name it with letters, digits and spaces only",
    )


def _join_program(words: Sequence[str]) -> str:
    try:
        return join_words(words)
    except UsageError:
        raise AwsprofError(
            f"awsprof is installed at {words[-1]!r}, a path that some SDKs cannot start.",
            "install it where paths have only letters, digits and spaces: pipx install . in its"
            " clone",
        ) from None


def _quote_name(profile: str) -> str:
    try:
        return _quote(profile)
    except UsageError:
        raise UsageError(
            f"The name {profile!r} cannot be written in a credential_process for every SDK.",
            "give the profile another name first: awsprof doctor --offline prints the command",
        ) from None


def stable_executable() -> Path:
    """Returns the absolute path of awsprof that is likely to last longest. Raises AwsprofError.

    A pipx or uv shim (in ~/.local/bin) survives upgrades and rebuilt environments; the user chose
    the first one on PATH; the script next to this Python is deleted with its virtual environment.
    A shim counts only if its target exists.
    """
    name = "awsprof.exe" if sys.platform == "win32" else "awsprof"
    beside = Path(sys.executable).parent / name
    shim = paths.home() / ".local" / "bin" / name
    candidates = [shim, _from_path(name), beside, _current_script(), *_windows_scripts(name)]
    for candidate in candidates:
        if candidate is not None and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.absolute()
    raise AwsprofError(
        "There is no awsprof program that an SDK could start.",
        "install it from its clone (pipx install . there), then run this again",
    )


def _from_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found and Path(found).is_absolute() else None


def _current_script() -> Path | None:
    started = Path(sys.argv[0])
    if (
        sys.platform == "win32" and started.name
    ):  # pip's awsprof.exe takes that ending off before it starts us
        started = started.with_suffix(".exe")
    return started if started.name.startswith("awsprof") else None


def _windows_scripts(name: str) -> list[Path]:
    """Returns where pip puts programs on Windows, which is in no PATH unless its user put it there.

    Either beside this Python, or, by `pip install --user`, in the user's own folder.
    """
    if sys.platform != "win32":
        return []
    import sysconfig

    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    return [Path(sysconfig.get_path("scripts", scheme), name) for scheme in schemes]
