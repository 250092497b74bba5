"""Whether AWS refused credentials as such, and not what was asked with them."""

from __future__ import annotations

from typing import Any, Final

# Each service names it in its own way: unknown, deleted or revoked, or over. Sources: the "Common
# errors" of STS, IAM and DynamoDB, S3's list of error codes, EC2's "Client error codes".
CODES: Final = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidToken",
        "TokenRefreshRequired",
    }
)


def is_rejection(exc: BaseException) -> bool:
    """Whether an error of botocore's, or ours of it, says that the credentials are no good."""
    return error_code(exc) in CODES


def error_code(exc: BaseException) -> str:
    """AWS's code in an error of botocore's, or ours."""
    response: Any = getattr(exc, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    return str(getattr(exc, "code", ""))


def note_rejected_key(exc: BaseException, access_key_id: str) -> None:
    """Note in botocore's error which access key was refused."""
    exc.refused_key = access_key_id  # type: ignore[attr-defined]


def rejected_key_id(exc: BaseException) -> str | None:
    """The access key id that AWS refused, in the error or in what caused it; None: not known."""
    cause: BaseException | None = exc
    while cause is not None:
        found = getattr(cause, "refused_key", None)
        if found is not None:
            return str(found)
        cause = cause.__cause__
    return None


def is_explicit_deny(exc: BaseException) -> bool:
    """Whether a policy denies it outright, as the one does by which sessions are revoked.

    Source: IAM User Guide, "Revoke IAM role temporary security credentials".
    """
    response: Any = getattr(exc, "response", None)
    error = response.get("Error", {}) if isinstance(response, dict) else {}
    return "explicit deny" in str(error.get("Message", ""))


def is_wrong_code(exc: BaseException) -> bool:
    """Whether AWS took no MFA code, in botocore's error or in what caused ours.

    STS says AccessDenied, as it does to whoever may not: only its sentence tells.
    """
    cause: BaseException | None = exc
    while cause is not None:
        response: Any = getattr(cause, "response", None)
        error = response.get("Error", {}) if isinstance(response, dict) else {}
        if "invalid MFA one time pass code" in str(error.get("Message", "")):
            return True
        cause = cause.__cause__
    return False
