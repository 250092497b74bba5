"""Proves that a changed profile has the intended identity, by comparing AWS's answer.

An identity alone proves nothing: it may be the profile's former role, or the key in the other
file. A different account, role or user than requested is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from awsprof.auth.expected_identity import identity_meant_by
from awsprof.awsapi.errors.network import is_network_error
from awsprof.editing.placement import intended_profile, requested_values
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.masking.mask import mask_value
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.caller_identities import IdentityResult
    from awsprof.awsapi.sts import Identity
    from awsprof.editing.change import Change
    from awsprof.editing.command_context import CommandContext
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_LISTED: Final = 8  # more verified profiles than this are counted
_PROGRESS_FROM: Final = 4  # so many profiles get a progress bar
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


def first_commands(name: str, besides: str = "awsprof list --tree") -> str:
    """Returns what to type next about a new profile: a call as the profile, and ``besides``."""
    return f"aws s3 ls --profile {arguments(name)}        {besides}"


def wrong_identity_error(
    change: Change, name: str, before: Catalog, after: Catalog, who: Identity
) -> CredentialsError | None:
    """Returns the error if ``who`` is not the identity that ``change`` asks for.

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


def verify_profiles(
    context: CommandContext,
    change: Change,
    before: Catalog,
    names: Sequence[str],
    *,
    previous: IdentityResult | None = None,
    progress: bool = False,
) -> dict[str, AwsprofError]:
    """Asks AWS who the profiles are after a change, and prints it. Returns the failures by profile.

    ``before`` is the catalog without the change, ``previous`` the profile's identity before an
    edit: a failure that the edit did not cause is then a warning. Without it the profiles are new,
    and you sign in to their sso-sessions first. ``progress``: show a bar, if there are many.
    """
    from awsprof.auth.caller_identities import check_identities
    from awsprof.auth.identity_center.login import sign_in_to_sessions

    terminal, after = context.terminal, context.catalog()
    if previous is None:
        try:
            sign_in_to_sessions(map(after.chain, names), context.prompter, agree=context.agree)
        except AwsprofError as exc:
            return dict.fromkeys(names, exc)
    total = len(names) if progress and len(names) >= _PROGRESS_FROM else 0
    resolver = context.resolver(after, many=len(names) > 1)
    with terminal.progress("verifying the profiles with AWS", total) as advance:
        results = check_identities(resolver, names, progress=lambda _: advance())
    failed: dict[str, AwsprofError] = {}
    proven: list[str] = []
    for checked in results:
        try:
            who = prove_identity(change, before, after, checked)
        except AwsprofError as exc:
            failed[checked.profile] = exc
        else:
            proven.append(f"{sanitize(checked.profile)} is {who.arn}")
    if len(proven) > _LISTED:
        proven = [f"{len(proven)} of {len(results)} profiles verified with AWS"]
    for line in proven:
        terminal.ok(line)
    return _without_excused(context, failed, previous)


def _without_excused(
    context: CommandContext, failed: dict[str, AwsprofError], previous: IdentityResult | None
) -> dict[str, AwsprofError]:
    """Warns about the failures that the edit did not cause. Returns the others."""
    excused = [
        name
        for name, error in failed.items()
        if previous is not None and can_stay_unproven(previous, error)
    ]
    for name in excused:
        context.terminal.warn(f"{sanitize(name)} is not verified: {failed[name].message}")
        context.terminal.detail(failed[name].fix)
    return {name: error for name, error in failed.items() if name not in excused}


def _why(values: dict[str, str], profile: Profile) -> str:
    """Returns the line that takes precedence over a requested value, or "" if there is none."""
    for key, text in values.items():
        value = profile.values.get(key)
        if value is not None and value.text != text:
            shown = sanitize(mask_value(key, value.text))
            return f": {key} = {shown} ({value.origin}) takes precedence"
    return ""


def can_stay_unproven(before: IdentityResult | None, after: AwsprofError) -> bool:
    """True if an edit is kept although its identity check failed, since it did not cause that.

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
