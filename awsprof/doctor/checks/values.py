"""Checks of single values: ARNs, accounts, regions, and whether they are of one partition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof import arn, regions
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import (
    CredentialForm,
    profile_fault,
    session_fault,
    sessions_in_question,
    with_key,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import UsageError
from awsprof.profiles import value_rules
from awsprof.profiles.form import key_in_vault
from awsprof.profiles.kinds import fields
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile
    from awsprof.vault.index import Index

_SESSION_ARN: Final = re.compile(
    r"arn:(?P<partition>[a-z-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)", re.ASCII
)
_ACCOUNT: Final = re.compile(r"\d{12}\Z", re.ASCII)
_REGION_VARIABLES: Final = ("AWS_DEFAULT_REGION", "AWS_REGION")


@offline_check(Severity.ERROR)
def bad_arn(context: CheckContext) -> Iterator[Fault]:
    """A role_arn or mfa_serial is none: a letter is missing, or it is the ARN of something else.

    SDKs send it as it stands, and STS answers with a ValidationError, or AccessDenied.

    A role's looks like arn:aws:iam::123456789012:role/Name (not the sts ARN that
    get-caller-identity prints), a device's like arn:aws:iam::123456789012:mfa/alice.
    """
    for profile, value in with_key(context, "role_arn"):
        try:
            fields.validate_role_arn(value.text)
        except UsageError as exc:
            match = _SESSION_ARN.match(value.text)
            better = _role_meant(value.text)
            told = f"{exc.message[:-1]}, but of a session." if match else exc.message
            guess = f" Did you mean {better}?" if better and not match else ""
            fix = f"awsprof set {arguments(profile.name, 'role_arn', better)}" if better else ""
            write = f"write the ARN as the console of its account shows it; {exc.fix}"
            yield profile_fault(profile, "role_arn", f"{sanitize(told)}{guess}", fix or write)
    for profile, value in with_key(context, "mfa_serial"):
        if ":u2f/" in value.text:
            continue  # a device, and of no use: mfa-device-without-codes
        try:
            fields.validate_mfa_serial(value.text)
        except UsageError as exc:
            bearer = check_helpers.source_of(context, profile) or profile
            fix = f"awsprof mfa list {arguments(bearer.name)} shows the devices there are"
            yield profile_fault(
                profile, "mfa_serial", f"{sanitize(exc.message[:-1])}; {exc.fix}.", fix
            )


_ANY_ROLE: Final = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?:iam|sts):[\w-]*:(?P<account>[\d-]{9,14})[:/\\]+"
    r"(?:(?:assumed-)?role[/\\:])?(?P<role>[\w+=,.@-]+)"
)
_SWITCH: Final = re.compile(  # the address by which the console switches roles
    r"switchrole\?(?=.*\baccount=(?P<account>\d{12}))(?=.*roleName=(?P<role>[\w+=,.@-]+))"
)


def _role_meant(text: str) -> str | None:
    """The role's ARN that was meant: by a session's ARN, the console's address, or a slip in it."""
    found = _SESSION_ARN.match(text) or _ANY_ROLE.match(text.strip().strip("\"'"))
    match = found or _SWITCH.search(text)
    if match is None:
        return None
    parts = match.groupdict()
    account = parts["account"].replace("-", "")
    if re.search(r":(user|group|policy)/", text):
        return None
    meant = f"arn:{parts.get('partition') or 'aws'}:iam::{account}:role/{parts['role']}"
    return meant if arn.parse_role(meant) else None


@offline_check(Severity.ERROR)
def bad_account_id(context: CheckContext) -> Iterator[Fault]:
    """An account id has not twelve digits.

    SDKs send it as it stands; Identity Center then knows no such account. Spreadsheets drop
    leading zeros, and consoles show dashes.

    awsprof set NAME sso_account_id 012345678901.
    """
    for key in ("sso_account_id", "aws_account_id"):
        for profile, value in with_key(context, key):
            if _ACCOUNT.match(value.text):
                continue
            digits = re.sub(r"[\s-]", "", value.text)
            padded = digits.zfill(12)
            likely = padded if len(digits) > 8 and _ACCOUNT.match(padded) else ""
            yield profile_fault(
                profile,
                key,
                f"{key} = {sanitize(value.text)} is no account id, which has twelve digits."
                + (f" Did you mean {likely}?" if likely else ""),
                f"awsprof set {arguments(profile.name)} {key} {likely}"
                if likely
                else f"write the twelve digits of the account as {key}, in an editor",
            )


