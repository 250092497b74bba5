"""Checks of settings: values that SDKs reject or ignore, and whether boto3 makes a client."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof.auth.plain_boto3 import ClientRefusal, PlainBoto3
from awsprof.awsapi.errors.translate import NO_MACHINE_CREDENTIALS
from awsprof.doctor import check_helpers, service_endpoints
from awsprof.doctor.check_helpers import (
    profile_fault,
    profiles_setting,
    selected_sso_sessions,
    session_fault,
    set_command,
    unset_command,
)
from awsprof.doctor.findings import Cause, Fault, Severity, offline_check
from awsprof.profiles import value_rules
from awsprof.profiles.durations import seconds_of
from awsprof.profiles.known_keys import KNOWN_KEYS, S3_KEYS
from awsprof.shells import arguments, unset_variables
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

# Keys with checks of their own.
_ELSEWHERE: Final = frozenset(
    {"role_arn", "mfa_serial", "sso_account_id", "aws_account_id", "credential_source"}
)
# Keys that boto3 rejects if they are empty; it treats other empty keys as absent.
_NEVER_EMPTY: Final = frozenset(
    {
        "region",
        "retry_mode",
        "max_attempts",
        "defaults_mode",
        "request_checksum_calculation",
        "response_checksum_validation",
        "account_id_endpoint_mode",
        "request_min_compression_size_bytes",
    }
)
_NEEDED: Final = frozenset({"sso_role_name", "sso_start_url", "sso_region"})
_BELOW_S3: Final = S3_KEYS - KNOWN_KEYS
_COMMENT: Final = re.compile(r"\s[#;]")


@offline_check(Severity.ERROR)
def invalid_value(context: CheckContext) -> Iterator[Fault]:
    """A setting has a value that SDKs or AWS reject.

    boto3 stops when it makes a session or a client (InvalidRegionError, InvalidRetryModeError and
    so on), or AWS answers with a ValidationError. SDKs do not name the line; this finding does.

    Set one of the valid values, as the finding says: awsprof set NAME KEY VALUE.
    """
    for profile in context.profiles:
        for key, text in _settings(profile):
            found = value_rules.value_problem(key, text, role=bool(profile.get("role_arn")))
            if found is not None and found.refused and not _is_short_duration(key, text):
                message = (
                    found.says + _suggestion(found) if text else f"{key} is empty, so boto3 stops."
                )
                yield profile_fault(profile, key, message, _value_fix(profile, key, found))
        yield from _empty_in_a_role(profile)
    yield from service_endpoints.invalid_service_endpoints(context)
    yield from service_endpoints.unnested_endpoints(context, stops=True)
    for session in selected_sso_sessions(context):
        for key in ("sso_region", "sso_start_url"):
            stated = session.get(key)
            found = value_rules.value_problem(key, stated) if stated else None
            if found is not None and found.refused:
                origin = session.values[key].origin
                fix = f"write {key} = {found.meant or _EXAMPLES[key]} at {origin}, in an editor"
                yield session_fault(session, key, found.says + _suggestion(found), fix)


def _empty_in_a_role(profile: Profile) -> Iterator[Fault]:
    """Yields the keys that botocore's AssumeRoleProvider sends even if they are empty."""
    if not profile.get("role_arn") or profile.get("web_identity_token_file"):
        return
    for key in ("external_id", "mfa_serial"):
        value = profile.values.get(key)
        if value is not None and not value.text:
            message = f"{key} is empty, and boto3 sends it all the same, so the role is refused."
            yield profile_fault(profile, key, message, unset_command(profile, key))


_EXAMPLES: Final = {
    "sso_region": "the region of Identity Center",
    "sso_start_url": "its https URL",
}


