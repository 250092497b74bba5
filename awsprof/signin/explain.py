"""AWS's errors, and botocore's, in plain words: what failed, why, and what to type."""

from typing import Any, Final

from awsprof.clean import clean
from awsprof.errors import AwsprofError, PersonNeeded, SignInFailed

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


def explain(exc: Exception, *, profile: str) -> AwsprofError:
    """The error as a person should hear it; AwsprofErrors pass as they are."""
    if isinstance(exc, AwsprofError):
        return exc
    response: Any = getattr(exc, "response", None)
    if isinstance(response, dict):
        return _from_aws(response, str(getattr(exc, "operation_name", "")), profile)
    return _from_botocore(exc, profile)


def _from_aws(response: dict[str, Any], operation: str, profile: str) -> AwsprofError:
    error = response.get("Error", {})
    code, message = clean(str(error.get("Code", ""))), clean(str(error.get("Message", "")))
    if code == "AccessDenied":
        return _denied(operation, message, profile)
    if code == "ValidationError" and "DurationSeconds" in message:
        return SignInFailed(
            f"The session of {profile} cannot last that long: {message}",
            f"awsprof unset {profile} duration_seconds",
            code=code,
        )
    if code in _CODES:
        what, mend = _CODES[code]
        kind = PersonNeeded if "login" in mend else SignInFailed
        return kind(f"{what} ({code}).", mend.format(profile=profile), code=code)
    what = f"AWS refused {operation or 'the call'} for {profile} ({code or 'no code'}): {message}"
    return SignInFailed(what, f"awsprof show {profile} shows what it stands on", code=code)


def _denied(operation: str, message: str, profile: str) -> AwsprofError:
    lowered = message.lower()
    if "multifactorauthentication" in lowered:
        what = f"The MFA code was not accepted: {message}"
        mend = (
            "wait for the next code, then run it again; check the device: awsprof show " + profile
        )
    elif operation == "AssumeRole":
        what = (
            f"The role of {profile} cannot be assumed: its trust policy does not allow this"
            " identity, it wants MFA or an external id, or there is no such role"
        )
        mend = (
            f"check role_arn and external_id: awsprof show {profile}; where it wants a fresh code,"
            f" ask for it at the role: awsprof set {profile} mfa_serial DEVICE; else ask its owner"
            " for what these print: awsprof policy assume-with-mfa, awsprof policy role-trust-mfa"
        )
    else:
        what = f"AWS does not allow {operation}: {message}"
        looks = operation == "GetAccessKeyInfo"
        mend = "ask for " + ("awsprof policy audit-keys" if looks else "that permission")
    return SignInFailed(f"{what} (AccessDenied).", mend, code="AccessDenied")


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
    failed = {
        "EndpointConnectionError": ("AWS cannot be reached.", "check the network and the proxy"),
        "ConnectTimeoutError": ("AWS does not answer.", "check the network and the proxy"),
        "ReadTimeoutError": ("AWS does not answer.", "check the network, then run it again"),
        "ConnectionClosedError": ("AWS closed the connection.", "run it again"),
        "ProxyConnectionError": ("The proxy cannot be reached.", "check HTTPS_PROXY"),
        "SSLError": (
            "The certificate of the other side is not known here, as behind a company's proxy.",
            "put the company's CA file into AWS_CA_BUNDLE, or ca_bundle of the profile",
        ),
        "ConfigParseError": ("AWS's config file cannot be read.", "awsprof list says which line"),
        "InfiniteLoopConfigError": ("The sources go in a circle.", f"awsprof show {profile}"),
        "PartialCredentialsError": ("Half of a key is missing.", f"awsprof show {profile}"),
        "InvalidConfigError": (f"The profile is not complete: {text}", f"awsprof show {profile}"),
    }
    if name in failed:
        what, mend = failed[name]
        return SignInFailed(what, mend, code=name)
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
