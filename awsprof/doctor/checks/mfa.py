"""Checks of MFA codes, and of how long sessions last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault, with_key
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles import process_command
from awsprof.profiles.form import key_in_vault
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.fields import MFA_ARN
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile

_QUARTER: Final = 900  # seconds: boto3 renews what lasts no longer than that at every use
_HOUR: Final = 3600  # seconds that a role lasts at most on temporary credentials


@offline_check(Severity.INFO)
def orphan_mfa_serial(context: CheckContext) -> Iterator[Fault]:
    """A profile names an MFA device, but is neither a role nor a key in the vault.

    No SDK asks for a code there: they read mfa_serial where there is a role_arn. awsprof asks at a
    key in its vault too, and signs it in with MFA once.

    Move the key into the vault (awsprof keys move NAME), or take the line out.
    """
    for profile, value in with_key(context, "mfa_serial"):
        if profile.get("role_arn") or key_in_vault(profile):
            continue
        if profile.get("source_profile") or check_helpers.misspelt_key(profile, "role_arn"):
            continue  # a role that has lost its role_arn
        name = arguments(profile.name)
        plain = (profile.get("aws_access_key_id") or "").startswith("AKIA")
        yield profile_fault(
            profile,
            "mfa_serial",
            f"Nobody asks for a code of {sanitize(value.text)}: this is no role, and no key in the"
            " vault.",
            f"awsprof keys move {name}" if plain else f"awsprof unset {name} mfa_serial",
        )


@offline_check(Severity.WARNING)
def orphan_external_id(context: CheckContext) -> Iterator[Fault]:
    """A profile has an external_id, and assumes no role that it could be sent with.

    SDKs send it with AssumeRole alone: not without a role_arn, and not with a web identity. The
    role_arn may be missing by a typing error.

    Take it out (awsprof unset NAME external_id), or add the role.
    """
    for profile, value in with_key(context, "external_id"):
        if not check_helpers.is_role(profile):
            yield profile_fault(
                profile,
                "external_id",
                f"external_id = {sanitize(value.text)} is sent nowhere: this assumes no role by"
                " AssumeRole.",
                f"awsprof unset {arguments(profile.name)} external_id",
            )


def _seconds(profile: Profile) -> int | None:
    """duration_seconds, where it is a number: what is none SDKs ignore."""
    text = (profile.get("duration_seconds") or "").strip()
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


@offline_check(Severity.WARNING, fixes=True)
def short_duration(context: CheckContext) -> Iterator[Fault]:
    """Sessions last 15 minutes or less.

    boto3 and the AWS CLI renew what lasts less than 15 minutes more, so they assume the role anew
    at every use: slow, throttled by STS, and with MFA a code each time. AWS refuses less than 900.

    awsprof unset NAME duration_seconds gives the hour that is AWS's own default; --fix does so.
    """
    for profile, _ in with_key(context, "duration_seconds"):
        seconds = _seconds(profile)
        used = check_helpers.is_role(profile) or check_helpers.signs_in_with_mfa(profile)
        if used and seconds is not None and seconds <= _QUARTER:
            yield profile_fault(
                profile,
                "duration_seconds",
                f"duration_seconds = {seconds} makes boto3 ask for new credentials at every use."
                if seconds == _QUARTER
                else f"duration_seconds = {seconds} is less than 900, the least that AWS takes.",
                f"awsprof unset {arguments(profile.name)} duration_seconds",
                check_helpers.unset_repair(context, profile, "duration_seconds"),
            )


@offline_check(Severity.ERROR, fixes=True)
def chained_duration(context: CheckContext) -> Iterator[Fault]:
    """A role is to last more than an hour, on credentials that are temporary themselves.

    AWS allows one hour there (role chaining), whatever the role's own maximum is: on another role,
    an MFA session, Identity Center, or any source with a token. AssumeRole fails with a
    ValidationError, in every SDK.

    awsprof unset NAME duration_seconds. For longer sessions ask for the code at the role, on the
    bare key: awsprof set NAME mfa_serial DEVICE.
    """
    for profile, _ in with_key(context, "duration_seconds"):
        seconds = _seconds(profile)
        if seconds is None or seconds <= _HOUR or not check_helpers.is_role(profile):
            continue
        what = _temporary(context, profile)
        if what:
            yield profile_fault(
                profile,
                "duration_seconds",
                f"duration_seconds = {seconds}, but on {what} a role lasts 3600 at most.",
                f"awsprof unset {arguments(profile.name)} duration_seconds",
                check_helpers.unset_repair(context, profile, "duration_seconds"),
            )


def _temporary(context: CheckContext, profile: Profile) -> str:
    """What the role stands on, in words, where that is temporary; else nothing."""
    machine = profile.get("credential_source")
    if machine and not profile.get("source_profile"):
        kept = machine == "Environment" and not context.environment.get("AWS_SESSION_TOKEN")
        known = machine in check_helpers.CREDENTIAL_SOURCES and not kept
        return f"credential_source = {machine}" if known else ""
    named = check_helpers.source_of(context, profile)
    if named is None or not check_helpers.hands_out_temporary(context, named):
        return ""
    return f"the temporary credentials of {sanitize(named.name)}"


@offline_check(Severity.ERROR)
def mfa_on_second_hop(context: CheckContext) -> Iterator[Fault]:
    """A role asks for an MFA code, on credentials that are a role or a session already.

    A code counts for the first hop alone: a user's own long-term key gives it. SDKs ask for the
    code all the same, and AssumeRole is then refused.

    Ask for it at the first role of the chain: awsprof unset NAME mfa_serial, and set it there.
    """
    for profile, _ in with_key(context, "mfa_serial"):
        named = check_helpers.source_of(context, profile)
        if not check_helpers.is_role(profile) or (
            named is not None and check_helpers.signs_in_with_mfa(named)
        ):
            continue  # a key that signs in with MFA is mfa-twice
        what = _temporary(context, profile)
        if what:
            yield profile_fault(
                profile,
                "mfa_serial",
                f"It stands on {what}, for which a code does not count.",
                f"awsprof unset {arguments(profile.name)} mfa_serial",
            )


@offline_check(Severity.ERROR, fixes=True)
def mfa_twice(context: CheckContext) -> Iterator[Fault]:
    """An MFA device is named both at a key in the vault and at a role on it.

    The code at the key serves every role on it. awsprof then asks at the role with the bare key;
    other SDKs ask a second time, and send that code with temporary credentials, which AWS refuses:
    the role fails in boto3, the AWS CLI and all others.

    awsprof unset ROLE mfa_serial for one code for all roles, as awsprof doctor --fix does;
    awsprof unset KEY mfa_serial where the role needs a fresh one.
    """
    for profile, _ in with_key(context, "mfa_serial"):
        named = check_helpers.source_of(context, profile)
        if named is not None and check_helpers.signs_in_with_mfa(named):
            yield profile_fault(
                profile,
                "mfa_serial",
                f"Its source {sanitize(named.name)} signs in with MFA already; other SDKs ask again"
                " here, and AWS refuses that code.",
                f"awsprof unset {arguments(profile.name)} mfa_serial",
                check_helpers.unset_repair(context, profile, "mfa_serial"),
            )


@offline_check(Severity.INFO)
def mfa_in_few_tools(context: CheckContext) -> Iterator[Fault]:
    """A role asks for an MFA code itself, which only boto3 and the AWS CLI do for it.

    The SDKs for Go and JavaScript, and Terraform, stop there, since they have nobody to ask; those
    for Java and Rust pass over mfa_serial, and AWS refuses the role. awsprof exec and env serve
    them all.

    A process line in front of it serves every tool: awsprof asks then. So does a code asked once at
    the key: awsprof set KEY mfa_serial DEVICE, with the key in the vault.
    """
    fronted = {
        line.profile
        for profile in context.catalog.profiles.values()
        if (line := process_command.parse_command(profile.get("credential_process") or ""))
        is not None
    }
    for profile, value in with_key(context, "mfa_serial"):
        named = check_helpers.source_of(context, profile)
        if not check_helpers.is_role(profile) or named is None or profile.name in fronted:
            continue
        if (
            check_helpers.signs_in_with_mfa(named)
            or check_helpers.hands_out_temporary(context, named)
            or ":u2f/" in value.text
        ):
            continue  # told as errors
        new = free_name(f"{profile.name}-all", context.catalog.profiles)
        command = f"awsprof credential-process {arguments(profile.name)}"
        flag = f"--command {shell_word(command)}"
        yield profile_fault(
            profile,
            "mfa_serial",
            "boto3 and the AWS CLI ask for its code; Go, Terraform and JavaScript stop here, and"
            " Java and Rust send none.",
            f"awsprof add process {arguments(new, flags=flag)} serves every tool",
        )


@offline_check(Severity.ERROR)
def mfa_device_without_codes(context: CheckContext) -> Iterator[Fault]:
    """The MFA device is a FIDO security key or passkey, which has no codes.

    STS takes six digits alone, so no SDK can sign in with it; people are asked for a code that
    does not exist.

    Use IAM Identity Center or `aws login`, or add a virtual MFA device to the user and set that:
    awsprof set NAME mfa_serial arn:aws:iam::123456789012:mfa/alice.
    """
    for profile, value in with_key(context, "mfa_serial"):
        if ":u2f/" in value.text:
            yield profile_fault(
                profile,
                "mfa_serial",
                f"{sanitize(value.text)} is a FIDO device, which has no codes.",
                "awsprof mfa enable"
                f" {arguments((check_helpers.source_of(context, profile) or profile).name)}"
                " adds a virtual device to the user",
            )


@offline_check(Severity.WARNING)
def mfa_wrong_account(context: CheckContext) -> Iterator[Fault]:
    """The MFA device belongs to another account than the key that it is used with.

    A device belongs to a user, and AWS takes its code with that user's own key alone: AssumeRole
    and GetSessionToken answer AccessDenied. The ARN was copied from another account, or the key
    was changed and the device was not.

    Set the device of the key's user: awsprof set NAME mfa_serial ARN.
    """
    found = [(p, MFA_ARN.match(value.text)) for p, value in with_key(context, "mfa_serial")]
    devices = [(profile, match) for profile, match in found if match is not None]
    if not devices:
        return
    index = check_helpers.index_or_none()
    for profile, match in devices:
        bearer = check_helpers.source_of(context, profile) if profile.get("role_arn") else profile
        if bearer is None or (check_helpers.is_role(bearer) and not check_helpers.has_keys(bearer)):
            continue
        account = check_helpers.account_of_key(bearer, index)
        if account and account != match["account"]:
            yield profile_fault(
                profile,
                "mfa_serial",
                f"The device is of account {match['account']}, the key of {sanitize(bearer.name)}"
                " of"
                f" {sanitize(account)}.",
                f"awsprof mfa list {arguments(bearer.name)} shows the devices of its user",
            )
