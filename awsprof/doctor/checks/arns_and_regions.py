"""Checks of single values: ARNs, account IDs, regions, and whether their partitions match."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof import arn, regions
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import (
    ProviderType,
    profile_fault,
    profiles_setting,
    selected_sso_sessions,
    session_fault,
    set_command,
    shown_key,
)
from awsprof.doctor.checks.headers import profiles_of_bad_headers
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import UsageError
from awsprof.profiles import value_rules
from awsprof.profiles.kinds import fields
from awsprof.profiles.provider_order import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

_SESSION_ARN: Final = re.compile(
    r"arn:(?P<partition>[a-z-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)", re.ASCII
)
_ACCOUNT: Final = re.compile(r"\d{12}\Z", re.ASCII)
_REGION_VARIABLES: Final = ("AWS_DEFAULT_REGION", "AWS_REGION")


@offline_check(Severity.ERROR)
def bad_arn(context: CheckContext) -> Iterator[Fault]:
    """A role_arn or mfa_serial is invalid: it has a typo, or is the ARN of something else.

    SDKs send it unchanged, and STS answers with a ValidationError or AccessDenied.

    A role's ARN looks like arn:aws:iam::123456789012:role/Name (not the sts ARN that
    get-caller-identity prints), an MFA device's like arn:aws:iam::123456789012:mfa/alice.
    """
    for profile, value in profiles_setting(context, "role_arn"):
        try:
            fields.validate_role_arn(value.text)
        except UsageError as exc:
            match = _SESSION_ARN.match(value.text)
            suggestion = _role_meant(value.text)
            message = f"{exc.message[:-1]}, but of a session." if match else exc.message
            guess = f" Did you mean {suggestion}?" if suggestion and not match else ""
            fix = set_command(profile, "role_arn", suggestion) if suggestion else ""
            write = f"write the ARN as the console of its account shows it; {exc.fix}"
            yield profile_fault(profile, "role_arn", f"{sanitize(message)}{guess}", fix or write)
    for profile, value in profiles_setting(context, "mfa_serial"):
        if ":u2f/" in value.text:
            continue  # mfa-device-without-codes
        try:
            fields.validate_mfa_serial(value.text)
        except UsageError as exc:
            key_profile = check_helpers.source_of(context, profile) or profile
            fix = f"awsprof mfa list {arguments(key_profile.name)} shows the devices of its user"
            provider = check_helpers.provider_type(key_profile, as_source=True)
            if provider is check_helpers.ProviderType.NONE:  # nothing that could ask AWS
                fix = "write the ARN that IAM shows below Security credentials of its user"
            yield profile_fault(
                profile, "mfa_serial", f"{sanitize(exc.message[:-1])}; {exc.fix}.", fix
            )


_ANY_ROLE: Final = re.compile(  # colons may be missing or too many
    r"(?:arn:+)?(?P<partition>aws[a-z-]*):+(?:iam|sts)(?::+[a-z]+-[a-z-]+\d)?:*"
    r"(?P<account>\d{4}-?\d{4}-?\d{4})(?!\d)[:/\\]*"
    r"(?:role|(?P<session>assumed-role))?[/\\:]+(?P<role>[\w+=,.@/-]*[\w+=,.@-])",
    re.ASCII,
)
_NO_ROLE: Final = re.compile(
    r"[:\d](?:user|group|policy|mfa|u2f|instance-profile|[a-z]+-(?:provider|certificate))/"
)
_NOT_OF_A_NAME: Final = ("%", "(", ")", "$", "{", "}", "<", "*", "?")
_SWITCH: Final = re.compile(  # the address by which the console switches roles
    r"switchrole\?(?=.*\baccount=(?P<account>\d{12}))(?=.*roleName=(?P<role>[\w+=,.@-]+))"
)


def _role_meant(text: str) -> str | None:
    """Returns the role ARN that a session ARN, a console URL or a misspelled ARN stands for."""
    found = _SESSION_ARN.match(text) or _ANY_ROLE.match(text.strip().strip("\"'"))
    match = found or _SWITCH.search(text)
    if match is None:
        return None
    parts = match.groupdict()
    account = parts["account"].replace("-", "")
    if _NO_ROLE.search(text):
        return None
    if found is not None and text[match.end() :].strip("\"' ").startswith(_NOT_OF_A_NAME):
        return None  # the name goes on, in characters that no role has
    role = parts["role"].split("/")[0] if parts.get("session") else parts["role"]
    if role == "role":
        return None  # the word before the name; the name is missing, or is no name
    suggestion = arn.iam_arn(parts.get("partition") or "aws", account, f"role/{role}")
    return suggestion if arn.parse_role(suggestion) else None


@offline_check(Severity.ERROR)
def bad_account_id(context: CheckContext) -> Iterator[Fault]:
    """An account ID does not have twelve digits.

    SDKs send it unchanged, and Identity Center then finds no such account. Spreadsheets drop
    leading zeros, and consoles show dashes.

    Set all twelve digits: awsprof set NAME sso_account_id 012345678901.
    """
    for key in ("sso_account_id", "aws_account_id"):
        for profile, value in profiles_setting(context, key):
            if _ACCOUNT.match(value.text):
                continue
            digits = re.sub(r"[\s-]", "", value.text)
            padded = digits.zfill(12)
            likely = padded if len(digits) > 8 and _ACCOUNT.match(padded) else ""
            yield profile_fault(
                profile,
                key,
                f"{key} = {sanitize(value.text)} is not an account ID, which has twelve digits."
                + (f" Did you mean {likely}?" if likely else ""),
                set_command(profile, key, likely)
                if likely
                else f"write the twelve-digit account ID as {key}, in an editor",
            )


@offline_check(Severity.WARNING)
def bad_region(context: CheckContext) -> Iterator[Fault]:
    """A region has a valid format, but the installed botocore does not know it.

    It is a typo, or newer than your botocore. SDKs build a host name from it; if there is no such
    region, they say "Could not connect to the endpoint URL".

    Correct it (awsprof set NAME region eu-west-1), or update boto3 if the region is new.
    """
    for key in ("region", "sso_region"):
        for profile, value in profiles_setting(context, key):
            found = value_rules.value_problem(key, value.text)
            if found is not None and not found.refused:
                message, suggestion = _unknown(found)
                fix = set_command(profile, key, suggestion) if suggestion else _NEWER
                yield profile_fault(profile, key, message, fix)
    for session in selected_sso_sessions(context):
        found = value_rules.value_problem("sso_region", session.region) if session.region else None
        if found is not None and not found.refused:
            message, suggestion = _unknown(found)
            origin = session.values["sso_region"].origin
            fix = (
                f"write sso_region = {suggestion} at {origin}, in an editor"
                if suggestion
                else _NEWER
            )
            yield session_fault(session, "sso_region", message, fix)


_NEWER: Final = "update boto3 if the region is new; if not, check its name"


def _unknown(found: value_rules.ValueProblem) -> tuple[str, str | None]:
    if found.meant:
        return f"{found.says} Did you mean {found.meant}?", found.meant
    return f"{found.says} It may be newer.", None


@offline_check(Severity.WARNING)
def region_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile has no region, and neither has the environment.

    boto3 then stops with NoRegionError for most services; the AWS CLI and other SDKs fail in a
    similar way. They do not use the region of another profile, nor that of the source profile.

    Set one: awsprof set NAME region eu-west-1.
    """
    if any(map(context.environment.get, _REGION_VARIABLES)):
        return
    regions_used = Counter(
        filter(None, (p.get("region") for p in context.catalog.profiles.values()))
    )
    known = (region for region, _ in regions_used.most_common() if regions.is_known_region(region))
    usual = next(known, None)
    unclear = profiles_of_bad_headers(context)  # their region may be below such a header
    for profile in context.profiles:
        needs_none = "region" in profile.values or profile.name in unclear
        if needs_none or context.catalog.users_of(profile.name):
            continue  # a source profile makes no calls of its own
        if check_helpers.provider_type(profile) is ProviderType.NONE:
            continue
        message = "No region set; most calls will need --region."
        misspelt = check_helpers.misspelt_key(profile, "region")
        if misspelt:
            message = f"{message} The key {shown_key(misspelt)} may be a typo of it."
            fix = check_helpers.rename_fix(profile, misspelt, "region")
        else:
            source = check_helpers.source_of(context, profile)
            of_source = source.get("region") if source else None
            usable = of_source is not None and regions.is_known_region(of_source)
            likely = of_source if usable else usual
            fix = set_command(profile, "region", likely) if likely else check_helpers.SET_A_REGION
        yield profile_fault(profile, "region", message, fix)


