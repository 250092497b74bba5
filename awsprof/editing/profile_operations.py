"""Builds the Change for each edit of a profile: add, set, unset, rename, copy, remove, move key."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from awsprof.configfile.document import (
    Entry,
    FileEdit,
    FileKind,
    PutSection,
    RemoveSection,
    RenameSection,
    Section,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.configfile.key_lines import split_inline_comment
from awsprof.editing.change import Change, NewSecret
from awsprof.editing.outcome import (
    profile_to_edit,
    refuse_key_read_differently,
    verify_removed,
    verify_same_identity,
    verify_values,
)
from awsprof.editing.placement import place_change
from awsprof.errors import EditRefused, UsageError
from awsprof.masking.mask import MASK, mask_name, mask_value
from awsprof.masking.search import is_secret
from awsprof.masking.secret_names import PLACES
from awsprof.paths import display_path
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.default_section import inherited_fix, moving_fix
from awsprof.profiles.kinds import Kind, mfa_at_source
from awsprof.profiles.kinds.base import check_new_name
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.model import Profile
from awsprof.profiles.offline_identity import WHO_KEYS
from awsprof.profiles.provider_order import has_token, key_in_process_line
from awsprof.profiles.second_key import refuse_loss_by_move
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

_DECISIVE: Final = WHO_KEYS | PLACES
_NAMING: Final = ("source_profile", "include_profile")  # the second is aws-vault's


def add_profile(
    kind: Kind,
    name: str,
    values: Mapping[str, str],
    catalog: Catalog,
    *,
    secret: Secret | None = None,
    account: str | None = None,
    arn: str | None = None,
) -> Change:
    """Adds or changes a profile of ``kind``: validated ``values``, and a secret for the vault."""
    new = (NewSecret(values["access_key_id"], secret, account, arn),) if secret is not None else ()
    change = _with_kind(kind, name, values, catalog, new)
    return verify_values(change, catalog, free={name})


def _with_kind(
    kind: Kind, name: str, values: Mapping[str, str], catalog: Catalog, new: tuple[NewSecret, ...]
) -> Change:
    verb = "changed" if name in catalog.profiles else "added"
    change = Change(f"{verb} {name}", kind.edits(name, values, catalog), new)
    return place_change(change, catalog)


def set_profile_value(name: str, key: str, value: str, catalog: Catalog) -> Change:
    """Sets one value of a profile in each file that has the key; ``s3.x`` is a nested key.

    A new key goes to the config file if the profile is there. Raises EditRefused if another line
    takes precedence over it.
    """
    _refuse_secret(name, key, value)
    profile = profile_to_edit(name, catalog)
    key, _, nested = key.lower().partition(".")
    kind = _file_of(name, key, catalog)
    edit = SetValue(SectionId.profile(name), key, value, nested or None)
    change = place_change(Change(f"set {key} of {name}", (FileEdit(kind, edit),)), catalog)
    if key == "mfa_serial" and key_in_process_line(profile) and not profile.get("role_arn"):
        role_edits = mfa_at_source.move_mfa_edits(name, catalog)  # its roles would stop working
        change = replace(change, edits=(*change.edits, *role_edits))
    return verify_values(change, catalog, free=_decided_by(key, name))


def unset_profile_value(name: str, key: str, catalog: Catalog) -> Change:
    """Removes one value of a profile, from both files if both have it."""
    profile = profile_to_edit(name, catalog)
    key, _, nested = key.lower().partition(".")
    kinds = catalog.files_with(name, key)
    below = profile.nested.get(key, {})
    if nested and below:  # the file that has it, though the other file may shadow it
        kinds = (next(iter(below.values())).origin.kind,)
    elif below:
        kinds = (_file_of(name, key, catalog),)
    fix = inherited_fix(profile.values, key)
    if fix is not None:
        raise EditRefused(
            f"{sanitize(name)} has {key} from [DEFAULT] ({profile.values[key].origin}), as every"
            " profile of that file.",
            fix,
        )
    if not kinds:
        raise UsageError(
            f"{name} has no {key}.", f"awsprof show {arguments(name)} lists what it has"
        )
    edit = UnsetValue(SectionId.profile(name), key, nested or None)
    change = Change(f"unset {key} of {name}", tuple(FileEdit(kind, edit) for kind in kinds))
    return verify_values(change, catalog, free=_decided_by(key, name))


def _decided_by(key: str, name: str) -> frozenset[str]:
    """Returns the profile, if the key decides who it is."""
    return frozenset({name} if key in _DECISIVE else ())


def rename_profile(name: str, new: str, catalog: Catalog) -> Change:
    """Renames a profile in both files, and wherever source_profile or our process lines name it.

    AWS is not asked: the same values mean the same identity under any name. EditRefused if an SDK
    reads only some of the profile's sections, so that it would be somebody else afterwards.
    """
    profile = profile_to_edit(name, catalog)
    _require_free_name(new, catalog)
    edits = [
        FileEdit(origin.kind, RenameSection(SectionId.profile(name), new))
        for origin in profile.origins
    ]
    for kind in FileKind:
        # Every section, not only the merged values: a shadowed source_profile changes too. boto3
        # refuses a profile that has another value than its sso-session for any key.
        for section in catalog.stored(kind).document.sections:
            if section.id.type in {"profile", "sso-session"}:
                edits += _rename_references(section, kind, name, new)
    change = Change(f"renamed {name} to {new}", tuple(edits))
    return verify_same_identity(change, name, new, catalog)


def _rename_references(section: Section, kind: FileKind, name: str, new: str) -> Iterator[FileEdit]:
    """Yields edits of a section's lines that name the profile: its source, our process line."""
    where = SectionId.profile(new) if section.id == SectionId.profile(name) else section.id
    for entry in section.entries:  # each: a broken section may have a key twice
        if entry.key in _NAMING and name in entry.value and _name_in(entry) == name:
            if entry.value != name:
                _refuse_more(section, entry, name)
            yield FileEdit(kind, SetValue(where, entry.key, new))
        elif entry.key == "credential_process":
            first = process_command.parse_command(_name_in(entry))
            line = first or process_command.parse_command(entry.value)
            if line is not None and line.profile == name:
                _refuse_more(section, entry, name)
                text = process_command.build_command(new, line.key_id)
                yield FileEdit(kind, SetValue(where, entry.key, text))
            elif line is None and process_command.asked_profile(_name_in(entry)) == name:
                _refuse_more(section, entry, name)
                text = process_command.replace_asked_profile(entry.value, new)
                yield FileEdit(kind, SetValue(where, entry.key, text))
            elif line is None and process_command.may_ask_for(name, entry.value):
                _refuse_more(section, entry, name)


