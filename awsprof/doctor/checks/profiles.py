"""Checks of profiles: on whom a role stands, and whether that leads to credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.awsfiles.dialects import portable_name
from awsprof.awsfiles.document import FileEdit, FileKind, PutSection, SectionId
from awsprof.awsfiles.edits import check_value
from awsprof.clean import clean
from awsprof.doctor import lookups
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.lookups import CREDENTIAL_SOURCES, Form, fault, having
from awsprof.editing import verbs
from awsprof.editing.change import Change
from awsprof.masking import mask_name
from awsprof.profiles import ownline
from awsprof.profiles.kinds.base import free_name
from awsprof.shells import arguments, word

if TYPE_CHECKING:
    from awsprof.doctor.repairs import Repair
    from awsprof.doctor.scene import Scene
    from awsprof.profiles.model import Profile


@check(Severity.ERROR)
def role_without_source(scene: Scene) -> Iterator[Fault]:
    """A profile has role_arn, and nothing that says with whose credentials to assume the role.

    boto3 and the AWS CLI stop with PartialCredentialsError, even where the profile has keys of its
    own; most other SDKs refuse it too.

    Name the profile that assumes it: awsprof set NAME source_profile SOURCE. Where the keys stand
    in the same profile, that is the profile itself.
    """
    for profile, value in having(scene, "role_arn"):
        sources = ("source_profile", "credential_source", "web_identity_token_file")
        if any(map(profile.get, sources)) or profile.get("credential_process"):
            continue  # a role with a process is role-with-process
        own = lookups.has_keys(profile)
        slip = lookups.misspelt(profile, "source_profile")
        wanted = "source_profile"
        fix = lookups.renaming(profile, slip, wanted) if slip else lookups.sourcing(scene, profile)
        yield fault(
            profile,
            "role_arn",
            f"{clean(value.text)} has no source_profile, so nothing assumes it.",
            f"awsprof set {arguments(profile.name, 'source_profile', profile.name)}"
            if own
            else fix,
        )


@check(Severity.ERROR)
def two_sources(scene: Scene) -> Iterator[Fault]:
    """A role has both source_profile and credential_source: whose credentials assume it?

    boto3 and the AWS CLI refuse to choose (InvalidConfigError); other SDKs take one of them, and
    not all the same one.

    Take one out: awsprof unset NAME credential_source.
    """
    for profile, value in having(scene, "credential_source"):
        named = profile.get("source_profile")
        if named and lookups.is_role(profile):
            yield fault(
                profile,
                "credential_source",
                f"It stands on source_profile = {clean(named)} and on credential_source ="
                f" {clean(value.text)}; boto3 takes neither.",
                f"awsprof unset {arguments(profile.name)} credential_source",
            )


@check(Severity.ERROR)
def role_arn_missing(scene: Scene) -> Iterator[Fault]:
    """A profile has a source_profile and no role_arn, and nothing else that gives credentials.

    SDKs read source_profile where there is a role to assume with it. Without role_arn boto3 finds
    no credentials at all ("Unable to locate credentials"), or takes those of the machine.

    Write role_arn below the profile's header. Where the source itself is meant, use that profile.
    """
    for profile, value in having(scene, "source_profile"):
        if profile.get("role_arn") or lookups.form(profile) is not Form.NONE:
            continue
        slip = lookups.misspelt(profile, "role_arn")
        told = f"It names the source {clean(value.text)}, and no role_arn that it is to assume."
        source = scene.catalog.profiles.get(value.text)
        fix = "write role_arn and the ARN of the role below its header"
        if slip:
            told = f"{told} The key {mask_name(slip)} may be it, misspelt."
            fix = lookups.renaming(profile, slip, "role_arn")
        elif source is not None:
            fix += f"; to be {clean(source.name)} itself: export AWS_PROFILE={word(source.name)}"
        yield fault(profile, "source_profile", told, fix)


@check(Severity.WARNING)
def web_identity_with_source(scene: Scene) -> Iterator[Fault]:
    """A role has web_identity_token_file beside a source_profile or credential_source.

    boto3 and the AWS CLI take the web identity and never look at the source; the JavaScript SDK
    and others look for the source first. So it depends on the program who you are.

    Take the one out that is not meant: awsprof unset NAME source_profile.
    """
    for profile, _ in having(scene, "web_identity_token_file"):
        if not profile.get("role_arn"):
            continue
        for key in ("source_profile", "credential_source"):
            if profile.get(key):
                yield fault(
                    profile,
                    key,
                    f"boto3 takes web_identity_token_file, and ignores {key} ="
                    f" {clean(profile.get(key) or '')}.",
                    f"awsprof unset {arguments(profile.name)} {key}",
                )


@check(Severity.ERROR)
def bad_credential_source(scene: Scene) -> Iterator[Fault]:
    """A role's credential_source is none that there is.

    It is Environment, EcsContainer or Ec2InstanceMetadata, written just so: boto3 compares upper
    and lower case, and refuses anything else (InvalidConfigError).

    Set one of them: awsprof set NAME credential_source Environment.
    """
    for profile, value in having(scene, "credential_source"):
        if not lookups.is_role(profile) or value.text in CREDENTIAL_SOURCES:
            continue
        folded = {known.lower(): known for known in CREDENTIAL_SOURCES}
        meant = folded.get(value.text.strip().lower())
        yield fault(
            profile,
            "credential_source",
            f"credential_source = {clean(value.text)} is none that there is."
            + (f" Did you mean {meant}?" if meant else ""),
            f"awsprof set {arguments(profile.name)} credential_source {meant or 'Environment'}",
        )


@check(Severity.ERROR, fixes=True)
def role_with_process(scene: Scene) -> Iterator[Fault]:
    """A profile has both role_arn and credential_process, and no other source for the role.

    The Go SDK lets the process assume the role; boto3 and the AWS CLI stop with
    PartialCredentialsError, since a role must name its source.

    Make it two profiles: one with the process, and the role with that one as its source_profile.
    awsprof doctor --fix does so.
    """
    taken = set(scene.catalog.profiles)
    for profile, value in having(scene, "credential_process"):
        named = profile.get("source_profile")
        itself = named == profile.name and not lookups.has_keys(profile)
        if not lookups.is_role(profile) or profile.get("credential_source"):
            continue
        if named and not itself:
            continue
        new = free_name(f"{profile.name}-source", taken)
        taken.add(new)
        command = f"--command {word(value.text)}"
        yield fault(
            profile,
            "credential_process",
            "A role cannot have a credential_process of its own in boto3; they are two profiles.",
            f"awsprof add process {arguments(new, flags=command)}, then"
            f" awsprof set {arguments(profile.name, 'source_profile', new)}",
            _splitting(scene, profile, new),
        )


def _splitting(scene: Scene, profile: Profile, new: str) -> Repair | None:
    """The process to a profile of its own, and the role on that one."""
    command = profile.get("credential_process") or ""
    line = ownline.parse(command)
    asked = line.profile if line is not None else ""
    if asked == profile.name or asked not in scene.catalog.profiles:
        asked = new
    if line is not None and asked == new and line.key_id is None:
        return None  # it is the role itself that the line asks for

    def change() -> Change:
        text = ownline.compose(asked, line.key_id) if line is not None else command
        check_value(text, "credential_process")
        made = PutSection(SectionId.profile(new), (("credential_process", text),))
        unset = verbs.unset_value(profile.name, "credential_process", scene.catalog)
        put = verbs.set_value(profile.name, "source_profile", new, scene.catalog)
        edits = (FileEdit(FileKind.CONFIG, made), *unset.edits, *put.edits)
        return Change(f"made {profile.name} a role on {new}", edits)

    return lookups.repairing(change) if portable_name(new) else None
