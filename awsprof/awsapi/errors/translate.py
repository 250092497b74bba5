"""Translates errors of AWS and botocore: what failed, why, and what to type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from awsprof.awsapi.errors import clock, network, refused_value, rejected_key
from awsprof.awsapi.errors.access_denied import access_denied_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.profiles.model import Profile
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials

_RENEW_KEYS_IN_FILE: Final = (
    "put new ones there, or let awsprof setup create a profile that renews its own"
)

NO_MACHINE_CREDENTIALS: Final = (
    "use the profile where that is: in the container, on the instance, or in a shell with a key;"
    " elsewhere it needs a source_profile"
)

# AWS error code: its meaning and the fix. Sources: the STS API reference, "Common errors", and
# the IAM User Guide, "Troubleshoot IAM".
_CODES: Final = {
    "RequestTimeTooSkewed": ("This machine's clock is wrong", "set the clock"),
    "ExpiredToken": ("The temporary credentials have expired", "awsprof login {profile}"),
    "ExpiredTokenException": ("The temporary credentials have expired", "awsprof login {profile}"),
    "RegionDisabledException": (
        "The region is not enabled in that account",
        "awsprof set {profile} region us-east-1, or enable the region",
    ),
    "UnauthorizedException": (
        "The Identity Center session has ended",
        "awsprof login {profile}",
    ),
    "ForbiddenException": (
        "Identity Center does not give you that role in that account (any more)",
        "ask for it, or awsprof remove {profile}",
    ),
    "ResourceNotFoundException": (
        "Identity Center does not know that account or role",
        "check the account and role: {show}",
    ),
}

NOT_ASSIGNED: Final = frozenset({"ForbiddenException", "ResourceNotFoundException"})
"""Identity Center's error codes for a role that you do not have in the account."""

