"""Checks of users' access keys and MFA devices, as IAM tells of them where one may look.

A user may be allowed to look at nothing: that is no fault, and says nothing about what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from awsprof.accesskeys.key_owner import DELETE_ROOT_KEY
from awsprof.awsapi.iam import NotPermitted
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault
from awsprof.doctor.findings import Fault, Severity, live_check
from awsprof.errors import AwsprofError
from awsprof.profiles.form import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from datetime import datetime

    from awsprof.awsapi.iam import AccessKey, Iam
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile

_T = TypeVar("_T")
_QUARANTINE: Final = "AWSCompromisedKeyQuarantine"  # V2, V3 and so on follow


@live_check(Severity.ERROR)
def root_key(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The profile's key is one of an account's root user.

    Nothing limits it: whoever finds the key has the whole account, its bill and its backups. It
    cannot be given fewer rights, and AWS teaches to have none.

    Delete it, in the console as root under Security credentials, and make an Identity Center user
    or an IAM user instead.
    """
    who, given = answered.identity, answered.credentials
    if who is not None and who.is_root and given is not None and given.token is None:
        told = f"{given.access_key_id} is a key of the root user of account {who.account}."
        yield _fault(answered.profile, told, DELETE_ROOT_KEY)


@live_check(Severity.WARNING)
def key_old(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The profile's access key is old: over 90 days, unless your settings say otherwise.

    The longer a key lives the more copies of it there are, in backups, shells and images, and
    nobody knows of them all. Auditors ask for rotation too.

    awsprof keys rotate NAME makes a new one and retires the old, in stages that can be taken back.
    """
    mine = _key_id(answered)
    for key in _keys(answered):
        if key.id == mine and context.now - key.created > context.key_age:
            told = f"{key.id} is {_days(context.now, key.created)} old."
            yield _fault(answered.profile, told, f"awsprof keys rotate {_name(answered)}")


@live_check(Severity.WARNING)
def key_unused(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The user has an access key that nobody used for over 90 days (or as your settings say).

    It does no work, and opens the account to whoever finds it. The doctor itself uses the profile's
    own key to ask who it is, so that it is the user's other key that shows here, as a rule.

    Switch it off, wait, then delete it: awsprof keys deactivate ID, awsprof keys delete ID.
    """
    iam = _iam(answered)
    for key in _keys(answered):
        if iam is None or not key.active or context.now - key.created <= context.key_age:
            continue
        used = _known(partial(iam.last_used, key.id))
        if used is None or context.now - (used.when or key.created) <= context.key_age:
            continue
        told = f"{key.id} was never used, for all that AWS knows."
        if used.when is not None:
            told = f"{key.id} was last used {_days(context.now, used.when)} ago."
        fix = f"awsprof keys deactivate {key.id}; where nothing misses it, delete it"
        yield _fault(answered.profile, told, fix)


@live_check(Severity.ERROR)
def key_quarantined(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """AWS found a key of this user in public, and put the user under quarantine.

    It attached the policy AWSCompromisedKeyQuarantine, which denies much of what thieves do, and
    some of what you do. The key works on for all else: for everyone who found it.

    Stop the key now (awsprof keys stop NAME), look in CloudTrail for what was done with it,
    answer AWS's support case, then detach the policy.
    """
    who, iam = answered.identity, _iam(answered)
    if who is None or iam is None:
        return
    user = who.arn.rsplit("/", 1)[-1]
    policies = _known(partial(iam.attached_policies, user)) or ()
    found = next((policy for policy in policies if policy.startswith(_QUARANTINE)), None)
    if found is not None:
        told = f"AWS found a key of {sanitize(user)} in public: {sanitize(found)} is attached."
        fix = f"awsprof keys stop {_name(answered)}; then look in CloudTrail for who used it"
        yield _fault(answered.profile, told, fix)


@live_check(Severity.INFO)
def key_inactive(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The user has an inactive access key.

    It does no harm while it is inactive, and takes one of the two places that a user has: a new
    key cannot be made beside it. Somebody may switch it on again.

    Delete it where nobody misses it: awsprof keys delete ID.
    """
    for key in _keys(answered):
        if not key.active:
            told = f"{key.id}, of the same user, is inactive."
            yield _fault(answered.profile, told, f"awsprof keys delete {key.id}")


@live_check(Severity.WARNING)
def two_active_keys(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The user has two active access keys, as after a rotation that nobody finished.

    A user may have two at most, so that the next rotation has no room; and the old key still opens
    what the new one was to close.

    Find out which one is used (awsprof keys list), and switch the other off: awsprof keys
    deactivate ID.
    """
    active = [key.id for key in _keys(answered) if key.active]
    if len(active) > 1:
        mine = _key_id(answered)
        other = next((id for id in active if id != mine), active[-1])
        told = f"The user has two active keys, {' and '.join(active)}."
        fix = f"awsprof keys list tells which is used; awsprof keys deactivate {other}"
        yield _fault(answered.profile, told, fix)


@live_check(Severity.WARNING)
def user_without_mfa(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The IAM user has no MFA device, so that key and secret alone are enough.

    Who copies the key has all that the user may do, and roles that want MFA cannot be assumed by
    it.

    awsprof mfa enable NAME makes a virtual device; better still, use IAM Identity Center.
    """
    iam = _iam(answered)
    if iam is not None and _known(iam.mfa_devices) == ():
        told = "Its user has no MFA device: whoever copies the key needs nothing else."
        yield _fault(answered.profile, told, f"awsprof mfa enable {_name(answered)}")


@live_check(Severity.ERROR)
def mfa_serial_unknown(context: CheckContext, answered: LiveResult) -> Iterator[Fault]:
    """The MFA device that a profile names is none of its user's.

    The device was replaced, as with a new phone, or the ARN has a typing error. AWS takes codes of
    the user's own devices alone: every code fails, and looks like one typed wrong.

    Set the device that the user has: awsprof set NAME mfa_serial ARN.
    """
    iam = _iam(answered)
    asking = [p for p in _asking(context, answered.profile) if p.get("mfa_serial")] if iam else []
    devices = _known(iam.mfa_devices) if iam is not None and asking else None
    if devices is None:
        return
    known = [device.serial for device in devices]
    usable = [device.serial for device in devices if not device.fido]
    for profile in asking:
        serial = (profile.get("mfa_serial") or "").strip()
        if serial in known:
            continue
        has = f"it has {sanitize(usable[0])}" if usable else "it has none that gives codes"
        yield profile_fault(
            profile,
            "mfa_serial",
            f"{sanitize(serial)} is no device of the user: {has}.",
            f"awsprof set {arguments(profile.name, 'mfa_serial', usable[0])}"
            if usable
            else f"awsprof mfa enable {_name(answered)}",
        )


def _asking(context: CheckContext, bearer: Profile) -> Iterator[Profile]:
    """The profiles that use the key's MFA devices: its own, and roles right on it."""
    for profile in context.profiles:
        mine = profile.name == bearer.name
        if mine or (
            check_helpers.is_role(profile) and profile.get("source_profile") == bearer.name
        ):
            yield profile


def _iam(answered: LiveResult) -> Iam | None:
    """IAM, where it is an IAM user who asks."""
    user = answered.identity is not None and ":user/" in answered.identity.arn
    return answered.iam if user else None


def _known(ask: Callable[[], _T | NotPermitted]) -> _T | None:
    """What IAM says; None where one may not look, or it does not answer."""
    try:
        found = ask()
    except AwsprofError:
        return None  # the profile works: that IAM failed is no fault of it
    return None if isinstance(found, NotPermitted) else found


def _keys(answered: LiveResult) -> tuple[AccessKey, ...]:
    """The user's keys; none where one may not look."""
    iam = _iam(answered)
    return (_known(iam.access_keys) if iam is not None else None) or ()


def _key_id(answered: LiveResult) -> str | None:
    """The profile's long-term key: the one that signed, or that its MFA session was made with."""
    given = answered.credentials
    if given is not None and given.token is None:
        return given.access_key_id
    return key_in_vault(answered.profile)


def _name(answered: LiveResult) -> str:
    return arguments(answered.profile.name)


def _days(now: datetime, since: datetime) -> str:
    return f"{(now - since).days} days"


def _fault(profile: Profile, message: str, fix: str) -> Fault:
    """A fault at the line that gives the key."""
    plain = "aws_access_key_id" in profile.values
    return profile_fault(
        profile, "aws_access_key_id" if plain else "credential_process", message, fix
    )
