"""Checks of credential_process: whether its program exists, starts, and prints credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import ProviderType, profile_fault, unset_command
from awsprof.doctor.findings import Fault, Severity, live_check, offline_check
from awsprof.doctor.process_problems import Programs, problem_of
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError
from awsprof.profiles import process_command
from awsprof.session_margins import RENEW_BEFORE_S
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.model import Profile, Value

_KEY: Final = "credential_process"


@offline_check(Severity.ERROR, fixes=True)
def process_missing(context: CheckContext) -> Iterator[Fault]:
    """The program of a credential_process cannot be started.

    boto3 and the AWS CLI split the line into words and run the first one without a shell, so that
    ~, $HOME, pipes and && are not interpreted. Other SDKs pass the line to a shell. The program
    must exist and be executable; an SDK may have another PATH than you. So must the profile that
    awsprof credential-process or aws configure export-credentials is asked for.

    Write its full path; put shell commands into a script. awsprof doctor --fix rewrites awsprof's
    own lines if the program has moved.
    """
    found = Programs(context)
    for profile, value in process_lines(context):
        problem = problem_of(context, profile, value, found)
        if problem is not None:
            message, fix = problem
            repair, _ = _rewriting_repair(context, profile, value)
            yield profile_fault(profile, _KEY, message, fix, repair)


def process_lines(context: CheckContext) -> Iterator[tuple[Profile, Value]]:
    """Yields the selected profiles that have a credential_process, with its value."""
    for profile in context.profiles:
        value = profile.values.get(_KEY)
        if value is not None:
            yield profile, value


def _rewriting_repair(
    context: CheckContext, profile: Profile, value: Value
) -> tuple[Repair | None, str]:
    """Returns the repair that rewrites awsprof's own line for the program that exists now.

    If there is none, the second value says what must be done first.
    """
    line = process_command.parse_command(value.text)
    if line is None or not _is_rewritable(context, profile, line):
        return None, ""

    def change() -> Change:
        text = process_command.build_command(_served_profile(context, profile, line), line.key_id)
        return profile_operations.set_profile_value(profile.name, _KEY, text, context.catalog)

    return check_helpers.repair_or_refusal(change)


def _served_profile(
    context: CheckContext, profile: Profile, line: process_command.ProcessCommand
) -> str:
    return line.profile if line.profile in context.catalog.profiles else profile.name


def _is_rewritable(
    context: CheckContext, profile: Profile, line: process_command.ProcessCommand
) -> bool:
    """False for a role's line (role-with-process moves it), and for a line that calls itself."""
    calls_itself = line.key_id is None and _served_profile(context, profile, line) == profile.name
    return not (calls_itself or check_helpers.is_role(profile))


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
        if line is None or line.isolated or not _is_rewritable(context, profile, line):
            continue
        repair, first = _rewriting_repair(context, profile, value)
        if problem_of(context, profile, value, found) is None and _can_isolate(line):
            message = (
                "PYTHONHOME, PYTHONPATH and other PYTHON variables can change what this line runs."
            )
            fix = first or "awsprof doctor --fix process-not-isolated"
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
    asking = _calling_themselves(context)
    for profile, _ in process_lines(context):
        if profile.name in asking:
            yield profile_fault(
                profile,
                _KEY,
                f"Its process asks for {sanitize(asking[profile.name])}, which leads back to this"
                " profile.",
                unset_command(profile, "credential_process"),
            )


def _calling_themselves(context: CheckContext) -> dict[str, str]:
    """Returns the profiles whose process leads back to them, with the profile it asks for."""
    profiles = context.catalog.profiles.values()
    following = {profile.name: _next_profile(context, profile) for profile in profiles}
    cycle = check_helpers.source_cycles({n: asked for n, asked in following.items() if asked})
    asking = (profile for profile in profiles if _source_to_follow(context, profile) is None)
    return {p.name: following[p.name] or "" for p in asking if p.name in cycle}


def _calls_itself(context: CheckContext, profile: Profile) -> bool:
    """True if the profile's process leads back to it: the answer above, for one profile."""
    if _source_to_follow(context, profile) is not None:
        return False
    seen: set[str] = set()
    name = _next_profile(context, profile)
    while name is not None and name in context.catalog.profiles and name not in seen:
        seen.add(name)
        name = _next_profile(context, context.catalog.profiles[name])
    return profile.name in seen


def _next_profile(context: CheckContext, profile: Profile) -> str | None:
    """Returns the profile that gives this one its credentials: its source, or what it asks for."""
    source = _source_to_follow(context, profile)
    if source is not None:
        return source.name
    if check_helpers.provider_type(profile) is not ProviderType.PROCESS:
        return None
    return process_command.asked_profile(profile.get(_KEY) or "")


def _source_to_follow(context: CheckContext, profile: Profile) -> Profile | None:
    """Returns the source profile, if it is another one and has no keys of its own."""
    source = check_helpers.source_of(context, profile)
    if source is None or source is profile or check_helpers.has_keys(source):
        return None
    return source


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
        if _calls_itself(context, last):
            return  # process-calls-itself
        line = last.values.get(_KEY) if last.name in context.names else None
        if line is not None and problem_of(context, last, line, Programs(context)) is not None:
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
        or check_helpers.provider_type(profile) is not ProviderType.PROCESS
    ):
        return
    if process_command.parse_command(profile.get(_KEY) or "") is not None:
        return  # awsprof refreshes in time
    left = (credentials.expires - context.now).total_seconds()
    if left < RENEW_BEFORE_S:
        minutes = max(0, int(left // 60))
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