@offline_check(Severity.WARNING)
def ignored_value(context: CheckContext) -> Iterator[Fault]:
    """A setting has a value, or is in a place, that boto3 silently ignores.

    A switch is on only if its value is true; a duration that is not a number is not sent; an
    endpoint_url counts only below a service in a services section. Some other SDKs stop instead,
    also at a duration such as 3_600, which boto3 reads as 3600.

    Set one of the valid values, as the finding says, or remove the line.
    """
    for profile in context.profiles:
        for key, text in _settings(profile):
            found = value_rules.value_problem(key, text, role=bool(profile.get("role_arn")))
            if found is not None and not found.refused and key not in ("region", "sso_region"):
                yield profile_fault(
                    profile,
                    key,
                    found.says + _suggestion(found),
                    _value_fix(profile, key, found),
                )
        yield from service_endpoints.nested_endpoints(context, profile)
    yield from service_endpoints.unnested_endpoints(context, stops=False)


def _settings(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yields each key and value, with keys of nested blocks as ``s3.addressing_style``."""
    for key, value in profile.values.items():
        if key not in _ELSEWHERE and (value.text or key in _NEVER_EMPTY):
            yield key, value.text
    for parent, below in profile.nested.items():
        for key, value in below.items():
            if value.text:
                yield f"{parent}.{key}", value.text


def _is_short_duration(key: str, text: str) -> bool:
    """True if short-duration reports the value."""
    seconds = seconds_of(text) if key == "duration_seconds" else None
    return seconds is not None and seconds < 900


def _suggestion(found: value_rules.ValueProblem) -> str:
    return f" Did you mean {sanitize(found.meant)}?" if found.meant else ""


def _value_fix(profile: Profile, key: str, found: value_rules.ValueProblem) -> str:
    """Returns the command that corrects the value; ``--fix`` if it has a comment or quotes."""
    text = _text(profile, key)
    if found.meant and _COMMENT.search(text) and text.startswith(found.meant):
        return "awsprof doctor --fix inline-comment"
    if found.meant and text.strip("\"'") == found.meant:
        return "awsprof doctor --fix quoted-value"
    if found.meant:
        return set_command(profile, key, found.meant)
    if key == "region":
        return check_helpers.SET_A_REGION
    if key == "s3" and ("\n" in text or not profile.values.keys().isdisjoint(_BELOW_S3)):
        return "write s3 = without a value, and its settings indented below it, in an editor"
    if key in _NEEDED:
        return f"write the right {key} there, in an editor: the access portal shows it"
    if key == "external_id":
        return "ask the owner of the role for the exact external ID"
    return unset_command(profile, key)


def _text(profile: Profile, key: str) -> str:
    parent, _, below = key.partition(".")
    value = profile.nested.get(parent, {}).get(below) if below else profile.values.get(key)
    return value.text if value else ""


@offline_check(Severity.ERROR)
def ca_bundle_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile's ca_bundle names a file that does not exist.

    boto3 and the AWS CLI then trust no certificate: every HTTPS call fails with "Could not find a
    suitable TLS CA certificate bundle, invalid path". They do not expand ~ or $HOME in the path.

    Write the full path of the file, or remove the line: awsprof unset NAME ca_bundle.
    """
    for profile, value in profiles_setting(context, "ca_bundle"):
        missing = missing_file(value.text)
        if missing is None:
            continue
        message, suggestion = missing
        name = arguments(profile.name)
        fix = set_command(profile, "ca_bundle", suggestion) if suggestion else ""
        yield profile_fault(
            profile,
            "ca_bundle",
            f"ca_bundle = {sanitize(value.text)} {message}",
            fix or f"put the certificates there, or awsprof unset {name} ca_bundle",
        )


def missing_file(text: str) -> tuple[str, str | None] | None:
    """Returns why the path leads to no file, and the path with ``~`` expanded if that exists.

    Returns None if the file exists.
    """
    try:
        if Path(text).exists():
            return None
    except (OSError, ValueError):
        return "is not a valid path.", None
    expanded = os.path.expandvars(os.path.expanduser(text))  # noqa: PTH111  # variables too
    if expanded != text and os.path.exists(expanded):  # noqa: PTH110  # as above
        return "is not expanded by any SDK.", expanded
    return "names a file that does not exist.", None


@offline_check(Severity.ERROR)
def token_file_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile's web_identity_token_file names a missing file, or the profile has no role.

    SDKs read the token at each sign-in: without the file boto3 stops with FileNotFoundError. They
    do not expand ~. In a cluster the file is mounted into the container and exists nowhere else.

    Write the full path, or use the profile where the file exists. A token without role_arn has no
    use: boto3 stops with InvalidConfigError.
    """
    for profile, value in profiles_setting(context, "web_identity_token_file"):
        key = "web_identity_token_file"
        if not profile.get("role_arn"):
            message = "It has web_identity_token_file but no role_arn to assume."
            yield profile_fault(profile, key, message, _role_to_assume(context, profile))
            continue
        missing = missing_file(value.text)
        if missing is not None:
            message, suggestion = missing
            fix = set_command(profile, key, suggestion) if suggestion else ""
            here = "use this profile where the file exists, as in its container"
            yield profile_fault(
                profile, key, f"{key} = {sanitize(value.text)} {message}", fix or here
            )


def _role_to_assume(context: CheckContext, profile: Profile) -> str:
    named = check_helpers.misspelt_key(profile, "role_arn")
    if named:
        return check_helpers.rename_fix(profile, named, "role_arn")
    return f"add role_arn with the ARN of the role below {profile.origins[0]}, in an editor"


@offline_check(Severity.ERROR)
def client_refused(context: CheckContext) -> Iterator[Fault]:
    """boto3 can't make a session or client with the profile, or rejects its credentials.

    awsprof made a session and a client as a plain script would, without the network. The finding
    has boto3's own message, and the line or variable that causes it. It is a catch-all: other
    checks report the same with more detail if they know the cause.

    Remove the line, or set a value that boto3 accepts: awsprof show NAME shows all values.
    """
    if context.catalog.unreadable:
        return  # no profile works, and other checks say why
    script = PlainBoto3(context.catalog, context.environment)
    of_shell = script.client_refusals(None)
    for refusal in of_shell:
        yield _of_variable(refusal)
    for profile in context.profiles:
        for refusal in script.client_refusals(profile):
            if refusal.variable is None:
                yield _of_profile(profile, refusal)
        if context.catalog.chain(profile.name).has_cycle:
            continue  # source-cycle
        credentials = script.credentials_refused(profile)
        if credentials is not None:
            yield _of_profile(profile, credentials)


def _of_variable(refusal: ClientRefusal) -> Fault:
    if refusal.variable is None:
        message = f"boto3 can't make a client here: {_boto_message(refusal)}"
        return Fault(message, "awsprof list shows the files", cause=Cause(_error_name(refusal)))
    message = f"{refusal.variable} keeps boto3 from making a client: {_boto_message(refusal)}"
    cause = Cause(_error_name(refusal), (refusal.variable,))
    return Fault(message, unset_variables(refusal.variable), cause=cause)


def _of_profile(profile: Profile, refusal: ClientRefusal) -> Fault:
    key = refusal.key
    if key is None:
        message = f"boto3 rejects its credentials: {_boto_message(refusal)}"
        fix = f"awsprof show {arguments(profile.name)} shows where they come from"
        if profile.get("credential_source") and "credential_source" in str(refusal.error):
            fix = NO_MACHINE_CREDENTIALS
        cause = Cause(_error_name(refusal), credentials=True)
        return replace(profile_fault(profile, "", message, fix), cause=cause)
    message = f"boto3 can't make a client with this {key}: {_boto_message(refusal)}"
    return profile_fault(profile, key, message, unset_command(profile, key))


def _boto_message(refusal: ClientRefusal) -> str:
    """Returns botocore's own message with the name of its error, on one line."""
    message = sanitize(str(refusal.error), 200).rstrip(".")
    return f"{message} ({_error_name(refusal)})."


def _error_name(refusal: ClientRefusal) -> str:
    return type(refusal.error).__name__
