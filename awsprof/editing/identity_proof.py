"""Proves that a changed profile has the intended identity, by comparing AWS's answer.

An identity alone proves nothing: it may be the profile's former role, or the key in the other
file. A different account, role or user than requested is a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from awsprof.auth.expected_identity import identity_meant_by
from awsprof.awsapi.errors.network import is_network_error
from awsprof.editing.placement import intended_profile, requested_values
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.masking import mask_value
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.identity import IdentityResult
    from awsprof.awsapi.caller_identity import Identity
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

WRONG_IDENTITY: Final = "wrong-identity"
# Keys that decide a profile's identity, or whether it gets credentials at all.
IDENTITY_KEYS: Final = frozenset(
    {
        *("role_arn", "source_profile", "credential_source", "external_id", "mfa_serial"),
        *("role_session_name", "duration_seconds", "web_identity_token_file", "credential_process"),
        *("sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"),
        *("login_session", "mfa_process", "aws_access_key_id", "aws_secret_access_key"),
        *("aws_session_token", "aws_security_token"),
    }
)


def wrong_identity_error(
    change: Change, name: str, before: Catalog, after: Catalog, who: Identity
) -> CredentialsError | None:
    """The error if ``who`` is not the identity that ``change`` asks for.

    ``before`` and ``after`` are the files without and with the change. None if account, role and
    user match, or if the profile does not say which identity it means.
    """
    expected = identity_meant_by(intended_profile(change, name, before))
    if expected.matches(who):
        return None
    return CredentialsError(
        f"{sanitize(name)} should be {expected}, but AWS says that it is {sanitize(who.arn)}"
        f"{_why(requested_values(change, name), after.get(name))}.",
        f"awsprof show {arguments(name)} shows where its credentials come from",
        code=WRONG_IDENTITY,
    )


def prove_identity(
    change: Change, before: Catalog, after: Catalog, checked: IdentityResult
) -> Identity:
    """Returns the profile's identity. Raises the error if it has none, or a different one."""
    if checked.identity is None:
        raise checked.error or CredentialsError(f"{sanitize(checked.profile)} has no credentials.")
    wrong = wrong_identity_error(change, checked.profile, before, after, checked.identity)
    if wrong is not None:
        raise wrong
    return checked.identity


def _why(values: dict[str, str], profile: Profile) -> str:
    """The line that takes precedence over a requested value, or "" if there is none."""
    for key, text in values.items():
        value = profile.values.get(key)
        if value is not None and value.text != text:
            shown = sanitize(mask_value(key, value.text))
            return f": {key} = {shown} ({value.origin}) takes precedence"
    return ""


def can_stay_unproven(before: IdentityResult | None, after: AwsprofError) -> bool:
    """True if an edit is kept although its identity check failed, because the edit is not why.

    AWS cannot be reached, a sign-in is needed first, or the profile did not work before the edit
    either: repairing a profile step by step must be possible.
    """
    if after.code == WRONG_IDENTITY:
        return False
    if isinstance(after, InteractionRequired) or is_network_error(after):
        return True
    error = before.error if before is not None else None
    return (
        error is not None
        and not isinstance(error, InteractionRequired)
        and not is_network_error(error)
    )