def _name_in(entry: Entry) -> str:
    """Returns the value as the SDKs other than boto3 read it: one line, without a comment."""
    return split_inline_comment(entry.value.partition("\n")[0])[0]


def _refuse_more(section: Section, entry: Entry, name: str) -> None:
    """Raises EditRefused if boto3 reads more than the name as the value, and other SDKs do not."""
    if entry.value == _name_in(entry):
        return
    below = "\n" in entry.value
    what = "an indented line below it" if below else "a comment after it"
    user = f" {arguments(section.id.name)}" if section.id.type == "profile" else ""
    fix = f"awsprof doctor --fix {'indented-key' if below else 'inline-comment'}{user}"
    if below and name not in _name_in(entry).split():  # neither of its lines means anything alone
        fix = f"awsprof doctor --offline{user}"
    raise EditRefused(
        f"{entry.key} of {sanitize(section.id.name)} names {sanitize(name)}, with {what} that"
        " boto3 takes as part of the value.",
        f"correct that line first: {fix}",
    )


def copy_profile(name: str, new: str, catalog: Catalog) -> Change:
    """Copies a profile. The copy shares a key in the vault; a key in plain text is refused.

    AWS is not asked: everything that decides the identity is copied, or refused.
    """
    profile = profile_to_edit(name, catalog)
    _require_free_name(new, catalog)
    if profile.get("aws_access_key_id"):
        raise UsageError(
            f"{name} has its access key in plain text, which awsprof does not copy.",
            moving_fix(profile, first="move it into the vault first: "),
        )
    _refuse_secret_values(profile)
    _refuse_broken_section(profile, catalog)
    values = tuple((key, value.text) for key, value in profile.values.items())
    section = SectionId.profile(new)
    edits = [FileEdit(FileKind.CONFIG, PutSection(section, values))]
    for key, below in profile.nested.items():
        edits += [
            FileEdit(FileKind.CONFIG, SetValue(section, key, value.text, nested))
            for nested, value in below.items()
        ]
    edits += _copied_process_line(profile, new)
    change = Change(f"copied {name} to {new}", tuple(edits))
    return verify_same_identity(change, name, new, catalog)


def _askers_of(name: str, catalog: Catalog) -> list[str]:
    """Returns the other profiles whose process asks for whatever credentials the profile has."""
    lines = {
        other: (profile.get("credential_process") or "").split("\n")[0]
        for other, profile in catalog.profiles.items()
        if other != name
    }
    return [n for n, line in lines.items() if process_command.asked_profile(line) == name]


def _refuse_secret_values(profile: Profile) -> None:
    """Raises UsageError if one of the values has a secret: a copy would repeat or lose it."""
    values = [(key, key, value.text) for key, value in profile.values.items()]
    for key, below in profile.nested.items():
        values += [(f"{key}.{nested}", nested, value.text) for nested, value in below.items()]
    for place, key, text in values:
        if MASK in mask_value(key, text) and MASK not in text:
            process = key.endswith("_process")
            raise UsageError(
                f"{sanitize(profile.name)} has a secret in its {mask_name(place)}, which awsprof"
                " does not copy.",
                "let the program read the secret from elsewhere, or give the copy a key of its own"
                if process
                else "remove that line in an editor first",
            )


