"""Checks of roles: which credentials assume them, and whether those exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.configfile.edits import require_portable_value
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import (
    CREDENTIAL_SOURCES,
    ProviderType,
    profile_fault,
    profiles_setting,
    set_command,
    shown_key,
    unset_command,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.near_names import nearest_name
from awsprof.profiles import process_command
from awsprof.profiles.kinds.base import derived_name
from awsprof.shells import arguments, set_variable, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.model import Profile


@offline_check(Severity.ERROR)
def role_without_source(context: CheckContext) -> Iterator[Fault]:
    """A profile has role_arn, but nothing says which credentials assume the role.

    boto3 and the AWS CLI stop with PartialCredentialsError, even if the profile has keys of its
    own; most other SDKs reject it too.

    Name the profile that assumes the role: awsprof set NAME source_profile SOURCE. If the keys are
    in the same profile, that is the profile itself.
    """
    for profile, value in profiles_setting(context, "role_arn"):
        sources = ("source_profile", "credential_source", "web_identity_token_file")
        if any(map(profile.get, sources)) or profile.get("credential_process"):
            continue  # a role with a process is role-with-process
        own_keys = check_helpers.has_keys(profile)
        misspelt = check_helpers.misspelt_key(profile, "source_profile")
        wanted = "source_profile"
        fix = (
            check_helpers.rename_fix(profile, misspelt, wanted)
            if misspelt
            else check_helpers.source_command(context, profile)
        )
        yield profile_fault(
            profile,
            "role_arn",
            f"{sanitize(value.text)} has no source_profile, so no credentials can assume it.",
            set_command(profile, "source_profile", profile.name) if own_keys else fix,
        )


@offline_check(Severity.ERROR)
def two_sources(context: CheckContext) -> Iterator[Fault]:
    """A role has two sources of credentials: source_profile and credential_source.

    boto3 and the AWS CLI stop with InvalidConfigError; other SDKs use one of the two, and not all
    of them the same one.

    Remove one: awsprof unset NAME credential_source.
    """
    for profile, value in profiles_setting(context, "credential_source"):
        named = profile.get("source_profile")
        if named and check_helpers.is_role(profile):
            source = check_helpers.source_of(context, profile)
            works = source is not None and (
                check_helpers.has_keys(source)
                or check_helpers.provider_type(source, as_source=True) is not ProviderType.NONE
            )
            unneeded = "credential_source" if works else "source_profile"
            yield profile_fault(
                profile,
                "credential_source",
                f"This profile has two sources of credentials, source_profile = {sanitize(named)}"
                f" and credential_source = {sanitize(value.text)}; boto3 uses neither.",
                unset_command(profile, unneeded),
            )


@offline_check(Severity.ERROR)
def role_arn_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile has source_profile but no role_arn, and nothing else that gives credentials.

    SDKs use source_profile only to assume a role. Without role_arn boto3 finds no credentials
    ("Unable to locate credentials"), or uses those of the machine.

    Add role_arn below the profile's header. If you meant the source profile itself, use that
    profile.
    """
    for profile, value in profiles_setting(context, "source_profile"):
        if profile.get("role_arn") or check_helpers.provider_type(profile) is not ProviderType.NONE:
            continue
        misspelt = check_helpers.misspelt_key(profile, "role_arn")
        message = f"It has source_profile = {sanitize(value.text)} but no role_arn to assume."
        source = context.catalog.profiles.get(value.text)
        fix = "add role_arn with the ARN of the role below its header"
        if misspelt:
            message = f"{message} The key {shown_key(misspelt)} may be a typo of it."
            fix = check_helpers.rename_fix(profile, misspelt, "role_arn")
        elif source is not None:
            use_it = set_variable("AWS_PROFILE", source.name)
            fix += f"; to use {sanitize(source.name)} itself: {use_it}"
        yield profile_fault(profile, "source_profile", message, fix)


