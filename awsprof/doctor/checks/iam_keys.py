"""Checks of users' access keys and MFA devices, from what IAM lets the profile read.

A user may have no permission to read IAM. That is not a fault, so these checks then find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from awsprof.accesskeys.key_identity import DELETE_ROOT_KEY
from awsprof.awsapi.iam import NotPermitted
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault, set_command
from awsprof.doctor.findings import Fault, Severity, live_check
from awsprof.errors import AwsprofError
from awsprof.profiles.provider_order import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from datetime import datetime

    from awsprof.awsapi.iam import AccessKey, Iam
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile

_T = TypeVar("_T")
_QUARANTINE: Final = "AWSCompromisedKeyQuarantine"  # followed by V2, V3 and so on


@live_check(Severity.ERROR)
def root_key(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The profile's key belongs to the root user of an account.

    It has no limits: anyone who finds the key owns the whole account, its bill and its backups. You
    cannot restrict it, and AWS recommends not to have one.

    Delete it in the console as root, under Security credentials, and create an Identity Center user
    or an IAM user instead.
    """
    caller, credentials = answered.identity, answered.credentials
    if (
        caller is not None
        and caller.is_root
        and credentials is not None
        and credentials.token is None
    ):
        message = (
            f"{credentials.access_key_id} belongs to the root user of account {caller.account}."
        )
        yield _fault(answered.profile, message, DELETE_ROOT_KEY)


