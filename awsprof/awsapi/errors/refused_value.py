"""Explains values that AWS or botocore refuses for a session: which key of which profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from awsprof.errors import CredentialsError
from awsprof.profiles.durations import seconds_of
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.profiles.model import Profile

# Parameters of AssumeRole, and the keys of a profile that botocore sends in them.
_KEYS: Final = {
    "DurationSeconds": "duration_seconds",
    "RoleSessionName": "role_session_name",
    "ExternalId": "external_id",
    "SerialNumber": "mfa_serial",
    "SourceIdentity": "source_identity",
    "RoleArn": "role_arn",
}
_OPERATIONS: Final = frozenset({"AssumeRole", "GetSessionToken"})
_CODES: Final = frozenset({"ValidationError", "ParamValidationError"})
_LEAVE_OUT: Final = "leave it out where you gave it, or give another value"
_SHORTER: Final = "leave out --duration, or give a shorter one"


def note_assume_role(exc: Exception, parameters: Mapping[str, Any]) -> None:
    """Records on the error what AssumeRole was sent, for ``refused_value_error``."""
    exc.assume_role = dict(parameters)  # type: ignore[attr-defined]


def refused_value_error(
    exc: Exception, code: str, message: str, profile: str, links: Sequence[Profile]
) -> CredentialsError | None:
    """Returns the error if a parameter of AssumeRole or GetSessionToken was refused.

    ``links`` is the chain.
    """
    operation = getattr(exc, "operation_name", "")  # botocore's own validation has none
    sent = getattr(exc, "assume_role", {})
    if code not in _CODES or not (sent or operation in _OPERATIONS):
        return None
    parameter = _parameter(message)
    if parameter is None:
        return None
    key = _KEYS[parameter]
    link = _link(links, sent.get("RoleArn"), key)
    name = sanitize(link.name) if link else profile
    own = link is not None and _is_own(link, key, sent.get(parameter))
    if links and not own:
        fix = _SHORTER if key == "duration_seconds" else _LEAVE_OUT
    elif key == "duration_seconds":
        fix = f"awsprof unset {arguments(name)} {key}"
    else:
        fix = (
            f"correct it: awsprof show {arguments(name)}; for the valid values: awsprof"
            " doctor --explain invalid-value"
        )
    if code == "ValidationError" and parameter in message and key == "duration_seconds":
        return CredentialsError(
            f"The session of {name} cannot last that long: {message}", fix, code=code
        )
    reason = message.removeprefix("Parameter validation failed:").strip()
    return CredentialsError(f"The {key} of {name} is not valid: {reason}", fix, code=code)


def _parameter(message: str) -> str | None:
    """Returns the parameter that the message names: STS begins some with a small letter."""
    for name in _KEYS:
        if name in message or f"'{name[0].lower()}{name[1:]}'" in message:
            return name
    # STS: "Request ARN is invalid", or the ARN and "is invalid".
    arn = message.endswith("is invalid") and "arn" in message.lower()
    return "RoleArn" if arn else None


def _link(links: Sequence[Profile], role: str | None, key: str) -> Profile | None:
    """Returns the profile whose role was assumed; if that is not known, the one with the key."""
    of_role = [link for link in links if role and link.get("role_arn") == role]
    return next((link for link in (*of_role, *links) if of_role or link.get(key)), None)


def _is_own(link: Profile, key: str, sent: object) -> bool:
    """True if the profile has the value that was sent; others come from an option."""
    stated = link.get(key)
    if sent is None:
        return stated is not None
    return seconds_of(stated) == sent if key == "duration_seconds" else stated == sent
