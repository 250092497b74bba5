"""AWS's errors, and botocore's, in plain words: what failed, why, and what to type."""

from collections.abc import Sequence
from typing import Any, Final

from awsprof.clean import clean
from awsprof.errors import AwsprofError, PersonNeeded, SignInFailed
from awsprof.profiles.model import Profile
from awsprof.signin import clock, unreachable
from awsprof.signin.denied import denied

_STALE: Final = "put new ones there, or awsprof add a profile in its place that renews its own"
_KEY: Final = "make a new key, then awsprof add keys {profile}; or awsprof remove {profile}"

# AWS's code: what it means, and the mend. Sources: the STS API reference, "Common errors", and
# the IAM User Guide, "Troubleshoot IAM".
_CODES: Final = {
    "InvalidClientTokenId": (
        "AWS does not know this key: it was deleted or is inactive",
        _KEY,
    ),
    "SignatureDoesNotMatch": (
        "The secret is not this key's, or this machine's clock is wrong",
        "add the key again with its own secret (awsprof add keys {profile}); check the clock",
    ),
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
        "check the account and role: awsprof show {profile}",
    ),
}


# Those that every account has. Source: Account Management Reference Guide, "Enable or disable AWS
# Regions in your account": what came after 20 March 2019 is off until somebody enables it.
_ON_BY_DEFAULT: Final = frozenset(
    {
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
        *("eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
        *("ap-southeast-1", "ap-southeast-2"),
    }
)
_THROTTLED: Final = frozenset(
    {"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
)
# What AWS answers where the time in a signature is not its own.
_TIMES: Final = frozenset(
    {
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "RequestTimeTooSkewed",
        "RequestExpired",
    }
)


def explain(exc: Exception, *, profile: str, links: Sequence[Profile] = ()) -> AwsprofError:
    """The error as a person should hear it; AwsprofErrors pass as they are.

    ``links`` is the profile and what it stands on, where that is known: it tells causes apart.
    """
    if isinstance(exc, AwsprofError):
        return exc
    response: Any = getattr(exc, "response", None)
    if isinstance(response, dict):
        return _from_aws(response, str(getattr(exc, "operation_name", "")), profile, links)
    return unreachable.told(exc, profile) or _from_botocore(exc, profile)


def _from_aws(
    response: dict[str, Any], operation: str, profile: str, links: Sequence[Profile]
) -> AwsprofError:
    error = response.get("Error", {})
    code, message = clean(str(error.get("Code", ""))), clean(str(error.get("Message", "")))
    ahead = clock.off_by(response) if code in _TIMES else None
    if ahead is not None:
        return SignInFailed(
            f"This machine's clock is {clock.in_words(ahead)}, and AWS takes no more than 5 minutes"
            f" ({code}).",
            "set the clock by the network: timedatectl set-ntp true, or the system's settings",
            code="clock-skew",
        )
    if code == "AccessDenied":
        return denied(operation, message, profile, links)
    if code == "InvalidClientTokenId":
        return _unknown_key(profile, links)
    if code == "ValidationError" and "DurationSeconds" in message:
        return SignInFailed(
            f"The session of {profile} cannot last that long: {message}",
            f"awsprof unset {profile} duration_seconds",
            code=code,
        )
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _THROTTLED or status >= 500:
        why = "is asked too often just now" if code in _THROTTLED else "has trouble of its own"
        return SignInFailed(
            f"AWS {why} ({code or status}), and goes on saying so.",
            "wait a minute, then run it again",
            code=code or str(status),
        )
    if code in _CODES:
        what, mend = _CODES[code]
        kind = PersonNeeded if "login" in mend else SignInFailed
        if code.startswith("ExpiredToken") and links and links[-1].get("aws_access_key_id"):
            what, mend = f"{what}, and stand in a file, where nothing renews them", _STALE
        return kind(f"{what} ({code}).", mend.format(profile=profile), code=code)
    what = f"AWS refused {operation or 'the call'} for {profile} ({code or 'no code'}): {message}"
    return SignInFailed(what, f"awsprof show {profile} shows what it stands on", code=code)


def _unknown_key(profile: str, links: Sequence[Profile]) -> AwsprofError:
    """A key that AWS does not know, or knows in other regions and partitions alone."""
    what, mend = _CODES["InvalidClientTokenId"]
    region = next((found for link in links if (found := link.get("region"))), None)
    if region and region not in _ON_BY_DEFAULT:
        what += f"; or the region {clean(region)} is not enabled in its account, or is of another"
        what += " partition"
        mend = f"awsprof set {{profile}} region us-east-1, if that is a region of yours; {mend}"
    code = "InvalidClientTokenId"
    return SignInFailed(f"{what} ({code}).", mend.format(profile=profile), code=code)


def _from_botocore(exc: Exception, profile: str) -> AwsprofError:
    name = type(exc).__name__
    login = f"awsprof login {profile}"
    text = clean(str(exc))
    people = {
        "UnauthorizedSSOTokenError": "The Identity Center session has ended.",
        "SSOTokenLoadError": "Nobody has signed in to Identity Center for it yet.",
        "TokenRetrievalError": "The Identity Center session could not be renewed.",
    }
    if name in people:
        return PersonNeeded(people[name], login, code="sso-token-expired")
    if name.startswith("Login"):  # botocore's errors about `aws login`
        return PersonNeeded(
            "The session of `aws login` has ended, or nobody has signed in by it yet.",
            f"aws login --profile {profile}",
            code="aws-login",
        )
    failed = {
        "MissingDependencyException": (
            "A profile of `aws login` needs AWS's common runtime, which is not installed here.",
            'in the clone of awsprof: pipx install --force ".[login]"',
        ),
        "ConfigParseError": ("AWS's config file cannot be read.", "awsprof list says which line"),
        "InfiniteLoopConfigError": ("The sources go in a circle.", f"awsprof show {profile}"),
        "PartialCredentialsError": ("Half of a key is missing.", f"awsprof show {profile}"),
        "InvalidConfigError": (f"The profile is not complete: {text}", f"awsprof show {profile}"),
    }
    if name in failed:
        what, mend = failed[name]
        return SignInFailed(what, mend, code=name)
    if name in {"ResponseParserError", "KeyError"} or name.endswith("DecodeError"):
        return SignInFailed(
            "What answered is not AWS, or it answered nothing of use.",
            "run it again; where it stays so, look for a proxy or a sign-in page of the network",
            code="no-answer",
        )
    if name == "ValueError" and "quotation" in text:
        return SignInFailed(
            f"The credential_process of {profile} has a quote that is not closed.",
            f"awsprof show {profile} shows it",
            code="process-quoting",
        )
    if name == "CredentialRetrievalError":
        return SignInFailed(
            f"The program of {profile} gave no credentials: {text}",
            f"run it yourself: awsprof show {profile} shows it",
            code="process-output",
        )
    return SignInFailed(
        f"{profile} could not be signed in ({name}): {text}",
        f"awsprof show {profile} shows what it stands on",
        code=name,
    )