@offline_check(Severity.WARNING)
def web_identity_with_source(context: CheckContext) -> Iterator[Fault]:
    """A role has web_identity_token_file as well as source_profile or credential_source.

    boto3 and the AWS CLI use the web identity and ignore the source; the JavaScript SDK and others
    use the source first. Your identity then depends on the program.

    Remove the one that you do not need: awsprof unset NAME source_profile.
    """
    for profile, _ in profiles_setting(context, "web_identity_token_file"):
        if not profile.get("role_arn"):
            continue
        for key in ("source_profile", "credential_source"):
            if profile.get(key):
                yield profile_fault(
                    profile,
                    key,
                    f"boto3 uses web_identity_token_file and ignores {key} ="
                    f" {sanitize(profile.get(key) or '')}.",
                    unset_command(profile, key),
                )


@offline_check(Severity.ERROR)
def bad_credential_source(context: CheckContext) -> Iterator[Fault]:
    """A role's credential_source has an unknown value.

    It must be Environment, EcsContainer or Ec2InstanceMetadata, in exactly this spelling: boto3
    compares upper and lower case, and rejects everything else (InvalidConfigError).

    Set one of them: awsprof set NAME credential_source Environment.
    """
    for profile, value in profiles_setting(context, "credential_source"):
        if not check_helpers.is_role(profile) or value.text in CREDENTIAL_SOURCES:
            continue
        folded = {known.lower(): known for known in CREDENTIAL_SOURCES}
        close = nearest_name(value.text.strip().lower(), folded)
        suggestion = folded[close] if close else None
        yield profile_fault(
            profile,
            "credential_source",
            f"credential_source = {sanitize(value.text)} is not a valid value."
            + (f" Did you mean {suggestion}?" if suggestion else ""),
            set_command(profile, "credential_source", suggestion or "Environment"),
        )


@offline_check(Severity.ERROR, fixes=True)
def role_with_process(context: CheckContext) -> Iterator[Fault]:
    """A profile has both role_arn and credential_process, and no other source for the role.

    The Go SDK assumes the role with the credentials of the process; boto3 and the AWS CLI stop with
    PartialCredentialsError, because a role must name its source.

    Split it into two profiles: one with the process, and the role with that profile as its
    source_profile. awsprof doctor --fix does so.
    """
    taken = set(context.catalog.profiles)
    for profile, value in profiles_setting(context, "credential_process"):
        named = profile.get("source_profile")
        itself = named == profile.name and not check_helpers.has_keys(profile)
        if not check_helpers.is_role(profile) or profile.get("credential_source"):
            continue
        if named and not itself:
            continue
        new = derived_name(profile.name, "source", taken)
        taken.add(new)
        command = f"--command {shell_word(value.text)}"
        yield profile_fault(
            profile,
            "credential_process",
            "boto3 cannot assume a role with a credential_process in the same profile.",
            f"awsprof add process {arguments(new, flags=command)}, then"
            f" awsprof set {arguments(profile.name, 'source_profile', new)}",
            _splitting_repair(context, profile, new),
        )


def _splitting_repair(context: CheckContext, profile: Profile, new: str) -> Repair | None:
    """Returns the repair that moves the process to the profile ``new``, the role's new source."""
    command = profile.get("credential_process") or ""
    line = process_command.parse_command(command)
    target = line.profile if line is not None else ""
    if target == profile.name or target not in context.catalog.profiles:
        target = new
    if line is not None and target == new and line.key_id is None:
        return None  # the line asks for the role itself

    def change() -> Change:
        text = process_command.build_command(target, line.key_id) if line is not None else command
        require_portable_value(text, "credential_process")
        section = PutSection(SectionId.profile(new), (("credential_process", text),))
        unset = profile_operations.unset_profile_value(
            profile.name, "credential_process", context.catalog
        )
        put = profile_operations.set_profile_value(
            profile.name, "source_profile", new, context.catalog
        )
        edits = (FileEdit(FileKind.CONFIG, section), *unset.edits, *put.edits)
        return Change(f"made {new} the source of {profile.name}", edits)

    return check_helpers.change_repair(change) if portable_name(new) else None
