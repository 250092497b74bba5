"""Checks of MFA codes, and of how long sessions last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault, profiles_setting, unset_command
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import UsageError
from awsprof.profiles.default_section import moving_fix
from awsprof.profiles.durations import CHAINED_LIMIT, seconds_of
from awsprof.profiles.kinds.fields import MFA_ARN, validate_mfa_serial
from awsprof.profiles.provider_order import key_in_vault, signs_in_with_mfa
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

_QUARTER: Final = 900  # seconds: boto3 refreshes shorter credentials at every use


@offline_check(Severity.INFO)
def orphan_mfa_serial(context: CheckContext) -> Iterator[Fault]:
    """A profile names an MFA device, but is neither a role nor a key in the vault.

    No SDK asks for a code: they use mfa_serial only with role_arn. awsprof also asks for a code for
    keys in its vault, and signs in with MFA once.

    Move the key into the vault (awsprof keys move NAME), or remove mfa_serial.
    """
    for profile, value in profiles_setting(context, "mfa_serial"):
        if profile.get("role_arn") or key_in_vault(profile):
            continue
        if profile.get("source_profile") or check_helpers.misspelt_key(profile, "role_arn"):
            continue  # a role without its role_arn: role-arn-missing
        plain = (profile.get("aws_access_key_id") or "").startswith("AKIA")
        yield profile_fault(
            profile,
            "mfa_serial",
            f"SDKs ignore mfa_serial = {sanitize(value.text)}: this profile is neither a role nor a"
            " key in the vault.",
            moving_fix(profile) if plain else unset_command(profile, "mfa_serial"),
        )


@offline_check(Severity.WARNING)
def orphan_external_id(context: CheckContext) -> Iterator[Fault]:
    """A profile has an external_id, but assumes no role to send it with.

    SDKs send it only with AssumeRole: not without a role_arn, and not with a web identity. The key
    role_arn may have a typo.

    Remove it (awsprof unset NAME external_id), or add the role.
    """
    for profile, value in profiles_setting(context, "external_id"):
        if not check_helpers.is_role(profile):
            yield profile_fault(
                profile,
                "external_id",
                f"external_id = {sanitize(value.text)} is never sent: this profile does not call"
                " AssumeRole.",
                unset_command(profile, "external_id"),
            )


@offline_check(Severity.WARNING, fixes=True)
def short_duration(context: CheckContext) -> Iterator[Fault]:
    """Sessions last 15 minutes or less.

    boto3 and the AWS CLI refresh credentials that have less than 15 minutes left, so they assume
    the role again at every use: slow, throttled by STS, and with an MFA code each time. AWS rejects
    values below 900.

    awsprof unset NAME duration_seconds restores AWS's default of one hour; --fix does so.
    """
    for profile, _ in profiles_setting(context, "duration_seconds"):
        seconds = seconds_of(profile.get("duration_seconds"))
        used = check_helpers.is_role(profile) or signs_in_with_mfa(profile)
        if used and seconds is not None and seconds <= _QUARTER:
            yield profile_fault(
                profile,
                "duration_seconds",
                f"duration_seconds = {seconds} makes boto3 ask for new credentials at every use."
                if seconds == _QUARTER
                else f"duration_seconds = {seconds} is below 900, the minimum that AWS accepts.",
                unset_command(profile, "duration_seconds"),
                check_helpers.unset_repair(context, profile, "duration_seconds"),
            )


@offline_check(Severity.ERROR, fixes=True)
def chained_duration(context: CheckContext) -> Iterator[Fault]:
    """A role asks for more than one hour, but its source credentials are temporary.

    AWS allows at most one hour then (role chaining), whatever the role's own maximum is. This
    applies to sources that are a role, an MFA session, Identity Center or any key with a token.
    AssumeRole fails with a ValidationError in every SDK.

    Run awsprof unset NAME duration_seconds. For longer sessions let the role ask for the code with
    the plain key: awsprof set NAME mfa_serial DEVICE.
    """
    for profile, _ in profiles_setting(context, "duration_seconds"):
        seconds = seconds_of(profile.get("duration_seconds"))
        if seconds is None or seconds <= CHAINED_LIMIT or not check_helpers.is_role(profile):
            continue
        source_text = _temporary_source(context, profile)
        if source_text:
            yield profile_fault(
                profile,
                "duration_seconds",
                f"duration_seconds = {sanitize(str(seconds), 60)}, but with {source_text} AWS"
                f" allows at most {CHAINED_LIMIT}.",
                unset_command(profile, "duration_seconds"),
                check_helpers.unset_repair(context, profile, "duration_seconds"),
            )


def _temporary_source(context: CheckContext, profile: Profile) -> str:
    """Describes the role's source if its credentials are temporary, else returns ""."""
    machine = profile.get("credential_source")
    if machine and not profile.get("source_profile"):
        long_term = machine == "Environment" and not context.environment.get("AWS_SESSION_TOKEN")
        known = machine in check_helpers.CREDENTIAL_SOURCES and not long_term
        return f"credential_source = {machine}" if known else ""
    named = check_helpers.source_of(context, profile)
    if named is None or not check_helpers.hands_out_temporary(context, named):
        return ""
    return f"the temporary credentials of {sanitize(named.name)}"


