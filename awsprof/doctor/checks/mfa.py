"""Checks of MFA codes, and of how long sessions last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.clean import clean
from awsprof.doctor import lookups
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.lookups import fault, having
from awsprof.profiles import ownline
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.fields import MFA_ARN
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.shells import arguments, word

if TYPE_CHECKING:
    from awsprof.doctor.scene import Scene
    from awsprof.profiles.model import Profile

_QUARTER: Final = 900  # seconds: boto3 renews what lasts no longer than that at every use
_HOUR: Final = 3600  # seconds that a role lasts at most on temporary credentials


@check(Severity.INFO)
def orphan_mfa_serial(scene: Scene) -> Iterator[Fault]:
    """A profile names an MFA device, but is neither a role nor a key in the vault.

    No SDK asks for a code there: they read mfa_serial where there is a role_arn. awsprof asks at a
    key in its vault too, and signs it in with MFA once.

    Move the key into the vault (awsprof keys move NAME), or take the line out.
    """
    for profile, value in having(scene, "mfa_serial"):
        if profile.get("role_arn") or key_in_vault(profile):
            continue
        if profile.get("source_profile") or lookups.misspelt(profile, "role_arn"):
            continue  # a role that has lost its role_arn
        name = arguments(profile.name)
        plain = (profile.get("aws_access_key_id") or "").startswith("AKIA")
        yield fault(
            profile,
            "mfa_serial",
            f"Nobody asks for a code of {clean(value.text)}: this is no role, and no key in the"
            " vault.",
            f"awsprof keys move {name}" if plain else f"awsprof unset {name} mfa_serial",
        )


@check(Severity.WARNING)
def orphan_external_id(scene: Scene) -> Iterator[Fault]:
    """A profile has an external_id, and assumes no role that it could be sent with.

    SDKs send it with AssumeRole alone: not without a role_arn, and not with a web identity. The
    role_arn may be missing by a typing error.

    Take it out (awsprof unset NAME external_id), or add the role.
    """
    for profile, value in having(scene, "external_id"):
        if not lookups.is_role(profile):
            yield fault(
                profile,
                "external_id",
                f"external_id = {clean(value.text)} is sent nowhere: this assumes no role by"
                " AssumeRole.",
                f"awsprof unset {arguments(profile.name)} external_id",
            )


def _seconds(profile: Profile) -> int | None:
    """duration_seconds, where it is a number: what is none SDKs ignore."""
    text = (profile.get("duration_seconds") or "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


@check(Severity.WARNING, fixes=True)
def short_duration(scene: Scene) -> Iterator[Fault]:
    """Sessions last 15 minutes or less.

    boto3 and the AWS CLI renew what lasts less than 15 minutes more, so they assume the role anew
    at every use: slow, throttled by STS, and with MFA a code each time. AWS refuses less than 900.

    awsprof unset NAME duration_seconds gives the hour that is AWS's own default; --fix does so.
    """
    for profile, _ in having(scene, "duration_seconds"):
        seconds = _seconds(profile)
        used = lookups.is_role(profile) or lookups.signs_in(profile)
        if used and seconds is not None and seconds <= _QUARTER:
            yield fault(
                profile,
                "duration_seconds",
                f"duration_seconds = {seconds} makes boto3 ask for new credentials at every use."
                if seconds == _QUARTER
                else f"duration_seconds = {seconds} is less than 900, the least that AWS takes.",
                f"awsprof unset {arguments(profile.name)} duration_seconds",
                lookups.unset(scene, profile, "duration_seconds"),
            )


@check(Severity.ERROR, fixes=True)
def chained_duration(scene: Scene) -> Iterator[Fault]:
    """A role is to last more than an hour, on credentials that are temporary themselves.

    AWS allows one hour there (role chaining), whatever the role's own maximum is: on another role,
    an MFA session, Identity Center, or any source with a token. AssumeRole fails with a
    ValidationError, in every SDK.

    awsprof unset NAME duration_seconds. For longer sessions ask for the code at the role, on the
    bare key: awsprof set NAME mfa_serial DEVICE.
    """
    for profile, _ in having(scene, "duration_seconds"):
        seconds = _seconds(profile)
        if seconds is None or seconds <= _HOUR or not lookups.is_role(profile):
            continue
        what = _temporary(scene, profile)
        if what:
            yield fault(
                profile,
                "duration_seconds",
                f"duration_seconds = {seconds}, but on {what} a role lasts 3600 at most.",
                f"awsprof unset {arguments(profile.name)} duration_seconds",
                lookups.unset(scene, profile, "duration_seconds"),
            )


def _temporary(scene: Scene, profile: Profile) -> str:
    """What the role stands on, in words, where that is temporary; else nothing."""
    machine = profile.get("credential_source")
    if machine and not profile.get("source_profile"):
        kept = machine == "Environment" and not scene.environment.get("AWS_SESSION_TOKEN")
        known = machine in lookups.CREDENTIAL_SOURCES and not kept
        return f"credential_source = {machine}" if known else ""
    named = lookups.source(scene, profile)
    if named is None or not lookups.gives_token(scene, named):
        return ""
    return f"the temporary credentials of {clean(named.name)}"


@check(Severity.ERROR)
def mfa_on_second_hop(scene: Scene) -> Iterator[Fault]:
    """A role asks for an MFA code, on credentials that are a role or a session already.

    A code counts for the first hop alone: a user's own long-term key gives it. SDKs ask for the
    code all the same, and AssumeRole is then refused.

    Ask for it at the first role of the chain: awsprof unset NAME mfa_serial, and set it there.
    """
    for profile, _ in having(scene, "mfa_serial"):
        named = lookups.source(scene, profile)
        if not lookups.is_role(profile) or (named is not None and lookups.signs_in(named)):
            continue  # a key that signs in with MFA is mfa-twice
        what = _temporary(scene, profile)
        if what:
            yield fault(
                profile,
                "mfa_serial",
                f"It stands on {what}, for which a code does not count.",
                f"awsprof unset {arguments(profile.name)} mfa_serial",
            )


@check(Severity.ERROR, fixes=True)
def mfa_twice(scene: Scene) -> Iterator[Fault]:
    """An MFA device is named both at a key in the vault and at a role on it.

    The code at the key serves every role on it. awsprof then asks at the role with the bare key;
    other SDKs ask a second time, and send that code with temporary credentials, which AWS refuses:
    the role fails in boto3, the AWS CLI and all others.

    awsprof unset ROLE mfa_serial for one code for all roles, as awsprof doctor --fix does;
    awsprof unset KEY mfa_serial where the role needs a fresh one.
    """
    for profile, _ in having(scene, "mfa_serial"):
        named = lookups.source(scene, profile)
        if named is not None and lookups.signs_in(named):
            yield fault(
                profile,
                "mfa_serial",
                f"Its source {clean(named.name)} signs in with MFA already; other SDKs ask again"
                " here, and AWS refuses that code.",
                f"awsprof unset {arguments(profile.name)} mfa_serial",
                lookups.unset(scene, profile, "mfa_serial"),
            )


@check(Severity.INFO)
def mfa_in_few_tools(scene: Scene) -> Iterator[Fault]:
    """A role asks for an MFA code itself, which only boto3 and the AWS CLI do for it.

    The SDKs for Go and JavaScript, and Terraform, stop there, since they have nobody to ask; those
    for Java and Rust pass over mfa_serial, and AWS refuses the role. awsprof exec and env serve
    them all.

    A process line in front of it serves every tool: awsprof asks then. So does a code asked once at
    the key: awsprof set KEY mfa_serial DEVICE, with the key in the vault.
    """
    fronted = {
        line.profile
        for profile in scene.catalog.profiles.values()
        if (line := ownline.parse(profile.get("credential_process") or "")) is not None
    }
    for profile, value in having(scene, "mfa_serial"):
        named = lookups.source(scene, profile)
        if not lookups.is_role(profile) or named is None or profile.name in fronted:
            continue
        if lookups.signs_in(named) or lookups.gives_token(scene, named) or ":u2f/" in value.text:
            continue  # told as errors
        new = free_name(f"{profile.name}-all", scene.catalog.profiles)
        command = f"awsprof credential-process {arguments(profile.name)}"
        flag = f"--command {word(command)}"
        yield fault(
            profile,
            "mfa_serial",
            "boto3 and the AWS CLI ask for its code; Go, Terraform and JavaScript stop here, and"
            " Java and Rust send none.",
            f"awsprof add process {arguments(new, flags=flag)} serves every tool",
        )


@check(Severity.ERROR)
def mfa_device_without_codes(scene: Scene) -> Iterator[Fault]:
    """The MFA device is a FIDO security key or passkey, which has no codes.

    STS takes six digits alone, so no SDK can sign in with it; people are asked for a code that
    does not exist.

    Use IAM Identity Center or `aws login`, or add a virtual MFA device to the user and set that:
    awsprof set NAME mfa_serial arn:aws:iam::123456789012:mfa/alice.
    """
    for profile, value in having(scene, "mfa_serial"):
        if ":u2f/" in value.text:
            yield fault(
                profile,
                "mfa_serial",
                f"{clean(value.text)} is a FIDO device, which has no codes.",
                f"awsprof mfa enable {arguments((lookups.source(scene, profile) or profile).name)}"
                " adds a virtual device to the user",
            )


@check(Severity.WARNING)
def mfa_wrong_account(scene: Scene) -> Iterator[Fault]:
    """The MFA device belongs to another account than the key that it is used with.

    A device belongs to a user, and AWS takes its code with that user's own key alone: AssumeRole
    and GetSessionToken answer AccessDenied. The ARN was copied from another account, or the key
    was changed and the device was not.

    Set the device of the key's user: awsprof set NAME mfa_serial ARN.
    """
    found = [(p, MFA_ARN.match(value.text)) for p, value in having(scene, "mfa_serial")]
    devices = [(profile, match) for profile, match in found if match is not None]
    if not devices:
        return
    index = lookups.index_or_none()
    for profile, match in devices:
        bearer = lookups.source(scene, profile) if profile.get("role_arn") else profile
        if bearer is None or (lookups.is_role(bearer) and not lookups.has_keys(bearer)):
            continue
        account = lookups.account_of_key(bearer, index)
        if account and account != match["account"]:
            yield fault(
                profile,
                "mfa_serial",
                f"The device is of account {match['account']}, the key of {clean(bearer.name)} of"
                f" {clean(account)}.",
                f"awsprof mfa list {arguments(bearer.name)} shows the devices of its user",
            )
