"""Checks of credential_process: whether the program is there, is sane, and is what one thinks."""

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
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.model import Profile, Value

_KEY: Final = "credential_process"
_SHELL: Final = frozenset("|&;<>$`~")
_OPERATORS: Final = frozenset("|&;<>")
_EXPANDED: Final = re.compile(r"\$[A-Za-z_{(]|`")
_ENOUGH: Final = timedelta(minutes=15)  # what boto3 renews before


@offline_check(Severity.ERROR, fixes=True)
def process_missing(context: CheckContext) -> Iterator[Fault]:
    """The program of a credential_process cannot be started.

    boto3 and the AWS CLI split the line into words and start the first: no shell, so that ~, $HOME,
    pipes and && stand there as they are written. Other SDKs hand the line to a shell. The program
    must be there, and executable; an SDK may have another PATH than you.

    Name it by its whole path; put a shell's work into a script. Lines of awsprof's own, whose
    program moved, awsprof doctor --fix writes anew.
    """
    found = Programs(context)
    for profile, value in process_lines(context):
        told = _unusable(context, profile, value, found)
        if told is not None:
            message, fix = told
            yield profile_fault(profile, _KEY, message, fix, _rewriting(context, profile, value))


def process_lines(context: CheckContext) -> Iterator[tuple[Profile, Value]]:
    for profile in context.profiles:
        value = profile.values.get(_KEY)
        if value is not None:
            yield profile, value


class Programs:
    """Which program a word starts, looked for once each, in the PATH of the environment."""

    def __init__(self, context: CheckContext) -> None:
        self._path = context.environment.get("PATH") or os.defpath
        self._found: dict[str, Path | None] = {}

    def find(self, word: str) -> Path | None:
        if word not in self._found:
            try:
                found = shutil.which(word, path=self._path)
            except (OSError, ValueError):  # a name that no file can have
                found = None
            self._found[word] = Path(found) if found else None
        return self._found[word]


def _unusable(
    context: CheckContext, profile: Profile, value: Value, programs: Programs
) -> tuple[str, str] | None:
    """Why the line cannot be run, and the mend; None where it can."""
    name = profile.name
    try:
        words = process_command.split_words(value.text)
    except ValueError:
        where = f"close it at {value.origin}, in an editor"
        return "The command has a quote that is not closed.", where
    if not words or not words[0].strip():
        return "credential_process is empty.", f"awsprof unset {arguments(name)} credential_process"
    better = _on_one_line(value.text)
    if better is not None:
        told = "A backslash at the end of a line joins no lines here: it is an argument of its own."
        return told, f"awsprof set {arguments(name, _KEY, better)}"
    shell = _needs_shell(value.text, words)
    if shell:
        whole = _expanded(value.text)
        if whole is not None:
            told = f"It needs a shell for {shell}, and boto3 starts none."
            return told, f"awsprof set {arguments(name, _KEY, whole)}"
        script = "put the work of the shell into a script, and name that by its whole path"
        return f"It needs a shell for {shell}, and boto3 starts none.", script
    line = process_command.command_from_words(words)
    if line is not None and line.profile not in context.catalog.profiles:
        asks = f"The line is for the profile {sanitize(line.profile)}, which is none."
        key = f"--access-key-id {shell_word(line.key_id)}" if line.key_id else ""
        return asks, f"awsprof add keys {arguments(name, flags=key)}"
    # What a Python is given to run need not be executable.
    scripts = line.files[1:] if line else ()
    missing = [w for w in (line.files[:1] if line else words[:1]) if programs.find(w) is None]
    missing += [w for w in scripts if not _is_file(w)]
    if not missing:
        return None
    words = missing
    if _is_file(words[0]):
        return (
            f"{sanitize(words[0])} is there, and is not executable.",
            f"chmod u+x {shell_word(words[0])}",
        )
    if line is not None:
        told = f"awsprof is not at {sanitize(words[0])} any more, where this line looks for it."
        return told, "awsprof doctor --fix process-missing"
    return (
        f"{sanitize(words[0])} is no program that can be found here.",
        f"install it, or write its whole path at {value.origin}",
    )