_THROTTLED: Final = frozenset(
    {"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
)
# Errors that botocore raises for malformed responses.
_PARSE_ERRORS: Final = frozenset(
    {
        "ResponseParserError",
        "PaginationError",
        "KeyError",
        "TypeError",
        "AttributeError",
        "InvalidValue",
        "OverflowError",
        "RecursionError",
    }
)
# Errors that botocore raises for a wrong value of a setting or variable, when it makes a client.
_SETTING_ERRORS: Final = frozenset(
    {
        *(
            "InvalidRetryModeError",
            "InvalidMaxRetryAttemptsError",
            "InvalidRetryConfigurationError",
        ),
        *("InvalidDefaultsMode", "InvalidRegionError", "InvalidSTSRegionalEndpointsConfigError"),
        *("InvalidS3AddressingStyleError", "InvalidS3UsEast1RegionalEndpointConfigError"),
        *(
            "InvalidChecksumConfigError",
            "InvalidIMDSEndpointModeError",
            "InvalidProxiesConfigError",
        ),
    }
)
_SIGN_IN_ERRORS: Final = {
    "UnauthorizedSSOTokenError": "The Identity Center session has ended.",
    "SSOTokenLoadError": "You have not signed in to Identity Center for it yet.",
    "TokenRetrievalError": "The Identity Center session could not be renewed.",
}
# Error codes for a signature with a wrong time.
_WRONG_TIME_CODES: Final = frozenset(
    {
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
        "RequestExpired",
    }
)


def translate_error(
    exc: Exception,
    *,
    profile: str,
    links: Sequence[Profile] = (),
    used: Credentials | None = None,
) -> AwsprofError:
    """Returns the error as an AwsprofError; an AwsprofError is returned unchanged.

    ``links`` is the profile and its source profiles, if known, to find the cause. ``used`` are the
    credentials that signed, if known.
    """
    return translate_target_error(exc, LoginTarget(profile), links, used)


def translate_target_error(
    exc: Exception,
    target: LoginTarget,
    links: Sequence[Profile] = (),
    used: Credentials | None = None,
) -> AwsprofError:
    """Returns the error as ``translate_error``, also for an sso-session."""
    if isinstance(exc, AwsprofError):
        return exc
    response: Any = getattr(exc, "response", None)
    refused = _refused_value(exc, response, target, links)
    if refused is not None:
        return refused
    if isinstance(response, dict):
        where = rejected_key.CallPlace(
            getattr(exc, "endpoint_url", None), getattr(exc, "region_name", None)
        )
        operation = str(getattr(exc, "operation_name", ""))
        return _from_aws(response, operation, target, links, used, where)
    if isinstance(exc, UnicodeError) and (
        wrong := rejected_key.visible_key_problem(target.name, links, used)
    ):
        return CredentialsError(f"{wrong[0]}.", wrong[1], code="key-shape")
    return network.network_error(exc, target) or _from_botocore(exc, target)


def _refused_value(
    exc: Exception, response: Any, target: LoginTarget, links: Sequence[Profile]
) -> AwsprofError | None:
    """Returns the error if a value for AssumeRole was refused, by AWS or by botocore."""
    code, message = type(exc).__name__, str(exc)
    if isinstance(response, dict):
        error = response.get("Error", {})
        code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    return refused_value.refused_value_error(exc, code, sanitize(message), target.name, links)


def _from_aws(
    response: dict[str, Any],
    operation: str,
    target: LoginTarget,
    links: Sequence[Profile],
    used: Credentials | None,
    where: rejected_key.CallPlace,
) -> AwsprofError:
    error = response.get("Error", {})
    code, message = sanitize(str(error.get("Code", ""))), sanitize(str(error.get("Message", "")))
    ahead = clock.notable_skew(response) if code in _WRONG_TIME_CODES else None
    if ahead is not None:
        return CredentialsError(
            f"This machine's clock is {clock.describe_skew(ahead)}, and AWS accepts at most 5"
            f" minutes ({code}).",
            "synchronize the clock: timedatectl set-ntp true, or the system settings",
            code="clock-skew",
        )
    if code == "AccessDenied":
        return access_denied_error(operation, message, target, links)
    if code in rejected_key.REJECTED_KEY_CODES:
        return rejected_key.rejected_key_error(code, target.name, links, used, where)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _THROTTLED or status >= 500:
        why = "throttles these calls" if code in _THROTTLED else "has an internal error"
        return CredentialsError(
            f"AWS {why} ({code or status}), also after several retries.",
            "wait a minute, then run it again",
            code=code or str(status),
        )
    if code in _CODES:
        what, fix = _CODES[code]
        kind = InteractionRequired if "login" in fix else CredentialsError
        fix = fix.format(profile=target.arguments, show=target.show)
        if code in NOT_ASSIGNED:
            what, fix = _not_assigned(what, fix, links)
        if code.startswith("ExpiredToken") and links and links[-1].get("aws_access_key_id"):
            what, fix = f"{what}, and nothing renews them: they are in a file", _RENEW_KEYS_IN_FILE
        return kind(f"{what} ({code}).", fix, code=code)
    reason = f": {message}" if message else " without a reason."
    return CredentialsError(
        f"AWS refused {operation or 'the call'} for {target.shown} ({code or 'no code'}){reason}",
        target.fix_by_showing("shows where its credentials come from"),
        code=code,
    )


def _not_assigned(what: str, fix: str, links: Sequence[Profile]) -> tuple[str, str]:
    """Returns what is wrong, and the fix, where Identity Center does not give you the role."""
    link = next((each for each in links if each.get("sso_account_id")), None)
    if link is None:
        return what, fix
    if not re.fullmatch("[0-9]{12}", link.get("sso_account_id") or ""):
        holder = LoginTarget(sanitize(link.name))
        what = f"The sso_account_id of {holder.shown} does not have 12 digits"
        return what, f"correct it: {holder.show}"
    session = link.get("sso_session")
    if session is None:
        return what, fix
    listing = f"awsprof sso discover {arguments(session, flags='--dry-run')}"
    return what, f"{listing} lists the roles that you have; {fix}"


def _incomplete(exc: Exception, target: LoginTarget) -> str:
    """Returns the error for an incomplete profile or session."""
    missing = sanitize(str(getattr(exc, "kwargs", {}).get("cred_var", "")))
    if missing.startswith("source_profile"):
        return f"{target.subject} is a role without a source: source_profile or credential_source."
    return f"The key is incomplete: {missing} is missing." if missing else "The key is incomplete."


def _from_botocore(exc: Exception, target: LoginTarget) -> AwsprofError:
    """Returns the error for one that botocore raises by itself, without an answer of AWS."""
    name, text = type(exc).__name__, sanitize(str(exc))
    found = _sign_in_error(name, target) or _profile_error(exc, target)
    found = found or _reading_error(exc, target) or _process_error(name, text, target)
    if found is not None:
        return found
    if name in _SETTING_ERRORS or (name == "ValueError" and text.startswith("Invalid endpoint")):
        return CredentialsError(
            f"boto3 can't make a client for {target.shown} ({name}): {text}",
            "awsprof doctor --offline shows which setting or variable is wrong",
            code=name,
        )
    return CredentialsError(
        f"{target.subject} could not be signed in ({name}): {text}",
        target.fix_by_showing("shows where its credentials come from"),
        code=name,
    )


def _sign_in_error(name: str, target: LoginTarget) -> AwsprofError | None:
    """Returns the error if you have to sign in, by Identity Center or `aws login`."""
    if name in _SIGN_IN_ERRORS:
        login = f"awsprof login {target.arguments}"
        return InteractionRequired(_SIGN_IN_ERRORS[name], login, code="sso-token-expired")
    if name.startswith("Login"):  # botocore's `aws login` errors
        return InteractionRequired(
            "The session of `aws login` has ended, or you have not signed in with it yet.",
            f"aws login --profile={shell_word(target.name)}",
            code="aws-login",
        )
    return None


def _profile_error(exc: Exception, target: LoginTarget) -> AwsprofError | None:
    """Returns the error if the profile, the config file or this installation is not complete."""
    name, show = type(exc).__name__, target.fix_by_showing()
    failed = {
        "MissingDependencyException": (
            "A profile of `aws login` needs AWS's common runtime, which is not installed here.",
            'in the clone of awsprof: pipx install --force ".[login]"',
        ),
        "ConfigParseError": ("AWS's config file cannot be read.", "awsprof list says which line"),
        "InfiniteLoopConfigError": ("The source profiles form a cycle.", show),
        "PartialCredentialsError": (_incomplete(exc, target), show),
        "InvalidConfigError": (f"The profile is not complete: {sanitize(str(exc))}", show),
    }
    if name not in failed:
        return None
    what, fix = failed[name]
    return CredentialsError(what, fix, code=name)


def _reading_error(exc: Exception, target: LoginTarget) -> AwsprofError | None:
    """Returns the error if a file that the profile names, or a response, cannot be read."""
    name = type(exc).__name__
    if isinstance(exc, OSError) and exc.filename is not None:
        return CredentialsError(
            f"{sanitize(str(exc.filename))}, which {target.shown} names, cannot be read"
            f" ({sanitize(exc.strerror or name)}).",
            target.fix_by_showing("shows which line names it"),
            code="file-not-read",
        )
    unreadable = name in _PARSE_ERRORS or name.endswith("DecodeError")
    if unreadable or (name == "ValueError" and "Invalid timestamp" in sanitize(str(exc))):
        return CredentialsError(
            "The response cannot be read: it is not AWS's.",
            "run it again; if that does not help, look for a proxy or a network sign-in page",
            code="no-answer",
        )
    return None


def _process_error(name: str, text: str, target: LoginTarget) -> AwsprofError | None:
    """Returns the error if the profile's program, or its machine, gives no credentials."""
    if name == "ValueError" and "quotation" in text:
        return CredentialsError(
            f"The credential_process of {target.shown} has a quote that is not closed.",
            target.fix_by_showing("shows it"),
            code="process-quoting",
        )
    if name == "CredentialRetrievalError" and "credential_source" in text:
        return CredentialsError(
            f"The credential_source of {target.shown} has no credentials here: {text}",
            NO_MACHINE_CREDENTIALS,
            code="machine-credentials",
        )
    if name == "CredentialRetrievalError":
        return CredentialsError(
            f"The program of {target.shown} printed no credentials: {text}",
            target.fix_by_showing("prints its command; run that yourself"),
            code="process-output",
        )
    return None