@live_check(Severity.WARNING)
def key_old(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The profile's access key is older than 90 days, or than your setting key-age.

    The longer a key exists, the more copies of it are in backups, shells and images. Auditors ask
    for rotation too.

    awsprof keys rotate NAME creates a new key and retires the old one, in steps that you can undo.
    """
    own_id = _key_id(answered)
    for key in _keys(answered):
        if key.id == own_id and context.now - key.created > context.key_age:
            message = f"{key.id} is {_days(context.now, key.created)} old."
            yield _fault(answered.profile, message, f"awsprof keys rotate {_name(answered)}")


@live_check(Severity.WARNING)
def key_unused(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The user has an access key that was not used for 90 days, or your setting key-age.

    It serves no purpose, and gives access to anyone who finds it. The doctor uses the profile's own
    key to ask AWS who it is, so this is usually the user's other key.

    Deactivate it, wait, then delete it: awsprof keys deactivate ID, awsprof keys delete ID.
    """
    iam = _iam(answered)
    for key in _keys(answered):
        if iam is None or not key.active or context.now - key.created <= context.key_age:
            continue
        used = _permitted(partial(iam.last_used, key.id))
        if used is None or context.now - (used.when or key.created) <= context.key_age:
            continue
        message = f"{key.id} was never used, according to AWS."
        if used.when is not None:
            message = f"{key.id} was last used {_days(context.now, used.when)} ago."
        fix = f"awsprof keys deactivate {key.id}; delete it later if nothing needs it"
        yield _fault(answered.profile, message, fix)


@live_check(Severity.ERROR)
def key_quarantined(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """AWS found a key of this user in public and put the user under quarantine.

    It attached the policy AWSCompromisedKeyQuarantine, which denies much of what thieves do, and
    some of what you do. For everything else the key still works, for everyone who found it.

    Stop the key now (awsprof keys stop NAME), check CloudTrail for how it was used, answer the AWS
    support case, then detach the policy.
    """
    caller, iam = answered.identity, _iam(answered)
    if caller is None or iam is None:
        return
    user = caller.user_name or ""
    policies = _permitted(partial(iam.attached_policies, user)) or ()
    quarantine = next((policy for policy in policies if policy.startswith(_QUARANTINE)), None)
    if quarantine is not None:
        message = (
            f"AWS found a key of {sanitize(user)} in public: {sanitize(quarantine)} is attached."
        )
        fix = f"awsprof keys stop {_name(answered)}; then check CloudTrail for how it was used"
        yield _fault(answered.profile, message, fix)


@live_check(Severity.INFO)
def key_inactive(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The user has an inactive access key.

    It does no harm while it is inactive, but a user can have only two keys, so you may not be able
    to create a new one. It could also be activated again.

    Delete it if nothing needs it: awsprof keys delete ID.
    """
    for key in _keys(answered):
        if not key.active:
            message = f"{key.id} of the same user is inactive."
            yield _fault(answered.profile, message, f"awsprof keys delete {key.id}")


@live_check(Severity.WARNING)
def two_active_keys(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The user has two active access keys, as after an unfinished rotation.

    A user can have at most two keys, so you cannot start the next rotation, and the old key still
    works.

    Find out which one is in use (awsprof keys list), and deactivate the other: awsprof keys
    deactivate ID.
    """
    active = [key.id for key in _keys(answered) if key.active]
    if len(active) > 1:
        own_id = _key_id(answered)
        other = next((id for id in active if id != own_id), active[-1])
        message = f"The user has two active keys, {' and '.join(active)}."
        fix = f"awsprof keys list shows which one is in use; awsprof keys deactivate {other}"
        yield _fault(answered.profile, message, fix)


@live_check(Severity.WARNING)
def user_without_mfa(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The IAM user has no MFA device, so the key and its secret alone are enough.

    Anyone who copies the key can do what the user can. Roles that require MFA cannot be assumed.

    awsprof mfa enable NAME adds a virtual device; better still, use IAM Identity Center.
    """
    iam = _iam(answered)
    users = _mfa_users(context, answered.profile)
    if any(profile.get("mfa_serial") for profile in users):
        return  # mfa_serial_unknown says that it is not the user's, with the same fix
    if iam is not None and _permitted(iam.mfa_devices) == ():
        message = "Its user has no MFA device, so anyone who copies the key can use it."
        yield _fault(answered.profile, message, f"awsprof mfa enable {_name(answered)}")


@live_check(Severity.ERROR)
def mfa_serial_unknown(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The MFA device of a profile does not belong to its user.

    The device was replaced, as with a new phone, or the ARN has a typo. AWS accepts only codes from
    the user's own devices, so every code fails as if you had mistyped it.

    Set the user's device: awsprof set NAME mfa_serial ARN.
    """
    iam = _iam(answered)
    asking = (
        [p for p in _mfa_users(context, answered.profile) if p.get("mfa_serial")] if iam else []
    )
    devices = _permitted(iam.mfa_devices) if iam is not None and asking else None
    if devices is None:
        return
    known = [device.serial for device in devices]
    usable = [device.serial for device in devices if not device.fido]
    for profile in asking:
        serial = (profile.get("mfa_serial") or "").strip()
        if serial in known:
            continue
        alternative = (
            f"they have {sanitize(usable[0])}" if usable else "they have none that gives codes"
        )
        yield profile_fault(
            profile,
            "mfa_serial",
            f"{sanitize(serial)} does not belong to the user: {alternative}.",
            set_command(profile, "mfa_serial", usable[0])
            if usable
            else f"awsprof mfa enable {_name(answered)}",
        )


def _mfa_users(context: CheckContext, key_profile: Profile) -> Iterator[Profile]:
    """Yields the profiles that use the MFA devices of the key's user: its own, and its roles."""
    for profile in context.profiles:
        own = profile.name == key_profile.name
        if own or (
            check_helpers.is_role(profile) and profile.get("source_profile") == key_profile.name
        ):
            yield profile


def _iam(answered: LiveResult) -> Iam | None:
    """Returns the IAM client if the identity is an IAM user, else None."""
    who = answered.identity
    return answered.iam if who is not None and who.user_name else None


def _permitted(ask: Callable[[], _T | NotPermitted]) -> _T | None:
    """Returns what IAM answers; None if the call is not permitted or fails."""
    try:
        answer = ask()
    except AwsprofError:
        return None  # the profile works, so a failing IAM call is not its fault
    return None if isinstance(answer, NotPermitted) else answer


def _keys(answered: LiveResult) -> tuple[AccessKey, ...]:
    """Returns the user's keys; empty if the profile may not list them."""
    iam = _iam(answered)
    return (_permitted(iam.access_keys) if iam is not None else None) or ()


def _key_id(answered: LiveResult) -> str | None:
    """Returns the ID of the profile's long-term key, which signed or made its MFA session."""
    credentials = answered.credentials
    if credentials is not None and credentials.token is None:
        return credentials.access_key_id
    return key_in_vault(answered.profile)


def _name(answered: LiveResult) -> str:
    return arguments(answered.profile.name)


def _days(now: datetime, since: datetime) -> str:
    return f"{(now - since).days} days"


def _fault(profile: Profile, message: str, fix: str) -> Fault:
    """Returns a fault at the line that provides the key."""
    plain = "aws_access_key_id" in profile.values
    return profile_fault(
        profile, "aws_access_key_id" if plain else "credential_process", message, fix
    )
