"""Checks of keys that no SDK reads, with the key that they may be a typo of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from awsprof.configfile.key_repairs import RenameKey
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import ParsedOption, SectionId
from awsprof.configfile.secret_loss import has_other_secret
from awsprof.doctor import check_helpers
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.check_helpers import shown_key
from awsprof.doctor.checks.indents import unindented_block
from awsprof.doctor.checks.line_breaks import value_remainders
from awsprof.doctor.file_view import FileView, fix_command, profile_of, sections_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.masking.search import is_secret
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.known_keys import (
    NESTING_KEYS,
    PROFILE_KEYS,
    S3_KEYS,
    SESSION_KEYS,
    belongs_to_another_tool,
    is_value_of,
)
from awsprof.profiles.known_keys import nearest_known_key as near_key
from awsprof.profiles.model import Origin, Profile
from awsprof.profiles.pasted_key import shell_line
from awsprof.shells import arguments
from awsprof.text import sanitize

_BLOCKS: Final = NESTING_KEYS | {"s3", "s3api"}  # client-refused reports one that is not a block
_OF_CREDENTIALS: Final = (
    *("aws_access_key_id", "aws_secret_access_key", "credential_process", "login_session"),
    *("sso_session", "sso_start_url", "sso_account_id", "sso_role_name"),
)


@offline_check(Severity.ERROR)
def credentials_misspelt(context: CheckContext) -> Iterator[Fault]:
    """A profile has no credentials, but a key that may be a typo of one that gives them.

    SDKs silently ignore unknown keys. boto3 then finds no credentials ("Unable to locate
    credentials"), or uses those of the machine.

    awsprof doctor --fix unknown-key renames the key if its value fits.
    """
    for profile in context.profiles:
        known = any(profile.get(key) for key in ("source_profile", "role_arn", *_OF_CREDENTIALS))
        if known or check_helpers.provider_type(profile) is not check_helpers.ProviderType.NONE:
            continue
        for wanted in _OF_CREDENTIALS:
            misspelt = check_helpers.misspelt_key(profile, wanted)
            if misspelt is not None:
                message = (
                    f"It has no credentials; the key {shown_key(misspelt)} may be a typo of"
                    f" {wanted}."
                )
                yield check_helpers.profile_fault(
                    profile,
                    misspelt,
                    message,
                    check_helpers.rename_fix(profile, misspelt, wanted),
                )
                break


@offline_check(Severity.INFO, fixes=True)
def unknown_key(context: CheckContext) -> Iterator[Fault]:
    """No SDK, nor the AWS CLI or awsprof, knows a key, such as rolearn or regoin.

    All of them silently ignore it, so a typo looks like a setting that has no effect. Keys of other
    tools are fine.

    If it is a typo, correct it. The repair does so if the value is typical of the right key, such
    as an access key ID or an ARN, and removes the line if the right key has the same value.
    """
    near: dict[str, str | None] = {}
    for view, written in sections_of(context):
        section = written.block.id
        known = {"profile": PROFILE_KEYS, "sso-session": SESSION_KEYS}.get(section.type)
        reported = {*value_remainders(written), *unindented_block(written)} if known else set()
        claimed = {key.name: key.name for key in written.keys}
        for key in written.keys if known else ():
            name = key.name
            if (
                not known
                or not name
                or name in known
                or key.is_block
                or belongs_to_another_tool(name)
            ):
                continue
            if key.start in reported or name in _BLOCKS:
                continue
            if shell_line(written.block.lines[key.start].strip()):
                continue
            if written.line(key.start) in view.pasted_lines:
                continue
            if name not in near:
                near[name] = near_key(name, known)
            yield _unknown(context, view, written, key, near[name], claimed)


def _unknown(
    context: CheckContext,
    view: FileView,
    written: SectionView,
    key: ParsedOption,
    near: str | None,
    claimed: dict[str, str],
) -> Fault:
    """Returns the fault; ``claimed`` maps each key of the section to the line that has it.

    The first of several typos of one key claims it: only one of them can be renamed.
    """
    section, shown = written.block.id, shown_key(key.name, key.value)
    origin = view.at(written.line(key.start))
    if elsewhere := _known_elsewhere(section, key):
        return Fault(*elsewhere, profile_of(section), origin)
    if near is None:
        text = f"No SDK knows the key {shown}."
        return Fault(
            text, "keep it if another tool needs it, or remove it", profile_of(section), origin
        )
    text = f"No SDK knows the key {shown}. Did you mean {near}?"
    if near in claimed:
        return _superfluous(context, text, origin, written, key, claimed[near])
    if is_value_of(near, key.value):
        claimed[near] = key.name
        repair = view.repair(f"renamed {shown} to {near}", RenameKey(section, key.name, near))
        return Fault(text, fix_command("unknown-key"), profile_of(section), origin, repair)
    fix = f"write {near} instead, in an editor"
    if section.type == "profile" and near not in {*PLACES, "aws_access_key_id"}:
        name, value = section.name, sanitize(key.value)
        if value == key.value and value and not is_secret(value, near):
            put = f"awsprof set {arguments(name, near, value)}"
            fix = f"{put}, then awsprof unset {arguments(name, key.name)}"
    return Fault(text, fix, profile_of(section), origin)


def _known_elsewhere(section: SectionId, key: ParsedOption) -> tuple[str, str] | None:
    """Returns what to say of a key that SDKs read in another place only, and the fix."""
    if section.type == "sso-session" and key.name in PROFILE_KEYS:
        return (
            f"SDKs read {key.name} in a profile, and not in an sso-session.",
            "move the line to the profiles that use this session, in an editor",
        )
    if section.type != "profile" or key.name not in S3_KEYS or "\n" in key.value:
        return None
    says = f"SDKs read {key.name} only below s3 =, in an indented line."
    if sanitize(key.value) != key.value or not key.value:
        return says, "write it there, in an editor"
    put = f"awsprof set {arguments(section.name, f's3.{key.name}', key.value)}"
    return says, f"{put}, then awsprof unset {arguments(section.name, key.name)}"


def _superfluous(
    context: CheckContext,
    text: str,
    origin: Origin,
    written: SectionView,
    key: ParsedOption,
    other: str,
) -> Fault:
    """Returns the fault of a line whose right key is in the section, or which ``other`` claims."""
    section, there = written.block.id, shown_key(other)
    profile = context.catalog.profiles.get(section.name) if section.type == "profile" else None
    if profile is None or not _can_unset(context, profile, key, origin):
        fix = f"remove the line in an editor if the line with {there} is enough"
        return Fault(text, fix, profile_of(section), origin)
    same = other in PROFILE_KEYS and [profile.get(other)] == [
        each.value for each in written.keys if each.name == key.name
    ]
    repair = check_helpers.unset_repair(context, profile, key.name) if same else None
    if repair:
        text = f"No SDK knows the key {shown_key(key.name)}, and {there} has the same value."
    command = f"awsprof unset {arguments(profile.name, key.name)}"
    fix = command if repair else f"if the line with {there} is enough: {command}"
    return Fault(text, fix, profile.name, origin, repair)


def _can_unset(context: CheckContext, profile: Profile, key: ParsedOption, origin: Origin) -> bool:
    """True if ``awsprof unset`` removes that line, and neither a secret nor another file's line."""
    value = profile.values.get(key.name)
    if value is None or value.origin != origin or value.text != key.value:
        return False
    if len(context.catalog.files_with(profile.name, key.name)) > 1:
        return False
    issues = context.catalog.stored(origin.kind).document.problems
    if any(issue.section == SectionId.profile(profile.name) for issue in issues):
        return False  # a damaged section is not edited
    typable = shown_key(key.name, key.value) == key.name and "." not in key.name
    secret = is_secret(key.value, key.name) or has_other_secret(key.name, key.value)
    return typable and not secret
