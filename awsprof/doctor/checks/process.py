"""Checks of credential_process: whether its program exists, starts, and prints credentials."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof import paths
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import CredentialForm, profile_fault
from awsprof.doctor.findings import Fault, Severity, live_check, offline_check
from awsprof.editing import operations
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError
from awsprof.profiles import process_command
from awsprof.shells import LONGEST_WORD, arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.model import Profile, Value

_KEY: Final = "credential_process"
_SHELL: Final = frozenset("|&;<>$`~")
_OPERATORS: Final = frozenset("|&;<>")
_EXPANDED: Final = re.compile(r"\$[A-Za-z_{(]|`")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_WINDOWS_PATH: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\[^\"'*?<>|]*")
_ENOUGH: Final = timedelta(minutes=15)  # boto3 refreshes credentials with less time left


@offline_check(Severity.ERROR, fixes=True)
def process_missing(context: CheckContext) -> Iterator[Fault]:
    """The program of a credential_process cannot be started.

    boto3 and the AWS CLI split the line into words and run the first one without a shell, so that
    ~, $HOME, pipes and && are not interpreted. Other SDKs pass the line to a shell. The program
    must exist and be executable; an SDK may have another PATH than you.

    Write its full path; put shell commands into a script. awsprof doctor --fix rewrites awsprof's
    own lines if the program has moved.
    """
    found = Programs(context)
    for profile, value in process_lines(context):
        problem = _problem_of(context, profile, value, found)
        if problem is not None:
            message, fix = problem
            yield profile_fault(
                profile, _KEY, message, fix, _rewriting_repair(context, profile, value)
            )


def process_lines(context: CheckContext) -> Iterator[tuple[Profile, Value]]:
    """Yields the profiles in question that have a credential_process, with its value."""
    for profile in context.profiles:
        value = profile.values.get(_KEY)
        if value is not None:
            yield profile, value


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


def _problem_of(
    context: CheckContext, profile: Profile, value: Value, programs: Programs
) -> tuple[str, str] | None:
    """Returns why the line cannot run, and the fix; None if it can."""
    name = profile.name
    try:
        words = process_command.split_words(value.text)
    except ValueError:
        where = f"close the quote at {value.origin}, in an editor"
        return "The command has an unclosed quote.", where
    if not words or not words[0].strip():
        return "credential_process is empty.", f"awsprof unset {arguments(name)} credential_process"
    joined = _on_one_line(value.text)
    if joined is not None:
        message = "A backslash does not join lines here: the program gets it as an argument."
        return message, _set_line(profile, value, joined)
    shell = _needs_shell(value.text, words)
    if shell:
        return _shell_problem(profile, value, shell, programs)
    line = process_command.command_from_words(words)
    if line is not None and line.profile not in context.catalog.profiles:
        message = f"The line names the profile {sanitize(line.profile)}, which does not exist."
        key = f"--access-key-id {shell_word(line.key_id)}" if line.key_id else ""
        return message, f"awsprof add keys {arguments(name, flags=key)}"
    # A script that Python runs need not be executable.
    scripts = line.files[1:] if line else ()
    missing = [w for w in (line.files[:1] if line else words[:1]) if programs.find(w) is None]
    missing += [w for w in scripts if not _is_file(w)]
    if not missing:
        return None
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


def _set_line(profile: Profile, value: Value, command: str) -> str:
    """Returns the fix that writes the command; one too long to print is written by hand."""
    if len(command) > LONGEST_WORD:
        return f"write it on one line, with full paths, at {value.origin}, in an editor"
    return f"awsprof set {arguments(profile.name, _KEY, command)}"


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
    return f"{sanitize(word)} was not found.", (
        f"install it, or write its full path at {value.origin}"
    )


def _on_one_line(text: str) -> str | None:
    """Returns the command with its backslash-newlines joined, or None if it has none."""
    if not re.search(r"\\[ \t]*\n", text):
        return None
    joined = " ".join(re.sub(r"\\[ \t]*\n", "\n", text).split("\n"))
    joined = re.sub(r"[ \t]{2,}", " ", joined).strip()
    return _expanded(joined) or joined


def _expanded(text: str) -> str | None:
    """Returns the command with ``~/`` and ``$HOME`` expanded; None if a shell is still needed."""
    home = shlex.quote(str(paths.home()))
    whole = re.sub(r"(?<![^\s=])~(?=/)|\$HOME\b|\$\{HOME\}", lambda _: home, text)
    try:
        words = process_command.split_words(whole)
    except ValueError:
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


def _rewriting_repair(context: CheckContext, profile: Profile, value: Value) -> Repair | None:
    """Returns the repair that rewrites awsprof's own line for the program that exists now."""
    line = process_command.parse_command(value.text)
    if line is None or check_helpers.is_role(profile):
        return None  # not awsprof's line, or role-with-process moves it
    asked = line.profile if line.profile in context.catalog.profiles else profile.name
    if line.key_id is None and asked == profile.name:
        return None  # it would call itself

    def change() -> Change:
        text = process_command.build_command(asked, line.key_id)
        return operations.set_profile_value(profile.name, _KEY, text, context.catalog)

    return check_helpers.change_repair(change)