@offline_check(Severity.ERROR)
def mfa_on_second_hop(context: CheckContext) -> Iterator[Fault]:
    """A role asks for an MFA code, but its source is already a role or a session.

    AWS accepts a code only with a user's own long-term key, so only for the first role of a chain.
    SDKs ask for the code anyway, and AssumeRole is then denied.

    Ask for it at the first role of the chain: awsprof unset NAME mfa_serial, and set it there.
    """
    for profile, _ in profiles_setting(context, "mfa_serial"):
        named = check_helpers.source_of(context, profile)
        if not check_helpers.is_role(profile) or (named is not None and signs_in_with_mfa(named)):
            continue  # a key that signs in with MFA is mfa-twice
        source_text = _temporary_source(context, profile)
        if source_text:
            yield profile_fault(
                profile,
                "mfa_serial",
                f"It uses {source_text}, and AWS accepts an MFA code only with a long-term key.",
                unset_command(profile, "mfa_serial"),
            )


@offline_check(Severity.ERROR, fixes=True)
def mfa_twice(context: CheckContext) -> Iterator[Fault]:
    """An MFA device is set both for a key in the vault and for a role that uses it.

    The code for the key serves all of its roles. At the role, awsprof asks with the plain key;
    other SDKs ask a second time and send that code with temporary credentials, which AWS rejects:
    the role fails in boto3, the AWS CLI and all others.

    Run awsprof unset ROLE mfa_serial for one code for all roles, as awsprof doctor --fix does; or
    awsprof unset KEY mfa_serial if the role needs a fresh code.
    """
    for profile, _ in profiles_setting(context, "mfa_serial"):
        named = check_helpers.source_of(context, profile)
        if named is not None and signs_in_with_mfa(named):
            yield profile_fault(
                profile,
                "mfa_serial",
                f"Its source {sanitize(named.name)} signs in with MFA already; other SDKs ask again"
                " here, and AWS rejects that code.",
                unset_command(profile, "mfa_serial"),
                check_helpers.unset_repair(context, profile, "mfa_serial"),
            )


@offline_check(Severity.INFO)
def mfa_in_few_tools(context: CheckContext) -> Iterator[Fault]:
    """A role asks for an MFA code itself, which only boto3 and the AWS CLI support.

    The SDKs for Go and JavaScript, and so Terraform, stop because they cannot ask for a code; those
    for Java and Rust ignore mfa_serial, and AWS denies the role. awsprof exec and env serve all of
    them.

    A credential_process profile that wraps the role serves every tool: awsprof asks for the code.
    So does MFA at the key: awsprof set KEY mfa_serial DEVICE, with the key in the vault.
    """
    served = check_helpers.profiles_served_by_process(context)
    for profile in context.profiles:
        asking = _asking_role(context, profile)
        if asking is None or profile.name in served:
            continue
        whose = "its MFA code" if asking is profile else f"the MFA code of {sanitize(asking.name)}"
        yield profile_fault(
            profile,
            "mfa_serial" if asking is profile else "source_profile",
            f"boto3 and the AWS CLI ask for {whose}; Go, Terraform and JavaScript stop, and"
            " Java and Rust send no code.",
            check_helpers.process_wrapper_fix(context, profile),
        )


def _gives_nothing(profile: Profile) -> bool:
    """True if the source has no credentials: nothing gets as far as a code."""
    provider = check_helpers.provider_type(profile, as_source=True)
    return provider is check_helpers.ProviderType.NONE and not check_helpers.has_keys(profile)


def _asking_role(context: CheckContext, profile: Profile) -> Profile | None:
    """Returns the role that asks for a code when the profile is used: itself, or one beneath it."""
    chain = context.catalog.chain(profile.name)
    if chain.has_cycle:
        return None  # source-cycle
    for link in chain.links:
        device = link.get("mfa_serial")
        as_keys = link is not profile and check_helpers.has_keys(link)  # no role as a source
        if not device or as_keys or not check_helpers.is_role(link):
            continue
        named = check_helpers.source_of(context, link)
        if named is None and not link.get("credential_source"):
            return None
        if named is not None and named is not link and _gives_nothing(named):
            return None
        try:
            validate_mfa_serial(device)
        except UsageError:
            return None  # bad-arn
        if ":u2f/" in device or (
            named is not None
            and (signs_in_with_mfa(named) or check_helpers.hands_out_temporary(context, named))
        ):
            return None  # reported as errors
        return link
    return None


@offline_check(Severity.ERROR)
def mfa_device_without_codes(context: CheckContext) -> Iterator[Fault]:
    """The MFA device is a FIDO security key or passkey, which has no codes.

    STS accepts only six-digit codes, so no SDK can sign in with it and you are asked for a code
    that does not exist.

    Use IAM Identity Center or aws login, or add a virtual MFA device to the user and set it:
    awsprof set NAME mfa_serial arn:aws:iam::123456789012:mfa/alice.
    """
    for profile, value in profiles_setting(context, "mfa_serial"):
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

    A device belongs to a user, and AWS accepts its codes only with a key of that user: AssumeRole
    and GetSessionToken answer AccessDenied. The ARN was copied from another account, or the key was
    replaced and the device was not.

    Set the device of the key's user: awsprof set NAME mfa_serial ARN.
    """
    found = [(p, MFA_ARN.match(value.text)) for p, value in profiles_setting(context, "mfa_serial")]
    devices = [(profile, match) for profile, match in found if match is not None]
    if not devices:
        return
    index = Index.load_or_empty()
    for profile, match in devices:
        key_profile = (
            check_helpers.source_of(context, profile) if profile.get("role_arn") else profile
        )
        if key_profile is None or (
            check_helpers.is_role(key_profile) and not check_helpers.has_keys(key_profile)
        ):
            continue
        account = check_helpers.account_of_key(key_profile, index)
        if account and account != match["account"]:
            yield profile_fault(
                profile,
                "mfa_serial",
                f"The MFA device belongs to account {match['account']}, but the key of"
                f" {sanitize(key_profile.name)} to {sanitize(account)}.",
                f"awsprof mfa list {arguments(key_profile.name)} shows the devices of its user",
            )
