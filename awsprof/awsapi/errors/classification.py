"""Classifies the errors of AWS: rejected credentials, an explicit deny, a wrong MFA code."""

from __future__ import annotations

from typing import Any, Final

# The codes of each service for unknown, deleted, revoked or expired credentials. Sources: "Common
# errors" of STS, IAM and DynamoDB, S3's list of error codes, EC2's "Client error codes".
REJECTION_CODES: Final = frozenset(
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
    """Returns True if AWS rejected the credentials; takes botocore's error or its translation."""
    return error_code(exc) in REJECTION_CODES


def error_code(exc: BaseException) -> str:
    """Returns AWS's error code in botocore's error or its translation."""
    response: Any = getattr(exc, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    return str(getattr(exc, "code", ""))


def note_rejected_key(exc: BaseException, access_key_id: str) -> None:
    """Records the rejected access key ID on botocore's error."""
    exc.refused_key = access_key_id  # type: ignore[attr-defined]


def rejected_key_id(exc: BaseException) -> str | None:
    """Returns the rejected access key ID from the error or its causes, or None."""
    cause: BaseException | None = exc
    while cause is not None:
        found = getattr(cause, "refused_key", None)
        if found is not None:
            return str(found)
        cause = cause.__cause__
    return None


def is_explicit_deny(exc: BaseException) -> bool:
    """Returns True for an explicit deny, which the policy that revokes sessions is too.

    Source: IAM User Guide, "Revoke IAM role temporary security credentials".
    """
    response: Any = getattr(exc, "response", None)
    error = response.get("Error", {}) if isinstance(response, dict) else {}
    return "explicit deny" in str(error.get("Message", ""))


def is_wrong_code(exc: BaseException) -> bool:
    """Returns True if AWS rejected an MFA code, in the error or its causes.

    STS returns AccessDenied for it too: only the message tells.
    """
    cause: BaseException | None = exc
    while cause is not None:
        response: Any = getattr(cause, "response", None)
        error = response.get("Error", {}) if isinstance(response, dict) else {}
        if "invalid MFA one time pass code" in str(error.get("Message", "")):
            return True
        cause = cause.__cause__
    return False
