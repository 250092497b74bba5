"""Finds the other keys of a profile, what moving its key would lose, and how to keep both."""

from typing import Final

from awsprof.configfile.document import Entry, FileKind, SectionId
from awsprof.configfile.key_lines import split_inline_comment
from awsprof.errors import UsageError
from awsprof.key_ids import is_long_term
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import derived_name
from awsprof.profiles.model import Origin, Profile
from awsprof.profiles.process_command import parse_command
from awsprof.profiles.provider_order import ProviderType, provider_type
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

_KEYS: Final = PLACES | {"aws_access_key_id"}
_PAIR: Final = ("aws_access_key_id", "aws_secret_access_key")


def find_second_key(profile: Profile, catalog: Catalog) -> Origin | None:
    """Returns the first line of another key, or of a part of one; None if there is none.

    SDKs use the credentials file's key. Moving that into the vault removes the plain-text lines
    of both files, or else the other key would be used from then on.
    """
    for kind in FileKind:
        file = catalog.stored(kind)
        section = file.document.find(SectionId.profile(profile.name))
        for entry in section.entries if section else ():
            if entry.key in _KEYS and entry.value not in {profile.get(entry.key), ""}:
                return Origin(kind, file.path, entry.line)
    return None


def find_separate_secret(profile: Profile, catalog: Catalog) -> Origin | None:
    """Returns the line of the secret that the other file has for the profile's ID, or None.

    No SDK joins the two. The secret of another ID is none of this one's.
    """
    key_id = profile.values.get("aws_access_key_id")
    for kind in FileKind:
        file = catalog.stored(kind)
        section = file.document.find(SectionId.profile(profile.name))
        held = {entry.key: entry for entry in section.entries if entry.value} if section else {}
        secret, other = held.get("aws_secret_access_key"), held.get("aws_access_key_id")
        if key_id is None or secret is None or kind is key_id.origin.kind:
            continue
        if other is None or other.value == key_id.text:
            return Origin(kind, file.path, secret.line)
    return None


def _find_other_process(profile: Profile, catalog: Catalog) -> Origin | None:
    """Finds the first credential_process line that gives anything but the plain-text key.

    None if there is none. Moving the key writes our line over it, in each file that has one.
    """
    for kind in FileKind:
        file = catalog.stored(kind)
        section = file.document.find(SectionId.profile(profile.name))
        for entry in section.entries if section else ():
            if entry.key == "credential_process" and not _supplies_own_key(entry, profile):
                return Origin(kind, file.path, entry.line)
    return None


def _supplies_own_key(entry: Entry, profile: Profile) -> bool:
    """True for a line of ours with that key or that profile, and for an empty one."""
    line = parse_command(split_inline_comment(entry.value)[0])
    if line is None:
        return not entry.value and not entry.nested
    if line.key_id is None:
        return line.profile == profile.name
    return line.key_id == profile.get("aws_access_key_id")


def refuse_loss_by_import(profile: Profile, key_id: str, catalog: Catalog) -> None:
    """Raises UsageError if a key that is imported into the profile would delete another one.

    Its own key is moved into the vault. The temporary keys that other tools write may go.
    """
    if profile.get("aws_access_key_id") == key_id:
        refuse_loss_by_move(profile, catalog)
        return
    for kind in FileKind:
        file = catalog.stored(kind)
        section = file.document.find(SectionId.profile(profile.name))
        for entry in section.entries if section else ():
            if entry.key == "aws_access_key_id" and is_long_term(entry.value):
                raise UsageError(
                    f"{sanitize(profile.name)} has another key at"
                    f" {Origin(kind, file.path, entry.line)}, which importing would delete.",
                    "give those lines a profile of their own in an editor, or remove them",
                )


def refuse_loss_by_move(profile: Profile, catalog: Catalog) -> None:
    """Raises UsageError if moving the key into the vault would lose another key or a process."""
    second = find_second_key(profile, catalog)
    if second is not None:
        raise UsageError(
            f"{sanitize(profile.name)} has another key, or a part of one, at {second}, which moving"
            " would delete.",
            "give those lines a profile of their own in an editor, or remove them",
        )
    process = _find_other_process(profile, catalog)
    if process is None:
        return
    value = profile.values.get("credential_process")
    read = value is not None and value.origin == process
    used = read and provider_type(profile) is ProviderType.PROCESS
    name = arguments(profile.name)
    raise UsageError(
        f"{sanitize(profile.name)} also has a credential_process ({process})"
        f"{', which boto3 uses instead of the key' if used else ''}. Moving the key would"
        " overwrite it.",
        f"if you do not need the process: awsprof unset {name} credential_process, then awsprof"
        f" keys move {name}; if you need both, give the key a profile of its own:"
        f" {', then '.join(own_profile_commands(profile, catalog))}",
    )


def own_profile_commands(profile: Profile, catalog: Catalog) -> tuple[str, ...]:
    """Returns the commands that give a plain-text key a profile of its own, with it in the vault.

    A role that has no other source than the key gets the new profile as its source.
    """
    new = derived_name(profile.name, "key", catalog.profiles)
    copied = arguments(new, flags=f"--from={shell_word(profile.name)}")
    source = profile.get("source_profile") or profile.get("credential_source")
    is_source = bool(profile.get("role_arn")) and source in {None, "", profile.name}
    return (
        f"awsprof keys import {copied}",
        *((f"awsprof set {arguments(profile.name, 'source_profile', new)}",) if is_source else ()),
        *(f"awsprof unset {arguments(profile.name, key)}" for key in _PAIR),
    )
