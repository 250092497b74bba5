"""Why the command of a credential_process cannot start, and what to type about it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof import paths
from awsprof.doctor.check_helpers import set_command, unset_command
from awsprof.errors import UsageError
from awsprof.masking.mask import mask_message, mask_value
from awsprof.profiles import process_command
from awsprof.shells import LONGEST_WORD, arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile, Value

_KEY: Final = "credential_process"
_MOST_BLANKS: Final = 9  # in the path of a program
_SHELL: Final = frozenset("|&;<>$`~")
_OPERATORS: Final = frozenset("|&;<>")
_EXPANDED: Final = re.compile(r"\$[A-Za-z_{(]|`")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_WINDOWS_PATH: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\[^\"'*?<>|]*")


class Programs:
    """Finds the program that a word starts, in the PATH of the environment; caches the results."""

    def __init__(self, context: CheckContext) -> None:
        self._path = context.environment.get("PATH") or os.defpath
        self._found: dict[str, Path | None] = {}

    def find(self, word: str) -> Path | None:
        """Returns the path of the program, or None if there is none."""
        if word not in self._found:
            try:
                found = shutil.which(word, path=self._path)
            except (OSError, ValueError):  # a name that no file can have
                found = None
            self._found[word] = Path(found) if found else None
        return self._found[word]


def problem_of(
    context: CheckContext, profile: Profile, value: Value, programs: Programs
) -> tuple[str, str] | None:
    """Returns why the line cannot run, and the fix; None if it can."""
    try:
        words = process_command.split_words(value.text)
    except ValueError:
        where = f"close the quote at {value.origin}, in an editor"
        return "The command has an unclosed quote.", where
    if not words or not words[0].strip():
        return "credential_process is empty.", unset_command(profile, _KEY)
    joined = _on_one_line(value.text)
    if joined is not None:
        message = "A backslash does not join lines here: the program gets it as an argument."
        return message, _set_line(profile, value, joined)
    shell = _needs_shell(value.text, words)
    if shell:
        return _shell_problem(profile, value, shell, programs)
    line = process_command.command_from_words(words)
    named = line.profile if line else process_command.asked_profile(value.text)
    if named is not None and named not in context.catalog.profiles:
        return _unknown_profile(context, profile, value, line, named)
    # A script that Python runs need not be executable.
    scripts = line.files[1:] if line else ()
    missing = [w for w in (line.files[:1] if line else words[:1]) if programs.find(w) is None]
    missing += [w for w in scripts if not _is_file(w)]
    if not missing:
        return None
    if line is None and (meant := _quoted_as_meant(words, programs)) is not None:
        message = (
            f"{sanitize(words[0])} was not found. A program's path with a blank needs quotes, and"
            " its arguments stay outside of them."
        )
        return message, _set_line(profile, value, meant, "put only the program's path in quotes")
    words = missing
    if _is_file(words[0]):
        return (
            f"{sanitize(words[0])} exists but is not executable.",
            f"chmod u+x {shell_word(words[0])}",
        )
    if line is not None:
        message = f"awsprof is no longer at {sanitize(words[0])}, where this line expects it."
        return message, "awsprof doctor --fix process-missing"
    return _not_found(words[0], value)


def _quoted_as_meant(words: list[str], programs: Programs) -> str | None:
    """Returns the command with quotes where a program is found so; None if there is no such.

    The path of the program has blanks and no quotes, or the whole command is in one pair of them.
    """
    meant = _words_as_meant(words, programs)
    try:
        return process_command.join_words(meant) if meant else None
    except UsageError:
        return None


def _words_as_meant(words: list[str], programs: Programs) -> list[str] | None:
    for stop in range(2, min(len(words), _MOST_BLANKS) + 1):
        path = " ".join(words[:stop])
        if os.sep in path and programs.find(path) is not None:
            return [path, *words[stop:]]
    inner = words[0].split()
    if len(inner) > 1 and programs.find(inner[0]) is not None:
        return [*inner, *words[1:]]
    return None


def _unknown_profile(
    context: CheckContext,
    profile: Profile,
    value: Value,
    line: process_command.ProcessCommand | None,
    named: str,
) -> tuple[str, str]:
    """Returns the problem and the fix: the key that the line names, or a profile that exists.

    ``line`` is None if it is a command of the AWS CLI.
    """
    message = f"The line names the profile {sanitize(named)}, which does not exist."
    if line is not None and line.key_id is not None:
        flag = f"--access-key-id {shell_word(line.key_id)}"
        return message, f"awsprof add keys {arguments(profile.name, flags=flag)}"
    by_hand = "name a profile that exists"
    near = context.catalog.nearest(named)
    if near is None or near == profile.name:
        return message, f"{by_hand} at {value.origin}; awsprof list shows them"
    meant = f"{message} Did you mean {sanitize(near)}?"
    if line is None:
        try:
            command = process_command.replace_asked_profile(value.text, near)
        except UsageError:
            return meant, f"{by_hand} at {value.origin}"
        return meant, _set_line(profile, value, command, by_hand)
    flag = f"--command {shell_word(f'awsprof credential-process {arguments(near)}')}"
    return meant, f"awsprof add process {arguments(profile.name, flags=flag)}"


def _shell_problem(
    profile: Profile, value: Value, shell: str, programs: Programs
) -> tuple[str, str]:
    """Returns the problem with a line that only a shell understands, and the fix."""
    message = f"It needs a shell for {shell}, but boto3 runs it without a shell"
    expanded = _expanded(value.text)
    if expanded is None:
        script = "put the shell commands into a script, and write the full path of the script"
        return f"{message}.", script
    program = process_command.split_words(expanded)[0]
    if programs.find(program) is None:
        missing = f"{message}; {sanitize(program)} was not found either."
        return missing, f"write the full path of the program at {value.origin}"
    return f"{message}.", _set_line(profile, value, expanded)


def _set_line(
    profile: Profile,
    value: Value,
    command: str,
    by_hand: str = "write it on one line, with full paths",
) -> str:
    """Returns the fix that writes the command.

    One that is too long to print, or has a secret, is changed ``by_hand``: with the secret masked,
    the fix would write *** over it.
    """
    fix = f"awsprof set {arguments(profile.name, _KEY, command)}"
    masked = mask_value(_KEY, command) != command or mask_message(fix) != fix
    if masked or len(command) > LONGEST_WORD:
        return f"{by_hand} at {value.origin}, in an editor"
    return set_command(profile, _KEY, command)


def _not_found(word: str, value: Value) -> tuple[str, str]:
    """Returns why the first word starts nothing, and the fix."""
    if _ASSIGNMENT.match(word):
        message = f"{sanitize(word)} sets a variable for a shell, but boto3 runs it without one."
        return message, f"write /usr/bin/env before it at {value.origin}"
    written = _WINDOWS_PATH.search(value.text)
    if written is not None and os.name != "nt":
        message = f"{sanitize(written[0], 80)} is a path of Windows, and this is another system."
        return message, (
            f"at {value.origin}, write the full path of a program of this system; one of Windows is"
            " below /mnt/c in WSL"
        )
    program = sanitize(word)
    path = "the path that it has here" if "/" in word else "its full path"
    fix = f"install {program}, or write {path} at {value.origin}"
    return f"{program} was not found.", fix


def _on_one_line(text: str) -> str | None:
    """Returns the command with its backslash-newlines joined, or None if it has none."""
    if not re.search(r"\\[ \t]*\n", text):
        return None
    joined = " ".join(re.sub(r"\\[ \t]*\n", "\n", text).split("\n"))
    joined = re.sub(r"[ \t]{2,}", " ", joined).strip()
    return _expanded(joined) or joined


def _expanded(text: str) -> str | None:
    """Returns the command with ``~/`` and ``$HOME`` expanded; None if a shell is still needed."""
    try:
        home = process_command.join_words([str(paths.home())])
        whole = re.sub(r"(?<![^\s=])~(?=/)|\$HOME\b|\$\{HOME\}", lambda _: home, text)
        words = process_command.split_words(whole)
    except (UsageError, ValueError):
        return None
    return whole if whole != text and not _needs_shell(whole, words) else None


def _is_file(word: str) -> bool:
    return os.sep in word and os.path.isfile(word)  # noqa: PTH113  # Path.is_file may raise


def _needs_shell(text: str, words: list[str]) -> str:
    """Returns the part of the line that only a shell understands, or an empty string."""
    if not _SHELL & set(text):
        return ""
    tilde = next((word for word in words if word.startswith("~")), "")
    if tilde:
        return sanitize(tilde)
    expanded = _EXPANDED.search(re.sub(r"'[^']*'", "", text))
    if expanded:
        return next((sanitize(word) for word in words if expanded[0] in word), expanded[0])
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    return next((token for token in lexer if _OPERATORS.issuperset(token) and token), "")
