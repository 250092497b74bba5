"""Checks of keys in plain text: complete or half, temporary or long-term, and what they hide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from awsprof.configfile.document import FileEdit, FileKind, SectionId, SetValue, UnsetValue
from awsprof.configfile.edits import require_portable_value
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import (
    ProviderType,
    profile_fault,
    profiles_setting,
    shown_key,
    unset_command,
)
from awsprof.doctor.checks.key_shapes import is_misshapen
from awsprof.doctor.checks.sdk_precedence import has_several_identities
from awsprof.doctor.checks.shadowed_keys import key_works
from awsprof.doctor.file_view import file_views, in_scope, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.key_ids import display_id, is_long_term
from awsprof.profiles import key_shapes
from awsprof.profiles.default_section import moving_fix
from awsprof.profiles.provider_order import key_in_process_line, secret_of_key
from awsprof.profiles.second_key import find_second_key, find_separate_secret, own_profile_commands
from awsprof.profiles.stray_secrets import find_stray_secrets
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_ID, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_LEGACY = "aws_security_token"


@offline_check(Severity.WARNING)
def credentials_shadow_config(context: CheckContext) -> Iterator[Fault]:
    """Keys in the credentials file hide a role in the config file of the same profile.

    Used itself, the profile assumes its role; named as a source, it supplies its keys. Keys that
    compete with other sources of credentials are reported as several-identities.

    Remove the part that you do not need: the keys in the credentials file, or the role that they
    hide.
    """
    for profile, value in profiles_setting(context, _ID):
        role = profile.values.get("role_arn")
        if value.origin.kind is not FileKind.CREDENTIALS or role is None or not role.text:
            continue
        is_own_source = profile.get("source_profile") == profile.name  # its keys assume the role
        if (
            role.origin.kind is FileKind.CONFIG
            and check_helpers.is_role(profile)
            and not is_own_source
        ):
            yield profile_fault(
                profile,
                "role_arn",
                f"The keys at {value.origin} hide role_arn from the roles that use this profile as"
                " their source.",
                f"awsprof unset {arguments(profile.name)} role_arn, or remove the keys at"
                f" {value.origin}",
            )


@offline_check(Severity.WARNING)
def stray_secret(context: CheckContext) -> Iterator[Fault]:
    """A secret is in a place that no SDK reads: a comment, a process line, pasted JSON.

    It has no effect there, but everyone who can read the file can read it; awsprof keys move does
    not move it, because nothing says which profile it belongs to.

    Remove the line in an editor. If the secret is still in use, replace it with a new key.
    """
    asked = in_scope(context)
    for view in file_views(context):
        starts = [(written.line(0), written.block.id) for written in view.blocks]
        for stray in find_stray_secrets(view.stored):
            section = next((id for at, id in reversed(starts) if at <= stray.line), None)
            if stray.check in {"shell-line-in-file", "line-without-equals"}:
                continue  # errors of their own
            if section is None or asked(section):
                name = profile_of(section) if section else None
                message = f"A secret is in {stray.place}, so anyone who can read the file has it."
                yield Fault(message, stray.fix, name, view.at(stray.line))


@offline_check(Severity.ERROR)
def half_key(context: CheckContext) -> Iterator[Fault]:
    """A profile has an access key ID without its secret, or a secret without its ID.

    boto3 stops with PartialCredentialsError if the secret is missing, and ignores a secret without
    an ID. It reads both from the same file: an ID in the credentials file does not go with a secret
    in the config file.

    Add the complete key: awsprof add keys NAME keeps its secret in the vault.
    """
    for profile in context.profiles:
        has_id, has_secret = profile.get(_ID), profile.get(_SECRET)
        name = arguments(profile.name)
        if _ID in profile.values and not has_id and not has_secret:
            message = (
                "aws_access_key_id is empty: boto3 signs with it anyway, and AWS rejects that."
            )
            yield profile_fault(profile, _ID, message, unset_command(profile, _ID))
        elif (
            has_id
            and not secret_of_key(profile)
            and (secret := find_separate_secret(profile, context.catalog))
        ):
            message = f"Its secret is in another file, at {secret}."
            fix = f"move that line to the ID, in an editor, or awsprof add keys {name}"
            yield profile_fault(profile, _ID, message, fix)
        elif has_id and not has_secret:
            message = f"{display_id(has_id)} has no aws_secret_access_key."
            yield profile_fault(profile, _ID, *_other_half(profile, message, _SECRET))
        elif has_secret and not has_id:
            message = "It has aws_secret_access_key but no aws_access_key_id."
            yield profile_fault(profile, _SECRET, *_other_half(profile, message, _ID))


def _other_half(profile: Profile, message: str, wanted: str) -> tuple[str, str]:
    """Returns the message and the fix; the missing half may be there under a misspelled name."""
    written = check_helpers.misspelt_key(profile, wanted)
    if written is None and check_helpers.provider_type(profile) not in (
        ProviderType.KEYS,
        ProviderType.NONE,
    ):
        half = _ID if wanted == _SECRET else _SECRET
        return f"{message} Its credentials come from other settings.", (
            unset_command(profile, half)
        )
    if written is None:
        return message, f"awsprof add keys {arguments(profile.name)}"
    message = f"{message} The key {shown_key(written)} may be a typo of it."
    return message, check_helpers.rename_fix(profile, written, wanted)


@offline_check(Severity.ERROR)
def temporary_key_without_token(context: CheckContext) -> Iterator[Fault]:
    """A temporary key (it starts with ASIA) is in a file without its session token.

    AWS accepts it only together with the token: every call fails with InvalidClientTokenId, in
    every SDK.

    awsprof setup creates a profile that refreshes itself; then remove this one.
    """
    for profile, value in profiles_setting(context, _ID):
        if value.text.startswith("ASIA") and not check_helpers.has_token(profile):
            yield profile_fault(
                profile,
                _ID,
                f"{display_id(value.text)} is a temporary key, but its session token is missing.",
                "awsprof setup creates a profile that refreshes itself",
            )


@offline_check(Severity.WARNING)
def stale_temporary_keys(context: CheckContext) -> Iterator[Fault]:
    """Temporary credentials are in a file, pasted by you or written by a tool.

    They expire within hours, 36 at most, and no SDK refreshes them: after that every call fails
    with ExpiredToken. Until then their secret is in plain text.

    awsprof setup creates a profile that refreshes itself, with Identity Center or a role with MFA.
    """
    for profile, value in profiles_setting(context, _ID):
        if value.text.startswith("ASIA") and check_helpers.has_token(profile):
            yield profile_fault(
                profile,
                _ID,
                f"{display_id(value.text)} is a temporary key: it expires within hours, and no SDK"
                " refreshes it.",
                "awsprof setup creates a profile that refreshes itself",
            )


@offline_check(Severity.WARNING, fixes=True)
def plaintext_long_term_key(context: CheckContext) -> Iterator[Fault]:
    """A long-term access key is in plain text, where every program that you run can read it.

    It works in every SDK, and for anyone who copies the file: backups, dotfiles, malicious
    packages. It never expires.

    awsprof keys move NAME moves the secret into the vault (your system's keyring); the profile
    stays and gets the key through credential_process. awsprof doctor --fix does so too.
    """
    wanted = set(context.names)
    secrets: dict[str, str] = {}
    for profile in context.catalog.plaintext_keys():
        named = key_in_process_line(profile)
        if (
            profile.name not in wanted
            or check_helpers.has_token(profile)
            or named not in (None, profile.get(_ID))
            or has_several_identities(profile)
            or is_misshapen(context, profile)
            or find_second_key(profile, context.catalog)
        ):
            continue  # other findings come first: the key cannot move yet
        key_id, secret = profile.get(_ID) or "", profile.get(_SECRET) or ""
        if key_shapes.id_problem(key_id) or key_shapes.secret_problem(secret):
            continue  # it is for another service than AWS, and the vault cannot prove it
        same = secrets.setdefault(key_id, secret) == secret
        fault = profile_fault(
            profile,
            _SECRET,
            f"The secret of {display_id(key_id)} is in plain text, where every program you run"
            " can read it.",
            _moving_commands(profile, context.catalog),
            _moving_repair(context, profile) if same else None,
        )
        yield replace(fault, refined_by_answer=partial(_dead_key_fault, fault))


@offline_check(Severity.WARNING)
def second_key(context: CheckContext) -> Iterator[Fault]:
    """A profile has another access key in each of the two files.

    Every SDK uses the one in the credentials file; the other one only lies there in plain text, and
    is used as soon as the first is removed or moved into the vault.

    Give the second key a profile of its own, or remove its lines if nobody needs it.
    """
    for profile, value in profiles_setting(context, _ID):
        second = find_second_key(profile, context.catalog) if secret_of_key(profile) else None
        if second is not None and second.kind is not value.origin.kind:
            yield Fault(
                "Another key of this profile, or a part of one, is in plain text here; SDKs use"
                f" the one at {value.origin}.",
                f"give the lines at {second} a profile of their own in an editor, or remove them",
                profile.name,
                second,
            )


def _moving_commands(profile: Profile, catalog: Catalog) -> str:
    """Returns what moves the key into the vault; that of a role gets a profile of its own."""
    if not profile.get("role_arn"):
        return moving_fix(profile)
    return " && ".join(own_profile_commands(profile, catalog))


def _dead_key_fault(fault: Fault, answered: LiveResult) -> Fault:
    """Returns the fault with AWS's answer: a key that AWS rejects is replaced, not moved."""
    if answered.identity is not None or key_works(answered.error) is not False:
        return fault
    fix = f"awsprof add keys {arguments(answered.profile.name)} replaces it with a key that works"
    message = fault.message.removesuffix(".") + "; AWS rejects this key."
    return replace(fault, message=message, fix=fix, repair=None)


def _moving_repair(context: CheckContext, profile: Profile) -> Repair | None:
    """Returns the repair that moves the key into the vault, if that changes nothing else."""
    command = profile.get("credential_process")
    named = key_in_process_line(profile)
    if profile.get("login_session") or (command and named != profile.get(_ID)):
        return None
    return check_helpers.change_repair(
        lambda: profile_operations.move_key(profile, None, None, context.catalog)
    )


@offline_check(Severity.WARNING, fixes=True)
def legacy_security_token(context: CheckContext) -> Iterator[Fault]:
    """A profile has aws_security_token, an old name of the session token.

    boto3 reads it, and prefers it to aws_session_token; the other SDKs read only aws_session_token,
    so they have no token or another one.

    awsprof doctor --fix renames it.
    """
    for profile, value in profiles_setting(context, _LEGACY):
        if is_long_term(profile.get(_ID) or ""):
            continue  # token-with-long-term-key: SDKs that ignore the token work
        other = profile.get(_TOKEN)
        differs = other is not None and other != value.text
        yield profile_fault(
            profile,
            _LEGACY,
            "boto3 uses aws_security_token, but the other SDKs use aws_session_token, another"
            " token."
            if differs
            else "Only boto3 reads aws_security_token; other SDKs need aws_session_token.",
            "awsprof doctor --fix legacy-security-token",
            check_helpers.change_repair(lambda p=profile: _renaming(context, p)),  # type: ignore[misc]
        )


def _renaming(context: CheckContext, profile: Profile) -> Change:
    value = profile.values[_LEGACY]
    require_portable_value(value.text, _TOKEN)
    section = SectionId.profile(profile.name)
    edits = [FileEdit(value.origin.kind, SetValue(section, _TOKEN, value.text))]
    kinds = context.catalog.files_with(profile.name, _LEGACY)
    edits += [FileEdit(kind, UnsetValue(section, _LEGACY)) for kind in kinds]
    did = "removed" if profile.get(_TOKEN) == value.text else "renamed"
    return Change(f"{did} aws_security_token of {profile.name}", tuple(edits))
