"""Checks of what AWS answered: whether the profile works, and as which identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from awsprof.auth.expected_identity import identity_meant_by
from awsprof.awsapi.errors import clock
from awsprof.awsapi.errors.translate import NOT_ASSIGNED
from awsprof.doctor.check_context import SIGN_IN_CODES
from awsprof.doctor.check_helpers import profile_fault
from awsprof.doctor.checks.sso_tokens import sign_in_ended
from awsprof.doctor.findings import Fault, Severity, live_check
from awsprof.errors import VaultError
from awsprof.profiles.provider_order import SELECTING_KEYS, key_in_vault, provider_type
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.sts import Identity
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile

_MAX_SKEW: Final = timedelta(minutes=5)  # the skew that AWS accepts
# What AWS answers if the time in a signature is wrong; the first two have other causes too.
_CLOCK_ERRORS: Final = frozenset(
    {"SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", "RequestExpired"}
)


@live_check(Severity.ERROR)
def identity(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The profile does not work: it has no credentials, or AWS rejects them.

    Every SDK gets the same answer, usually with less detail: the key is deleted or inactive, the
    secret is wrong, the role cannot be assumed, or the network or a proxy is in the way. The most
    likely cause comes first.

    The finding says what to do; awsprof show NAME shows where the profile's credentials come from.
    """
    error, profile = answered.error, answered.profile
    if error is None or answered.waits_for_code or _reported_elsewhere(context, answered):
        return
    key = SELECTING_KEYS.get(provider_type(profile), ("",))[0]
    fault = profile_fault(profile, key, error.message, error.fix)
    yield replace(fault, sign_in=error.code in SIGN_IN_CODES)


def _reported_elsewhere(context: CheckContext, answered: LiveResult) -> bool:
    """True if another check reports the error for this profile."""
    error, profile = answered.error, answered.profile
    if error is None:
        return True
    if isinstance(error, VaultError):
        return key_in_vault(profile) is not None  # vault-entry-missing, keyring-unusable
    if error.code == "sso-token-expired":
        session = context.catalog.sessions.get(profile.get("sso_session") or "")
        return session is not None and sign_in_ended(session, context.now) is not None
    return (
        error.code == "process-output"
        or _clock_is_off(answered)
        or _not_assigned(context, answered) is not None
    )


@live_check(Severity.ERROR)
def wrong_account(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The credentials belong to another account than the profile is configured for.

    The profile names an account in its role ARN, in sso_account_id, or by its key in the vault. The
    credentials belong to another account, for example because a program returns someone else's, or
    keys override the configuration. Commands then change the wrong account without a warning.

    Check where the credentials come from: awsprof show NAME.
    """
    profile, caller = answered.profile, answered.identity
    if caller is None:
        return
    expected = identity_meant_by(profile)
    if expected.account and not expected.has_account(caller):
        yield _of_another(profile, expected.account_key, f"account {expected.account}", caller)


@live_check(Severity.ERROR)
def wrong_role(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The credentials belong to another role than the profile names, or to no role.

    AWS names a role by the last part of its ARN, and an Identity Center role by
    AWSReservedSSO_ROLE_ and a random suffix. If another role answers, the profile has other
    permissions than its name says, often more.

    Check where the credentials come from: awsprof show NAME.
    """
    profile, caller = answered.profile, answered.identity
    if caller is None:
        return
    expected = identity_meant_by(profile)
    if expected.role and not expected.has_role(caller):
        yield _of_another(profile, expected.role_key, f"the role {expected.role}", caller)


def _of_another(profile: Profile, key: str, meant: str, caller: Identity) -> Fault:
    """Returns the fault of a profile whose credentials are not those that ``key`` names."""
    return profile_fault(
        profile,
        key,
        f"It is for {sanitize(meant)}, but its credentials are {sanitize(caller.arn)}.",
        f"awsprof show {arguments(profile.name)} shows where its credentials come from",
    )


@live_check(Severity.ERROR)
def sso_access_gone(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """Identity Center no longer gives you the profile's role in its account.

    The assignment was removed, the account was closed, or the role was renamed. SDKs say
    ForbiddenException ("No access") or ResourceNotFoundException, although you are signed in.

    Request the assignment, use another role (awsprof set NAME sso_role_name ROLE), or remove the
    profile: awsprof remove NAME.
    """
    sso_profile = _not_assigned(context, answered)
    if sso_profile is None:
        return
    role, account = (
        sso_profile.get("sso_role_name") or "?",
        sso_profile.get("sso_account_id") or "?",
    )
    yield profile_fault(
        answered.profile,
        "sso_role_name",
        f"Identity Center no longer gives you the role {sanitize(role)} in account"
        f" {sanitize(account)}.",
        f"request the assignment, or awsprof remove {arguments(answered.profile.name)}",
    )


def _not_assigned(context: CheckContext, answered: LiveResult) -> Profile | None:
    """Returns the profile whose role Identity Center refuses: this one, or its source."""
    if answered.error is None or answered.error.code not in NOT_ASSIGNED:
        return None
    last = context.catalog.chain(answered.profile.name).links[-1]
    return last if last.get("sso_account_id") or last.get("sso_role_name") else None


@live_check(Severity.ERROR)
def clock_skew(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """This machine's clock is off by more than the five minutes that AWS accepts.

    Every signature contains the time, so AWS rejects every request from here with
    SignatureDoesNotMatch, as for a wrong secret. Clocks of virtual machines that were suspended,
    and of WSL, often are behind. Expiry times are misread too.

    Synchronize the clock: timedatectl set-ntp true, or the system's settings.
    """
    error, skew = answered.error, answered.skew
    if not _clock_is_off(answered):
        return
    if skew is None and error is not None:
        yield Fault(error.message, error.fix)
    elif skew is not None:
        yield Fault(
            f"This machine's clock is {clock.describe_skew(skew)}, but AWS accepts at most 5"
            " minutes.",
            "synchronize the clock: timedatectl set-ntp true, or the system's settings",
        )


def _clock_is_off(answered: LiveResult) -> bool:
    """True if the clock is off by more than AWS accepts, and that explains the error, if any."""
    if answered.error is not None and answered.error.code == "clock-skew":
        return True
    off = answered.skew is not None and abs(answered.skew) > _MAX_SKEW
    return off and (answered.error is None or answered.error.code in _CLOCK_ERRORS)
