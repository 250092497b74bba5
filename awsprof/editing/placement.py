"""Puts each edit where it takes effect: no other line may take precedence over it.

The credentials file overrides the config file key by key, so a value that both files have is set
in both. If a different key takes precedence (static keys over a process line, a role over Identity
Center: the order of botocore's providers), the edit is refused before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof.configfile import storage
from awsprof.configfile.document import (
    FileEdit,
    FileKind,
    PutSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.errors import EditRefused
from awsprof.key_ids import is_long_term
from awsprof.masking.mask import mask_value
from awsprof.profiles.default_section import inherited_fix
from awsprof.profiles.model import Origin, Profile, Value
from awsprof.profiles.provider_order import SELECTING_KEYS, ProviderType, provider_type
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog

# Two sources for one role: botocore refuses a profile that has both.
_RIVALS: Final = (("source_profile", "credential_source"), ("credential_source", "source_profile"))
_DECISIVE: Final = frozenset(
    {"sso_session", *(key for keys in SELECTING_KEYS.values() for key in keys), *dict(_RIVALS)}
)
"""The keys for which another line of the profile can take precedence."""


def place_change(change: Change, catalog: Catalog) -> Change:
    """Returns the change, with each value also set in the other file if that has the key already.

    Raises EditRefused, naming the line that takes precedence, if the profile would still not be
    what was requested.
    """
    edits = (*change.edits, *_in_other_files(change, catalog))
    placed = replace(change, edits=edits)
    for name in dict.fromkeys(name for e in edits for name, _, value in _values(e) if value):
        requested = requested_values(placed, name)
        if not _can_clash(name, requested, catalog):
            continue
        after = intended_profile(placed, name, catalog)
        _refuse_shadowed(name, requested, after)
        _refuse_inconsistent(after, requested, catalog)
    return placed


def _in_other_files(change: Change, catalog: Catalog) -> Iterator[FileEdit]:
    """Yields the edits that set each new value also where the other file has the key."""
    touched = {(e.kind, name, key) for e in change.edits for name, key, _ in _values(e)}
    effects = ((edit, *effect) for edit in change.edits for effect in _values(edit))
    for edit, name, key, value in effects:
        for kind in catalog.files_with(name, key):
            if value is not None and (kind, name, key) not in touched:
                touched.add((kind, name, key))
                yield FileEdit(kind, SetValue(edit.operation.section, key, value))


def _can_clash(name: str, requested: Mapping[str, str], catalog: Catalog) -> bool:
    """True if another line may take precedence over a value, or its sso-session contradict it."""
    if not _DECISIVE.isdisjoint(requested):
        return True
    profile = catalog.profiles.get(name)
    session = profile and profile.get("sso_session")
    return any(key in requested for key, _, _ in _values_of_session(session or "", catalog))


def requested_values(change: Change, name: str) -> dict[str, str]:
    """Returns the values that the change sets in the profile, by key."""
    edited = edited_values(change, name)
    return {key: value for key, value in edited.items() if value is not None}


def edited_values(change: Change, name: str) -> dict[str, str | None]:
    """Returns the values that the change sets in the profile, by key; None for a removed one."""
    own = [(k, v) for edit in change.edits for of, k, v in _values(edit) if of == name]
    found = dict[str, str | None](own)
    return found | {key: value for key, value in own if value is not None}


def intended_profile(change: Change, name: str, catalog: Catalog) -> Profile:
    """Returns the profile as the change intends it, without nested blocks."""
    present = catalog.profiles.get(name)
    values = dict(present.values) if present else {}
    left = {key: set(catalog.files_with(name, key)) for key in values}
    origins = {file.kind: Origin(file.kind, file.path, 0) for file in catalog.files}
    own = ((e.kind, k, v) for e in change.edits for of, k, v in _values(e) if of == name)
    for kind, key, value in own:
        if value is not None:
            values[key] = Value(value, origins[kind])
            continue
        left.get(key, set()).discard(kind)
        if not left.get(key):
            values.pop(key, None)
    return Profile(name, values, {}, present.origins if present else ())


def _values(edit: FileEdit) -> Iterator[tuple[str, str, str | None]]:
    """Yields the effects of an edit on a profile: (name, key, value), value None if removed."""
    operation = edit.operation
    if operation.section.type != "profile":
        return
    name = operation.section.name
    if isinstance(operation, PutSection):
        yield from ((name, key, value) for key, value in operation.values)
    elif isinstance(operation, SetValue) and operation.nested is None:
        yield name, operation.key.lower(), operation.value
    elif isinstance(operation, UnsetValue) and operation.nested is None:
        yield name, operation.key.lower(), None


def _refuse_shadowed(name: str, values: Mapping[str, str], after: Profile) -> None:
    """Raises EditRefused if another line of the profile takes precedence over the request."""
    origin = Origin(FileKind.CONFIG, storage.config_path(FileKind.CONFIG), 0)
    config = {key: Value(text, origin) for key, text in values.items()}
    wanted, actual = provider_type(Profile(name, config, {}, ())), provider_type(after)
    if wanted is ProviderType.NONE:
        return
    web_role = (
        wanted is ProviderType.ROLE
        and actual is ProviderType.WEB
        and "source_profile" not in values
    )
    if actual not in {wanted, ProviderType.NONE} and not web_role:
        winner = next(key for key in SELECTING_KEYS[actual] if key in after.values)
        raise _shadowed_error(name, winner, SELECTING_KEYS[wanted][0], after)
    for key, rival in _RIVALS:
        if key in values and rival in after.values and rival not in values:
            raise _shadowed_error(name, rival, key, after)


def _refuse_inconsistent(after: Profile, requested: Mapping[str, str], catalog: Catalog) -> None:
    """Raises EditRefused if its sso-session has another value for a key: every SDK would stop."""
    name = after.get("sso_session")
    for key, text, origin in _values_of_session(name or "", catalog):
        own = after.values.get(key)
        new = key in requested or "sso_session" in requested
        if new and own is not None and own.text != text:
            raise EditRefused(
                f"{sanitize(name or '')}, its sso-session, has {key} ="
                f" {sanitize(mask_value(key, text))}, and SDKs stop where the two differ.",
                f"remove {key} from the sso-session ({origin}), or use its value",
            )


def _values_of_session(name: str, catalog: Catalog) -> Iterator[tuple[str, str, Origin]]:
    """Yields each key of an sso-session, of all sections of that name: a fix merges them."""
    if name not in catalog.sessions:
        return
    file = catalog.stored(FileKind.CONFIG)
    for section in file.document.find_all(SectionId.sso_session(name)):
        for key, text, line, nested in section.entries:
            if not nested:
                yield key, text, Origin(FileKind.CONFIG, file.path, line)


def _shadowed_error(name: str, winner: str, key: str, after: Profile) -> EditRefused:
    fix = "choose another name"
    if (elsewhere := inherited_fix(after.values, winner)) is not None:
        fix = elsewhere
    elif winner != "aws_access_key_id":  # which may be the only copy of a key
        fix = f"remove that line first: awsprof unset {arguments(name)} {winner}; or {fix}"
    elif is_long_term(after.values[winner].text):
        fix = f"move the key to the vault first: awsprof keys move {arguments(name)}; or {fix}"
    return EditRefused(
        f"{sanitize(name)} has {winner} ({after.values[winner].origin}), which takes precedence"
        f" over {key}.",
        fix,
    )
