"""Checks of profiles: on whom a role stands, and whether that leads to credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.configfile.edits import check_value
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import CREDENTIAL_SOURCES, CredentialForm, profile_fault, with_key
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.editing import operations
from awsprof.editing.change import Change
from awsprof.masking import mask_name
from awsprof.profiles import process_command
from awsprof.profiles.kinds.base import free_name
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.doctor.findings import Repair
    from awsprof.profiles.model import Profile


@offline_check(Severity.ERROR)
def role_without_source(context: CheckContext) -> Iterator[Fault]:
    """A profile has role_arn, and nothing that says with whose credentials to assume the role.

    boto3 and the AWS CLI stop with PartialCredentialsError, even where the profile has keys of its
    own; most other SDKs refuse it too.

    Name the profile that assumes it: awsprof set NAME source_profile SOURCE. Where the keys stand
    in the same profile, that is the profile itself.
    """
    for profile, value in with_key(context, "role_arn"):
        sources = ("source_profile", "credential_source", "web_identity_token_file")
        if any(map(profile.get, sources)) or profile.get("credential_process"):
            continue  # a role with a process is role-with-process
        own = check_helpers.has_keys(profile)
        slip = check_helpers.misspelt_key(profile, "source_profile")
        wanted = "source_profile"
        fix = (
            check_helpers.rename_repair(profile, slip, wanted)
            if slip
            else check_helpers.source_command(context, profile)
        )
        yield profile_fault(
            profile,
            "role_arn",
            f"{sanitize(value.text)} has no source_profile, so nothing assumes it.",
            f"awsprof set {arguments(profile.name, 'source_profile', profile.name)}"
            if own
            else fix,
        )


@offline_check(Severity.ERROR)
def two_sources(context: CheckContext) -> Iterator[Fault]:
    """A role has both source_profile and credential_source: whose credentials assume it?

    boto3 and the AWS CLI refuse to choose (InvalidConfigError); other SDKs take one of them, and
    not all the same one.

    Take one out: awsprof unset NAME credential_source.
    """
    for profile, value in with_key(context, "credential_source"):
        named = profile.get("source_profile")
        if named and check_helpers.is_role(profile):
            yield profile_fault(
                profile,
                "credential_source",
                f"It stands on source_profile = {sanitize(named)} and on credential_source ="
                f" {sanitize(value.text)}; boto3 takes neither.",
                f"awsprof unset {arguments(profile.name)} credential_source",
            )


@offline_check(Severity.ERROR)
def role_arn_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile has a source_profile and no role_arn, and nothing else that gives credentials.

    SDKs read source_profile where there is a role to assume with it. Without role_arn boto3 finds
    no credentials at all ("Unable to locate credentials"), or takes those of the machine.

    Write role_arn below the profile's header. Where the source itself is meant, use that profile.
    """
    for profile, value in with_key(context, "source_profile"):
        if (
            profile.get("role_arn")
            or check_helpers.credential_form(profile) is not CredentialForm.NONE
        ):
            continue
        slip = check_helpers.misspelt_key(profile, "role_arn")
        told = f"It names the source {sanitize(value.text)}, and no role_arn that it is to assume."
        source = context.catalog.profiles.get(value.text)
        fix = "write role_arn and the ARN of the role below its header"
        if slip:
            told = f"{told} The key {mask_name(slip)} may be it, misspelt."
            fix = check_helpers.rename_repair(profile, slip, "role_arn")
        elif source is not None:
            fix += (
                f"; to be {sanitize(source.name)} itself: export"
                f" AWS_PROFILE={shell_word(source.name)}"
            )
        yield profile_fault(profile, "source_profile", told, fix)


@offline_check(Severity.WARNING)
def web_identity_with_source(context: CheckContext) -> Iterator[Fault]:
    """A role has web_identity_token_file beside a source_profile or credential_source.

    boto3 and the AWS CLI take the web identity and never look at the source; the JavaScript SDK
    and others look for the source first. So it depends on the program who you are.

    Take the one out that is not meant: awsprof unset NAME source_profile.
    """
    for profile, _ in with_key(context, "web_identity_token_file"):
        if not profile.get("role_arn"):
            continue
        for key in ("source_profile", "credential_source"):
            if profile.get(key):
                yield profile_fault(
                    profile,
                    key,
                    f"boto3 takes web_identity_token_file, and ignores {key} ="
                    f" {sanitize(profile.get(key) or '')}.",
                    f"awsprof unset {arguments(profile.name)} {key}",
                )


@offline_check(Severity.ERROR)
def bad_credential_source(context: CheckContext) -> Iterator[Fault]:
    """A role's credential_source is none that there is.

    It is Environment, EcsContainer or Ec2InstanceMetadata, written just so: boto3 compares upper
    and lower case, and refuses anything else (InvalidConfigError).

    Set one of them: awsprof set NAME credential_source Environment.
    """
    for profile, value in with_key(context, "credential_source"):
        if not check_helpers.is_role(profile) or value.text in CREDENTIAL_SOURCES:
            continue
        folded = {known.lower(): known for known in CREDENTIAL_SOURCES}
        meant = folded.get(value.text.strip().lower())
        yield profile_fault(
            profile,
            "credential_source",
            f"credential_source = {sanitize(value.text)} is none that there is."
            + (f" Did you mean {meant}?" if meant else ""),
            f"awsprof set {arguments(profile.name)} credential_source {meant or 'Environment'}",
        )


@offline_check(Severity.ERROR, fixes=True)
def role_with_process(context: CheckContext) -> Iterator[Fault]:
    """A profile has both role_arn and credential_process, and no other source for the role.

    The Go SDK lets the process assume the role; boto3 and the AWS CLI stop with
    PartialCredentialsError, since a role must name its source.

    Make it two profiles: one with the process, and the role with that one as its source_profile.
    awsprof doctor --fix does so.
    """
    taken = set(context.catalog.profiles)
    for profile, value in with_key(context, "credential_process"):
        named = profile.get("source_profile")
        itself = named == profile.name and not check_helpers.has_keys(profile)
        if not check_helpers.is_role(profile) or profile.get("credential_source"):
            continue
        if named and not itself:
            continue
        new = free_name(f"{profile.name}-source", taken)
        taken.add(new)
        command = f"--command {shell_word(value.text)}"
        yield profile_fault(
            profile,
            "credential_process",
            "A role cannot have a credential_process of its own in boto3; they are two profiles.",
            f"awsprof add process {arguments(new, flags=command)}, then"
            f" awsprof set {arguments(profile.name, 'source_profile', new)}",
            _splitting(context, profile, new),
        )


def _splitting(context: CheckContext, profile: Profile, new: str) -> Repair | None:
    """The process to a profile of its own, and the role on that one."""
    command = profile.get("credential_process") or ""
    line = process_command.parse_command(command)
    asked = line.profile if line is not None else ""
    if asked == profile.name or asked not in context.catalog.profiles:
        asked = new
    if line is not None and asked == new and line.key_id is None:
        return None  # it is the role itself that the line asks for

    def change() -> Change:
        text = process_command.build_command(asked, line.key_id) if line is not None else command
        check_value(text, "credential_process")
        made = PutSection(SectionId.profile(new), (("credential_process", text),))
        unset = operations.unset_profile_value(profile.name, "credential_process", context.catalog)
        put = operations.set_profile_value(profile.name, "source_profile", new, context.catalog)
        edits = (FileEdit(FileKind.CONFIG, made), *unset.edits, *put.edits)
        return Change(f"made {profile.name} a role on {new}", edits)

    return check_helpers.change_repair(change) if portable_name(new) else None