@offline_check(Severity.ERROR)
def partition_mismatch(context: CheckContext) -> Iterator[Fault]:
    """A role and what assumes it are in different partitions (aws, aws-cn, aws-us-gov).

    Partitions are isolated from each other: STS answers InvalidClientTokenId or AccessDenied, in
    every SDK. The same goes for a region in another partition.

    Give the role a source, an MFA device and a region in its own partition: awsprof set NAME
    source_profile OTHER.
    """
    roles = [
        (profile, match["partition"])
        for profile, value in profiles_setting(context, "role_arn")
        if (match := fields.ROLE_ARN.match(value.text))
    ]
    if not roles:
        return
    index = Index.load_or_empty()
    for profile, partition in roles:
        named = check_helpers.source_of(context, profile)
        other = _partition(named, index) if named is not None else None
        if named is not None and named is not profile and other not in (None, partition):
            message = (
                f"The role is in the partition {partition}, but its source {sanitize(named.name)}"
                f" in {other}."
            )
            fix = check_helpers.source_command(context, profile)
            yield profile_fault(profile, "source_profile", message, fix)
        device = fields.MFA_ARN.match(profile.get("mfa_serial") or "")
        if device and device["partition"] != partition:
            message = (
                f"The role is in the partition {partition}, but its MFA device in"
                f" {device['partition']}."
            )
            key_profile = arguments((named or profile).name)
            fix = f"awsprof mfa list {key_profile} shows the devices of its user"
            yield profile_fault(profile, "mfa_serial", message, fix)
        region = profile.get("region") or ""
        region_partition = regions.partition_of(region) if region else None
        if region_partition not in (None, partition):
            message = (
                f"The role is in the partition {partition}, but its region {sanitize(region)} in"
                f" {region_partition}."
            )
            right = regions.default_region(partition)
            fix = set_command(profile, "region", right)
            yield profile_fault(profile, "region", message, fix)


def _partition(profile: Profile, index: Index) -> str | None:
    """Returns the partition of a source profile, or None if nothing shows it."""
    match = fields.ROLE_ARN.match(profile.get("role_arn") or "")
    if match and not check_helpers.has_keys(profile):
        return match["partition"]
    device = fields.MFA_ARN.match(profile.get("mfa_serial") or "")
    if device:
        return device["partition"]
    key_id = key_in_vault(profile, as_source=True)
    entry = index.find(key_id) if key_id else None
    owner = arn.Arn.parse(entry.arn) if entry else None
    if owner is not None:
        return owner.partition
    region = profile.get("region")
    return regions.partition_of(region) if region and check_helpers.has_keys(profile) else None