def _on_one_line(text: str) -> str | None:
    """The command without the backslashes that were to join its lines; None where it has none."""
    if not re.search(r"\\[ \t]*\n", text):
        return None
    joined = " ".join(re.sub(r"\\[ \t]*\n", "\n", text).split("\n"))
    joined = re.sub(r"[ \t]{2,}", " ", joined).strip()
    return _expanded(joined) or joined


def _expanded(text: str) -> str | None:
    """The command with ``~/`` and ``$HOME`` written out, where nothing else needs a shell."""
    home = shlex.quote(str(paths.home()))
    whole = re.sub(r"(?<![^\s=])~(?=/)|\$HOME\b|\$\{HOME\}", lambda _: home, text)
    try:
        words = process_command.split_words(whole)
    except ValueError:
        return None
    return whole if whole != text and not _needs_shell(whole, words) else None


def _is_file(word: str) -> bool:
    return os.sep in word and os.path.isfile(word)  # noqa: PTH113  # Path's raises for odd names


def _needs_shell(text: str, words: list[str]) -> str:
    """What in the line only a shell understands; empty where there is nothing of that."""
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


def _rewriting(context: CheckContext, profile: Profile, value: Value) -> Repair | None:
    """The line anew, where it is ours: with the program that is here, and a profile that is."""
    line = process_command.parse_command(value.text)
    if line is None or check_helpers.is_role(profile):
        return None  # another's, or one that role-with-process writes anew elsewhere
    asked = line.profile if line.profile in context.catalog.profiles else profile.name
    if line.key_id is None and asked == profile.name:
        return None  # it would ask for itself

    def change() -> Change:
        text = process_command.build_command(asked, line.key_id)
        return operations.set_profile_value(profile.name, _KEY, text, context.catalog)

    return check_helpers.change_repair(change)


@offline_check(Severity.WARNING, fixes=True)
def process_not_isolated(context: CheckContext) -> Iterator[Fault]:
    """A line of awsprof's own starts a Python that heeds PYTHONHOME, PYTHONPATH and their like.

    PYTHONHOME keeps it from starting at all, and a sitecustomize.py in a folder on PYTHONPATH runs
    before it: a project, or a shell that is set up for one, so decides what your SDKs get. awsprof
    writes lines that start Python with -EP, which leaves all of that out.

    awsprof doctor --fix writes the line anew. It keeps the key and the profile that it names.
    """
    found = Programs(context)
    for profile, value in process_lines(context):
        line = process_command.parse_command(value.text)
        repair = _rewriting(context, profile, value)
        if line is None or line.isolated or repair is None:
            continue
        if _unusable(context, profile, value, found) is None and _can_isolate(line):
            message = "The line heeds PYTHONHOME, PYTHONPATH and what else is set for Python."
            fix = "awsprof doctor --fix process-not-isolated"
            yield profile_fault(profile, _KEY, message, fix, repair)


def _can_isolate(line: process_command.ProcessCommand) -> bool:
    """Whether the line that would be written now is isolated; on Windows an .exe is no Python."""
    try:
        better = process_command.parse_command(
            process_command.build_command(line.profile, line.key_id)
        )
    except AwsprofError:  # no program is here that an SDK could start
        return False
    return better is not None and better.isolated


