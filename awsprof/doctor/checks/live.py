"""Checks of what AWS answered: whether it knows the profile at all, and as whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from awsprof.auth.expected_identity import identity_meant_by
from awsprof.awsapi.errors import clock
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import CredentialForm, profile_fault
from awsprof.doctor.checks.sso_tokens import sign_in_ended
from awsprof.doctor.findings import Fault, Severity, live_check
from awsprof.errors import VaultError
from awsprof.profiles.form import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile

_TOLERATED: Final = timedelta(minutes=5)  # by which a clock may be off, for AWS
# What AWS answers where the time in a signature may be wrong; the first two may mean other things.
_TIMES: Final = frozenset(
    {"SignatureDoesNotMatch", "InvalidSignatureException", "RequestTimeTooSkewed", "RequestExpired"}
)
_NOT_GIVEN: Final = frozenset({"ForbiddenException", "ResourceNotFoundException"})
_LINES: Final = {
    CredentialForm.ROLE: "role_arn",
    CredentialForm.WEB: "web_identity_token_file",
    CredentialForm.SSO: "sso_account_id",
    CredentialForm.KEYS: "aws_access_key_id",
    CredentialForm.LOGIN: "login_session",
    CredentialForm.PROCESS: "credential_process",
    CredentialForm.NONE: "",
}


@live_check(Severity.ERROR)
def identity(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """AWS does not know who the profile is: there are no credentials, or it refuses them.

    Every SDK gets the same answer, most of them in fewer words: the key is gone or inactive, the
    secret is wrong, a role is not to be assumed, the network or a proxy stands in between. The
    cause that is most likely is told first.

    The finding says what to do; awsprof show NAME shows what the profile stands on.
    """
    error, profile = answered.error, answered.profile
    if error is None or answered.waits_for_code or _told_elsewhere(context, answered):
        return
    yield profile_fault(
        profile, _LINES[check_helpers.credential_form(profile)], error.message, error.fix
    )


def _told_elsewhere(context: CheckContext, answered: LiveResult) -> bool:
    """Whether another check tells the error, of this very profile."""
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
    """Another account answers than the profile is configured for.

    The profile names an account: in its role's ARN, in sso_account_id, or by its key in the vault.
    The credentials are of another, as where a program hands out somebody else's, or keys shadow
    what is configured. Commands then change the wrong account, and nothing warns.

    Look where they come from: awsprof show NAME.
    """
    profile, who = answered.profile, answered.identity
    if who is None:
        return
    wanted = identity_meant_by(profile)
    if wanted.account and not wanted.has_account(who):
        yield profile_fault(
            profile,
            wanted.account_key,
            f"It is for account {sanitize(wanted.account)}, and {sanitize(who.arn)} answers.",
            f"awsprof show {arguments(profile.name)} shows where its credentials come from",
        )


@live_check(Severity.ERROR)
def wrong_role(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """Another role answers than the profile names, or no role at all.

    AWS names a role by the last part of its ARN, and an Identity Center role by
    AWSReservedSSO_ROLE_ and letters of its own. Where another one answers, what the profile may do
    is not what its name says: often more.

    Look where the credentials come from: awsprof show NAME.
    """
    profile, who = answered.profile, answered.identity
    if who is None:
        return
    wanted = identity_meant_by(profile)
    if wanted.role and not wanted.has_role(who):
        yield profile_fault(
            profile,
            wanted.role_key,
            f"It is for the role {sanitize(wanted.role)}, and {sanitize(who.arn)} answers.",
            f"awsprof show {arguments(profile.name)} shows where its credentials come from",
        )


@live_check(Severity.ERROR)
def sso_access_gone(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """Identity Center no longer gives the profile's role in its account to whoever signed in.

    The assignment was taken away, the account was closed, or the role was renamed. SDKs say
    ForbiddenException ("No access") or ResourceNotFoundException, though the sign-in is good.

    Ask for the assignment, take another role (awsprof set NAME sso_role_name ROLE), or remove the
    profile: awsprof remove NAME.
    """
    bearer = _not_assigned(context, answered)
    if bearer is None:
        return
    role, account = bearer.get("sso_role_name") or "?", bearer.get("sso_account_id") or "?"
    yield profile_fault(
        answered.profile,
        "sso_role_name",
        f"Identity Center does not give you {sanitize(role)} in account {sanitize(account)} any"
        " more.",
        f"ask for it, or awsprof remove {arguments(answered.profile.name)}",
    )


def _not_assigned(context: CheckContext, answered: LiveResult) -> Profile | None:
    """The profile whose role Identity Center refuses: this one, or the one it stands on."""
    if answered.error is None or answered.error.code not in _NOT_GIVEN:
        return None
    last = context.catalog.chain(answered.profile.name).links[-1]
    return last if last.get("sso_account_id") or last.get("sso_role_name") else None


@live_check(Severity.ERROR)
def clock_skew(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """This machine's clock is off by more than AWS takes, which is five minutes.

    Every signature bears the time, so AWS refuses all that is signed here, and says
    SignatureDoesNotMatch, as with a wrong secret. Virtual machines that slept, and WSL, often are
    behind. Times of expiry are then misread too.

    Set the clock by the network: timedatectl set-ntp true, or the system's settings.
    """
    error, skew = answered.error, answered.skew
    if not _clock_is_off(answered):
        return
    if skew is None and error is not None:
        yield Fault(error.message, error.fix)
    elif skew is not None:
        yield Fault(
            f"This machine's clock is {clock.describe_skew(skew)}, and AWS takes no more than 5"
            " minutes.",
            "set the clock by the network: timedatectl set-ntp true, or the system's settings",
        )


def _clock_is_off(answered: LiveResult) -> bool:
    """Whether the clock is off by more than AWS takes, and is why nobody answered, if so."""
    if answered.error is not None and answered.error.code == "clock-skew":
        return True
    off = answered.skew is not None and abs(answered.skew) > _TOLERATED
    return off and (answered.error is None or answered.error.code in _TIMES)