@offline_check(Severity.WARNING, fixes=True)
def process_not_isolated(context: CheckContext) -> Iterator[Fault]:
    """A line of awsprof's own starts a Python that PYTHONHOME and PYTHONPATH can change.

    PYTHONHOME can keep that Python from starting at all, and a sitecustomize.py in a folder on
    PYTHONPATH runs before awsprof does: so a project, or a shell set up for one, controls the
    credentials that your SDKs get. awsprof now writes lines that start Python with -EP, which
    ignores those variables.

    awsprof doctor --fix rewrites the line and keeps its key and profile.
    """
    found = Programs(context)
    for profile, value in process_lines(context):
        line = process_command.parse_command(value.text)
        repair = _rewriting_repair(context, profile, value)
        if line is None or line.isolated or repair is None:
            continue
        if _problem_of(context, profile, value, found) is None and _can_isolate(line):
            message = (
                "PYTHONHOME, PYTHONPATH and other PYTHON variables can change what this line runs."
            )
            fix = "awsprof doctor --fix process-not-isolated"
            yield profile_fault(profile, _KEY, message, fix, repair)


def _can_isolate(line: process_command.ProcessCommand) -> bool:
    """True if a line written now would be isolated; an .exe on Windows is not a Python."""
    try:
        better = process_command.parse_command(
            process_command.build_command(line.profile, line.key_id)
        )
    except AwsprofError:  # no program is here that an SDK could start
        return False
    return better is not None and better.isolated


@offline_check(Severity.ERROR)
def process_calls_itself(context: CheckContext) -> Iterator[Fault]:
    """A credential_process asks for the credentials of the profile that it is in.

    Each program starts the next one, until the machine runs out of processes or a time limit ends
    it. This happens with awsprof credential-process NAME without --key, and with aws configure
    export-credentials --profile NAME, in NAME itself or by way of other profiles.

    Name another profile in the line, or remove it: awsprof unset NAME credential_process.
    """
    following: dict[str, str] = {}
    asking: dict[str, str] = {}
    for profile in context.catalog.profiles.values():
        named = check_helpers.source_of(context, profile)
        if named is not None and named is not profile and not check_helpers.has_keys(named):
            following[profile.name] = named.name
        elif check_helpers.credential_form(profile) is CredentialForm.PROCESS:
            asked = _asked_profile(profile.get(_KEY) or "")
            if asked is not None:
                asking[profile.name] = asked
    circle = check_helpers.source_circles({**following, **asking})
    for profile, _ in process_lines(context):
        if profile.name in circle and profile.name in asking:
            yield profile_fault(
                profile,
                _KEY,
                f"Its process asks for {sanitize(asking[profile.name])}, which leads back to this"
                " profile.",
                f"awsprof unset {arguments(profile.name)} credential_process",
            )


def _asked_profile(command: str) -> str | None:
    """Returns the profile whose credentials the command asks awsprof or the AWS CLI for."""
    line = process_command.parse_command(command)
    if line is not None:
        return None if line.key_id else line.profile
    if "export-credentials" not in command:
        return None
    found = re.search(r"--profile[= ]\s*[\"']?([^\s\"']+)", command)
    return found[1] if found else None


@live_check(Severity.ERROR)
def process_output(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The program of a credential_process ran, but did not print valid credentials.

    It must exit with 0 and print one JSON object: "Version": 1 (a number), AccessKeyId,
    SecretAccessKey, and for temporary credentials SessionToken and Expiration (a time with its
    zone). It must print nothing else to stdout, and no value may be null or empty.

    Run it yourself to see the output: awsprof show NAME shows the line.
    """
    error = answered.error
    if error is not None and error.code == "process-output":
        last = _process_profile(context, answered.profile)
        line = last.values.get(_KEY) if last.name in context.names else None
        if line is not None and _problem_of(context, last, line, Programs(context)) is not None:
            return  # process-missing reports the line itself
        where = check_helpers.origin_of(last, _KEY)
        yield Fault(error.message, error.fix, answered.profile.name, where)


@live_check(Severity.WARNING)
def process_output_odd(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The program of a credential_process prints output that boto3 accepts and other SDKs do not.

    The Java and Rust SDKs sign with an empty SessionToken, and AWS rejects that; the Go SDK reads
    the JSON strictly, so an AccountId without quotes fails; a time must be RFC 3339 (with a T and a
    zone).

    Fix the program as the finding says; omit a field that has no value.
    """
    for oddity in answered.oddities:
        message = f"Its program {oddity}."
        yield profile_fault(
            answered.profile, _KEY, message, f"awsprof show {arguments(answered.profile.name)}"
        )


@live_check(Severity.WARNING)
def process_short_lived(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The program of a credential_process gives credentials that expire within 15 minutes.

    boto3 refreshes credentials that have less than 15 minutes left, so it starts the program at
    every use: that is slow, and prompts you each time if the program asks for something.

    Have the program return longer-lived credentials, or cache them until they have 20 minutes left.
    """
    profile, credentials = answered.profile, answered.credentials
    if (
        credentials is None
        or credentials.expires is None
        or check_helpers.credential_form(profile) is not CredentialForm.PROCESS
    ):
        return
    if process_command.parse_command(profile.get(_KEY) or "") is not None:
        return  # awsprof refreshes in time
    left = credentials.expires - context.now
    if left < _ENOUGH:
        minutes = max(0, int(left.total_seconds() // 60))
        yield profile_fault(
            profile,
            _KEY,
            f"Its credentials expire in {minutes} min, so boto3 starts the program at every use.",
            "have the program return credentials that last an hour or more",
        )


def _process_profile(context: CheckContext, profile: Profile) -> Profile:
    """Returns the profile at the end of the source chain, whose process runs."""
    seen: Mapping[str, Profile] = {}
    while (
        named := check_helpers.source_of(context, profile)
    ) is not None and named.name not in seen:
        seen = {**seen, named.name: named}
        profile = named
    return profile