@offline_check(Severity.ERROR)
def process_calls_itself(context: CheckContext) -> Iterator[Fault]:
    """A credential_process asks for the credentials of the very profile that it stands in.

    Each program starts the next, until the machine has no processes left, or a limit in time ends
    it. It happens with awsprof credential-process NAME without --key, and with aws configure
    export-credentials --profile NAME, in NAME itself or round about.

    Name another profile in the line, or take it out: awsprof unset NAME credential_process.
    """
    following: dict[str, str] = {}
    asking: dict[str, str] = {}
    for profile in context.catalog.profiles.values():
        named = check_helpers.source_of(context, profile)
        if named is not None and named is not profile and not check_helpers.has_keys(named):
            following[profile.name] = named.name
        elif check_helpers.credential_form(profile) is CredentialForm.PROCESS:
            asked = _asked(profile.get(_KEY) or "")
            if asked is not None:
                asking[profile.name] = asked
    circle = check_helpers.source_circles({**following, **asking})
    for profile, _ in process_lines(context):
        if profile.name in circle and profile.name in asking:
            yield profile_fault(
                profile,
                _KEY,
                f"Its process asks for {sanitize(asking[profile.name])}, which leads back to it.",
                f"awsprof unset {arguments(profile.name)} credential_process",
            )


def _asked(command: str) -> str | None:
    """The profile whose credentials the command asks awsprof or the AWS CLI for, whole."""
    line = process_command.parse_command(command)
    if line is not None:
        return None if line.key_id else line.profile
    if "export-credentials" not in command:
        return None
    found = re.search(r"--profile[= ]\s*[\"']?([^\s\"']+)", command)
    return found[1] if found else None


@live_check(Severity.ERROR)
def process_output(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The program of a credential_process ran, and gave no credentials that SDKs take.

    It must end with 0 and print one JSON object: "Version": 1 (a number), AccessKeyId,
    SecretAccessKey, and where they are temporary SessionToken and Expiration, a time with its
    zone. Nothing else may stand on stdout, and nothing may be null or empty.

    Run it yourself and look: awsprof show NAME shows the line.
    """
    error = answered.error
    if error is not None and error.code == "process-output":
        last = _last(context, answered.profile)
        line = last.values.get(_KEY) if last.name in context.names else None
        if line is not None and _unusable(context, last, line, Programs(context)) is not None:
            return  # process-missing tells what is wrong with the line itself
        where = check_helpers.origin_of(last, _KEY)
        yield Fault(error.message, error.fix, answered.profile.name, where)


@live_check(Severity.WARNING)
def process_output_odd(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The program of a credential_process gives what boto3 takes, and other SDKs do not.

    An empty SessionToken is signed by Java and Rust, and AWS refuses that; Go reads the JSON
    strictly, so that an AccountId without quotes fails; a time is RFC 3339 (with a T and its zone).

    Mend the program, as the finding says; what is absent is left out.
    """
    for odd in answered.oddities:
        told = f"Its program {odd}."
        yield profile_fault(
            answered.profile, _KEY, told, f"awsprof show {arguments(answered.profile.name)}"
        )


@live_check(Severity.WARNING)
def process_short_lived(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The program of a credential_process gives credentials that end within 15 minutes.

    boto3 renews what has less than 15 minutes left, so it starts the program again at every use:
    slow, and a prompt each time where the program asks somebody.

    Have the program give longer ones, or keep its own until they have 20 minutes left.
    """
    profile, made = answered.profile, answered.credentials
    if (
        made is None
        or made.expires is None
        or check_helpers.credential_form(profile) is not CredentialForm.PROCESS
    ):
        return
    if process_command.parse_command(profile.get(_KEY) or "") is not None:
        return  # ours renews in time
    left = made.expires - context.now
    if left < _ENOUGH:
        minutes = max(0, int(left.total_seconds() // 60))
        yield profile_fault(
            profile,
            _KEY,
            f"Its credentials end in {minutes} min, so boto3 starts the program at every use.",
            "have the program give credentials of an hour or more",
        )


def _last(context: CheckContext, profile: Profile) -> Profile:
    """The profile whose process it is, beneath roles."""
    seen: Mapping[str, Profile] = {}
    while (
        named := check_helpers.source_of(context, profile)
    ) is not None and named.name not in seen:
        seen = {**seen, named.name: named}
        profile = named
    return profile
