"""Proof that a changed profile is who it was meant to be: AWS is asked, and the answer compared.

That AWS knows somebody is no proof: it may be the profile's former role, or the key in the other
file. Another account, role or user than was asked for is a failure.
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
# What decides who a profile is, or whether it gets credentials at all.
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
    """The failure where ``who`` answers for the profile is not who ``change`` asked for.

    ``before`` and ``after`` are the files without the change and with it. None where account, role
    and user are the ones that were asked for, or where nothing tells who is meant.
    """
    meant = intended_profile(change, name, before)
    wanted = identity_meant_by(meant)
    if wanted.matches(who):
        return None
    return CredentialsError(
        f"{sanitize(name)} was to be {wanted}, and {sanitize(who.arn)} answers"
        f"{_why(requested_values(change, name), after.get(name))}.",
        f"awsprof show {arguments(name)} shows where its credentials come from",
        code=WRONG_IDENTITY,
    )


def prove_identity(
    change: Change, before: Catalog, after: Catalog, checked: IdentityResult
) -> Identity:
    """Who AWS says the profile is; raises why it is nobody, or that it is somebody else."""
    if checked.identity is None:
        raise checked.error or CredentialsError(f"{sanitize(checked.profile)} has no credentials.")
    wrong = wrong_identity_error(change, checked.profile, before, after, checked.identity)
    if wrong is not None:
        raise wrong
    return checked.identity


def _why(values: dict[str, str], profile: Profile) -> str:
    """The line that wins over what was asked for, where there is one."""
    for key, text in values.items():
        value = profile.values.get(key)
        if value is not None and value.text != text:
            shown = sanitize(mask_value(key, value.text))
            return f": {key} = {shown} ({value.origin}) wins"
    return ""


def can_stay_unproven(before: IdentityResult | None, after: AwsprofError) -> bool:
    """Whether an edit is kept though it could not be proven: the edit is not why.

    AWS cannot be reached, somebody has to sign in first, or the profile did not work before the
    edit either: those who mend a profile step by step must be able to take the first step.
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
