"""Checks of keys in plain text: whole or in half, temporary or for ever, and what they hide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from awsprof.configfile.document import FileEdit, FileKind, SectionId, SetValue, UnsetValue
from awsprof.configfile.edits import check_value
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import CredentialForm, profile_fault, with_key
from awsprof.doctor.checks.key_shapes import is_misshapen
from awsprof.doctor.checks.sdk_precedence import has_several_identities
from awsprof.doctor.checks.shadowed_keys import key_works
from awsprof.doctor.file_view import file_views, in_scope, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.editing import operations
from awsprof.editing.change import Change
from awsprof.key_ids import display_id, is_long_term
from awsprof.masking import mask_name
from awsprof.profiles.form import key_of_line
from awsprof.profiles.known_keys import is_assignment
from awsprof.profiles.shell_lines import shell_line
from awsprof.profiles.stray_secrets import find_stray_secrets
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.model import Profile

_ID, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_LEGACY = "aws_security_token"


@offline_check(Severity.WARNING)
def credentials_shadow_config(context: CheckContext) -> Iterator[Fault]:
    """Keys in the credentials file hide what the config file says of the same profile.

    A role in the config file is what the profile is by itself, but to the profiles that stand on it
    it is its keys. Keys beside other sources of credentials are several-identities.

    Take out what is not meant: the keys in the credentials file, or the role that they hide.
    """
    for profile, value in with_key(context, _ID):
        role = profile.values.get("role_arn")
        if value.origin.kind is not FileKind.CREDENTIALS or role is None or not role.text:
            continue
        own = profile.get("source_profile") == profile.name  # the keys are there for the role
        if role.origin.kind is FileKind.CONFIG and check_helpers.is_role(profile) and not own:
            yield profile_fault(
                profile,
                "role_arn",
                f"The keys at {value.origin} hide role_arn from what stands on this profile.",
                f"awsprof unset {arguments(profile.name)} role_arn, or take the keys out of"
                f" {value.origin}",
            )


@offline_check(Severity.WARNING)
def stray_secret(context: CheckContext) -> Iterator[Fault]:
    """A secret stands where no SDK looks for one: in a comment, a process line, pasted JSON.

    It does nothing there, and whoever reads the file has it; awsprof keys move leaves it, since
    nothing says whose it is.
    Take the line out in an editor. Make a new key where that one is in use still.
    """
    asked = in_scope(context)
    for view in file_views(context):
        starts = [(written.line(0), written.block.id) for written in view.blocks]
        lines = [*view.stored.legible.preamble, *(t for w in view.blocks for t in w.block.lines)]
        for line, what in find_stray_secrets(view.stored):
            section = next((id for at, id in reversed(starts) if at <= line), None)
            text = lines[line - 1].strip() if line <= len(lines) else ""
            if section is not None and shell_line(text):
                continue  # shell-line-in-file
            if section is None and is_assignment(text):
                continue  # line-without-equals: it lacks its header alone
            if section is None or asked(section):
                name = profile_of(section) if section else None
                says = f"A secret stands in {what}: whoever reads the file has it."
                fix = "take it out in an editor; one that is in use still: make a new key"
                yield Fault(says, fix, name, view.at(line))


@offline_check(Severity.ERROR)
def half_key(context: CheckContext) -> Iterator[Fault]:
    """A profile has an access key's id without its secret, or the secret without the id.

    boto3 stops with PartialCredentialsError where the secret is missing, and overlooks a secret
    without an id. It also reads the two from one file alone: an id in the credentials file does
    not go with a secret in the config file.

    Add the key whole: awsprof add keys NAME keeps its secret in the vault.
    """
    for profile in context.profiles:
        has_id, has_secret = profile.get(_ID), profile.get(_SECRET)
        name = arguments(profile.name)
        if _ID in profile.values and not has_id and not has_secret:
            told = "aws_access_key_id is empty: boto3 signs with it all the same, and AWS refuses."
            yield profile_fault(profile, _ID, told, f"awsprof unset {arguments(profile.name, _ID)}")
        elif has_id and not has_secret:
            told = f"{display_id(has_id)} stands here without its aws_secret_access_key."
            yield profile_fault(profile, _ID, *_other_half(profile, told, _SECRET))
        elif has_secret and not has_id:
            told = "An aws_secret_access_key stands here without its aws_access_key_id."
            yield profile_fault(profile, _SECRET, *_other_half(profile, told, _ID))
        elif has_id and profile.values[_ID].origin.kind != profile.values[_SECRET].origin.kind:
            told = f"Its secret stands in another file, at {profile.values[_SECRET].origin}."
            yield profile_fault(profile, _ID, told, f"awsprof add keys {name}")


def _other_half(profile: Profile, told: str, wanted: str) -> tuple[str, str]:
    """What is told and the mend: the half that is missing may be there, under a slip of a name."""
    written = check_helpers.misspelt_key(profile, wanted)
    if written is None and check_helpers.credential_form(profile) not in (
        CredentialForm.KEYS,
        CredentialForm.NONE,
    ):
        half = _ID if wanted == _SECRET else _SECRET
        return f"{told} What else it has gives its credentials.", (
            f"awsprof unset {arguments(profile.name)} {half}"
        )
    if written is None:
        return told, f"awsprof add keys {arguments(profile.name)}"
    told = f"{told} The key {mask_name(written)} may be it, misspelt."
    return told, check_helpers.rename_repair(profile, written, wanted)


@offline_check(Severity.ERROR)
def temporary_key_without_token(context: CheckContext) -> Iterator[Fault]:
    """A temporary key (it begins with ASIA) stands in a file without its session token.

    AWS knows it only together with the token: every call fails with InvalidClientTokenId, in every
    SDK.

    awsprof setup sets up a profile that renews itself; this one can then go.
    """
    for profile, value in with_key(context, _ID):
        if value.text.startswith("ASIA") and not check_helpers.has_token(profile):
            yield profile_fault(
                profile,
                _ID,
                f"{display_id(value.text)} is a temporary key, and its session token is not here.",
                "awsprof setup sets up a profile that renews itself",
            )


@offline_check(Severity.WARNING)
def stale_temporary_keys(context: CheckContext) -> Iterator[Fault]:
    """Temporary credentials stand in a file: somebody, or some tool, pasted them.

    They end within hours, 36 at most, and no SDK renews them: from then on every call fails with
    ExpiredToken. Until then their secret lies in plain text.

    awsprof setup makes a profile that renews itself: Identity Center, or a role with MFA.
    """
    for profile, value in with_key(context, _ID):
        if value.text.startswith("ASIA") and check_helpers.has_token(profile):
            yield profile_fault(
                profile,
                _ID,
                f"{display_id(value.text)} is temporary: it ends within hours, and nothing renews"
                " it.",
                "awsprof setup sets up a profile that renews itself",
            )


@offline_check(Severity.WARNING, fixes=True)
def plaintext_long_term_key(context: CheckContext) -> Iterator[Fault]:
    """A long-term access key lies in plain text, where every program you run can read it.

    It works in every SDK, and for whoever copies the file: backups, dotfiles, malicious packages.
    It does not end by itself.

    awsprof keys move NAME puts the secret into the vault (your system's keyring); the profile
    stays, and hands the key out through credential_process. awsprof doctor --fix does so too.
    """
    wanted = set(context.names)
    secrets: dict[str, str] = {}
    for profile in context.catalog.plaintext_keys():
        named = key_of_line(profile)
        if (
            profile.name not in wanted
            or check_helpers.has_token(profile)
            or named not in (None, profile.get(_ID))
            or has_several_identities(profile)
            or is_misshapen(context, profile)
        ):
            continue  # it could not move: which one is meant, or how it is written, comes first
        key_id, secret = profile.get(_ID) or "", profile.get(_SECRET) or ""
        same = secrets.setdefault(key_id, secret) == secret
        told = profile_fault(
            profile,
            _SECRET,
            f"The secret of {display_id(key_id)} lies in plain text, where every program you run"
            " can"
            " read it.",
            f"awsprof keys move {arguments(profile.name)}",
            _moving(context, profile) if same else None,
        )
        yield replace(told, asked=partial(_dead, told))


def _dead(told: Fault, answered: LiveResult) -> Fault:
    """The fault once AWS was asked: a key that it does not take is not moved, but replaced."""
    if answered.identity is not None or key_works(answered.error) is not False:
        return told
    fix = f"awsprof add keys {arguments(answered.profile.name)} puts one that works in its place"
    message = told.message.removesuffix(".") + "; AWS does not take it."
    return replace(told, message=message, fix=fix, repair=None)


def _moving(context: CheckContext, profile: Profile) -> Repair | None:
    """Into the vault, where nothing else of the profile would be lost or come to light by that."""
    command = profile.get("credential_process")
    named = key_of_line(profile)
    if profile.get("login_session") or (command and named != profile.get(_ID)):
        return None
    return check_helpers.change_repair(
        lambda: operations.move_key(profile, None, None, context.catalog)
    )


@offline_check(Severity.WARNING, fixes=True)
def legacy_security_token(context: CheckContext) -> Iterator[Fault]:
    """A profile has aws_security_token, an old name of the session token.

    boto3 reads it, and before aws_session_token where both are there; the other SDKs know only
    aws_session_token. So they have no token, or another one.

    awsprof doctor --fix gives it the new name.
    """
    for profile, value in with_key(context, _LEGACY):
        if is_long_term(profile.get(_ID) or ""):
            continue  # token-with-long-term-key: SDKs that do not read it do well without
        other = profile.get(_TOKEN)
        differs = other is not None and other != value.text
        yield profile_fault(
            profile,
            _LEGACY,
            "boto3 takes aws_security_token, and the other SDKs another token, aws_session_token."
            if differs
            else "aws_security_token is read by boto3 alone; other SDKs want aws_session_token.",
            "awsprof doctor --fix legacy-security-token",
            check_helpers.change_repair(lambda p=profile: _renamed(context, p)),  # type: ignore[misc]
        )


def _renamed(context: CheckContext, profile: Profile) -> Change:
    value = profile.values[_LEGACY]
    check_value(value.text, _TOKEN)
    section = SectionId.profile(profile.name)
    edits = [FileEdit(value.origin.kind, SetValue(section, _TOKEN, value.text))]
    kinds = context.catalog.files_with(profile.name, _LEGACY)
    edits += [FileEdit(kind, UnsetValue(section, _LEGACY)) for kind in kinds]
    return Change(f"renamed aws_security_token of {profile.name}", tuple(edits))