def _refuse_broken_section(profile: Profile, catalog: Catalog) -> None:
    """Raises EditRefused if a section of the profile has a problem: SDKs read it differently."""
    for origin in profile.origins:
        for issue in catalog.stored(origin.kind).document.problems:
            if issue.section == SectionId.profile(profile.name):
                raise EditRefused(
                    f"{display_path(origin.path)}: Line {issue.line}: {issue.reason}",
                    f"fix it first: awsprof doctor --offline {arguments(profile.name)}",
                )


def remove_profile(name: str, catalog: Catalog, *, with_secret: bool = False) -> Change:
    """Removes a profile from both files. Raises UsageError if other profiles build on it."""
    profile = profile_to_edit(name, catalog)
    users = catalog.users_of(name)
    if users:
        raise UsageError(
            f"{', '.join(users)} {'has' if len(users) == 1 else 'have'} {name} as source_profile.",
            "set another source_profile for them, or remove them first",
        )
    askers = _askers_of(name, catalog)
    if askers:
        raise UsageError(
            f"{', '.join(map(sanitize, askers))} {'gets' if len(askers) == 1 else 'get'} the"
            f" credentials of {sanitize(name)}, by credential_process.",
            "remove them first, or set another credential_process for them",
        )
    edits = tuple(
        FileEdit(origin.kind, RemoveSection(SectionId.profile(name))) for origin in profile.origins
    )
    key_id = key_in_process_line(profile)
    forget: tuple[str, ...] = ()
    if with_secret:
        if key_id is None:
            raise UsageError(f"{name} has no key in the vault.", "leave --with-secret out")
        others = [user for user in catalog.users_of_key(key_id) if user != name]
        if others:
            raise UsageError(
                f"{', '.join(others)} uses the key {key_id} too.", "leave --with-secret out"
            )
        forget = (key_id,)
    change = Change(f"removed {name}", edits, forget=forget)
    return verify_removed(change, name, catalog)


def move_key(profile: Profile, account: str | None, arn: str | None, catalog: Catalog) -> Change:
    """Moves a plain-text long-term key into the vault; the profile's other values stay.

    Raises UsageError if the profile has something else that gives credentials, and EditRefused if
    SDKs do not agree on the key.
    """
    profile_to_edit(profile.name, catalog)
    key_id = profile.get("aws_access_key_id") or ""
    secret = profile.get("aws_secret_access_key")
    if profile.get("role_arn") or has_token(profile) or not secret:
        raise UsageError(
            f"{profile.name} has more than a long-term key: it is a role, or has a session token.",
            "split it into two profiles by hand first",
        )
    refuse_loss_by_move(profile, catalog)
    refuse_key_read_differently(profile, catalog)
    values = KEYS.validate({"access_key_id": key_id}, catalog, name=profile.name)
    asks_code = profile.name if profile.get("mfa_serial") else None
    new = NewSecret(key_id, Secret(secret), account, arn, asks_code)
    moved = _with_kind(KEYS, profile.name, values, catalog, (new,))
    moved = replace(moved, summary=f"moved the key of {profile.name} into the vault")
    return verify_values(moved, catalog)


def _refuse_secret(name: str, key: str, value: str) -> None:
    if key.lower() in {*PLACES, "aws_access_key_id"} or is_secret(value, key):
        raise UsageError(
            f"awsprof does not write {key} into a file.",
            f"awsprof add keys {arguments(name)} keeps the secret in the vault",
        )


def _require_free_name(name: str, catalog: Catalog) -> None:
    check_new_name(name)
    if name in catalog.profiles:
        raise UsageError(f"There is already a profile {name}.", "choose another name")


def _file_of(name: str, key: str, catalog: Catalog) -> FileKind:
    """Returns the file with the value (credentials first), else one with the profile."""
    profile = profile_to_edit(name, catalog)
    if key in profile.values:
        return profile.values[key].origin.kind
    below = profile.nested.get(key)
    if below:
        return next(iter(below.values())).origin.kind
    kinds = [origin.kind for origin in profile.origins]
    return FileKind.CONFIG if FileKind.CONFIG in kinds else kinds[0]


def _copied_process_line(profile: Profile, new: str) -> list[FileEdit]:
    value = profile.values.get("credential_process")
    line = process_command.parse_command(value.text) if value else None
    if value is None or line is None or line.profile != profile.name:
        return []
    text = process_command.build_command(new, line.key_id)
    section = SectionId.profile(new)
    return [FileEdit(FileKind.CONFIG, SetValue(section, "credential_process", text))]