@offline_check(Severity.WARNING)
def bad_region(context: CheckContext) -> Iterator[Fault]:
    """A region is unknown to the botocore that is installed here, though it looks like one.

    It is a typing error, or newer than botocore. SDKs make a host name of it; where there is no
    such region they say "Could not connect to the endpoint URL".

    awsprof set NAME region eu-west-1, or update boto3 where the region is new.
    """
    for key in ("region", "sso_region"):
        for profile, value in with_key(context, key):
            found = value_rules.value_problem(key, value.text)
            if found is not None and not found.refused:
                told, meant = _unknown(found)
                name = arguments(profile.name)
                fix = f"awsprof set {name} {key} {meant}" if meant else _NEWER
                yield profile_fault(profile, key, told, fix)
    for session in sessions_in_question(context):
        found = value_rules.value_problem("sso_region", session.region) if session.region else None
        if found is not None and not found.refused:
            told, meant = _unknown(found)
            origin = session.values["sso_region"].origin
            fix = f"write sso_region = {meant} at {origin}, in an editor" if meant else _NEWER
            yield session_fault(session, "sso_region", told, fix)


_NEWER: Final = "update boto3 where the region is new; else check its name"


def _unknown(found: value_rules.ValueProblem) -> tuple[str, str | None]:
    if found.meant:
        return f"{found.says} Did you mean {found.meant}?", found.meant
    return f"{found.says} It may be newer.", None


@offline_check(Severity.WARNING)
def region_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile has no region, and the environment has none either.

    boto3 then stops at most services with NoRegionError; the AWS CLI and other SDKs say something
    alike. The region of another profile, or of its source, does not count.

    awsprof set NAME region eu-west-1.
    """
    if any(map(context.environment.get, _REGION_VARIABLES)):
        return
    regions_used = Counter(
        filter(None, (p.get("region") for p in context.catalog.profiles.values()))
    )
    known = (region for region, _ in regions_used.most_common() if regions.is_known_region(region))
    usual = next(known, regions.DEFAULT_REGION)
    for profile in context.profiles:
        sole = "region" in profile.values or context.catalog.users_of(profile.name)
        if sole or check_helpers.credential_form(profile) is CredentialForm.NONE:
            continue  # what is there to be stood on makes no calls by itself
        below = check_helpers.source_of(context, profile)
        likely = (below.get("region") if below else None) or usual
        yield profile_fault(
            profile,
            "region",
            "It has no region, so most calls need one said each time.",
            f"awsprof set {arguments(profile.name, 'region', likely)}",
        )


@offline_check(Severity.ERROR)
def partition_mismatch(context: CheckContext) -> Iterator[Fault]:
    """A role is in one partition of AWS (aws, aws-cn, aws-us-gov), and what assumes it in another.

    Partitions know nothing of each other: STS answers InvalidClientTokenId or AccessDenied, in
    every SDK. The same is so for a region of another partition.

    Give the role a source, a device and a region of its own partition: awsprof set NAME
    source_profile OTHER.
    """
    roles = [
        (profile, match["partition"])
        for profile, value in with_key(context, "role_arn")
        if (match := fields.ROLE_ARN.match(value.text))
    ]
    if not roles:
        return
    index = check_helpers.index_or_none()
    for profile, partition in roles:
        name = arguments(profile.name)
        named = check_helpers.source_of(context, profile)
        other = _partition(named, index) if named is not None else None
        if named is not None and named is not profile and other not in (None, partition):
            told = f"The role is in {partition}, its source {sanitize(named.name)} in {other}."
            fix = check_helpers.source_command(context, profile)
            yield profile_fault(profile, "source_profile", told, fix)
        device = fields.MFA_ARN.match(profile.get("mfa_serial") or "")
        if device and device["partition"] != partition:
            told = f"The role is in {partition}, its MFA device in {device['partition']}."
            bearer = arguments((named or profile).name)
            fix = f"awsprof mfa list {bearer} shows the devices there are"
            yield profile_fault(profile, "mfa_serial", told, fix)
        region = profile.get("region") or ""
        place = regions.partition_of(region) if region else None
        if place not in (None, partition):
            told = f"The role is in {partition}, its region {sanitize(region)} in {place}."
            right = regions.default_region(partition)
            yield profile_fault(profile, "region", told, f"awsprof set {name} region {right}")


def _partition(profile: Profile, index: Index) -> str | None:
    """The partition of a source, where anything tells it."""
    match = fields.ROLE_ARN.match(profile.get("role_arn") or "")
    if match and not check_helpers.has_keys(profile):
        return match["partition"]
    device = fields.MFA_ARN.match(profile.get("mfa_serial") or "")
    if device:
        return device["partition"]
    key_id = key_in_vault(profile, as_source=True)
    entry = index.find(key_id) if key_id else None
    whose = arn.Arn.parse(entry.arn) if entry else None
    if whose is not None:
        return whose.partition
    region = profile.get("region")
    return regions.partition_of(region) if region and check_helpers.has_keys(profile) else None
