"""An edit goes where its value counts: no other line may win over what was asked for.

The credentials file is laid over the config file key by key, so a value that both files have is
given in both. What wins by another key (static keys over a process line, a role over Identity
Center: the order of botocore's providers) is refused with its line, before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof.configfile import storage
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SetValue, UnsetValue
from awsprof.errors import EditRefused
from awsprof.profiles.form import CredentialForm, credential_form
from awsprof.profiles.model import Origin, Profile, Value
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog

# The keys by which each form is taken, in the order in which they are looked for.
_KEYS_OF: Final[Mapping[CredentialForm, tuple[str, ...]]] = {
    CredentialForm.ROLE: ("role_arn",),
    CredentialForm.WEB: ("web_identity_token_file",),
    CredentialForm.SSO: ("sso_account_id", "sso_role_name"),
    CredentialForm.KEYS: ("aws_access_key_id",),
    CredentialForm.LOGIN: ("login_session",),
    CredentialForm.PROCESS: ("credential_process",),
}
# Two ways to the same role: botocore refuses a profile that has both.
_RIVALS: Final = (("source_profile", "credential_source"), ("credential_source", "source_profile"))


def place_change(change: Change, catalog: Catalog) -> Change:
    """The change, with each value given in every file that has the key already.

    EditRefused, with the line that wins, where the profile would not be what is asked for.
    """
    edits = list(change.edits)
    touched = {(e.kind, name, key) for e in edits for name, key, _ in _values(e)}
    for edit in change.edits:
        for name, key, value in _values(edit):
            for kind in catalog.files_with(name, key):
                if value is not None and (kind, name, key) not in touched:
                    touched.add((kind, name, key))
                    section = edit.edit.section
                    edits.append(FileEdit(kind, SetValue(section, key, value)))
    made = replace(change, edits=tuple(edits))
    for name in dict.fromkeys(name for e in edits for name, _, value in _values(e) if value):
        _refuse_shadowed(name, requested_values(made, name), intended_profile(made, name, catalog))
    return made


def requested_values(change: Change, name: str) -> dict[str, str]:
    """The values that the change gives the profile."""
    return {
        key: value
        for edit in change.edits
        for of, key, value in _values(edit)
        if of == name and value is not None
    }


def intended_profile(change: Change, name: str, catalog: Catalog) -> Profile:
    """The profile as the change means it, whatever else the files hold; nested blocks left out."""
    present = catalog.profiles.get(name)
    values = dict(present.values) if present else {}
    left = {key: set(catalog.files_with(name, key)) for key in values}
    for edit in change.edits:
        for of, key, value in _values(edit):
            if of != name:
                continue
            if value is None:
                left.get(key, set()).discard(edit.kind)
                if not left.get(key):
                    values.pop(key, None)
            else:
                values[key] = _value(edit.kind, value)
    return Profile(name, values, {}, present.origins if present else ())


def _value(kind: FileKind, text: str) -> Value:
    return Value(text, Origin(kind, storage.config_path(kind), 0))


def _values(edit: FileEdit) -> Iterator[tuple[str, str, str | None]]:
    """What an edit does to a profile: its name, a key, and the value, None where it goes."""
    one = edit.edit
    if one.section.type != "profile":
        return
    name = one.section.name
    if isinstance(one, PutSection):
        yield from ((name, key, value) for key, value in one.values)
    elif isinstance(one, SetValue) and one.nested is None:
        yield name, one.key.lower(), one.value
    elif isinstance(one, UnsetValue) and one.nested is None:
        yield name, one.key.lower(), None


def _refuse_shadowed(name: str, values: Mapping[str, str], after: Profile) -> None:
    """EditRefused where another line of the profile comes before what was asked for."""
    config = {key: _value(FileKind.CONFIG, text) for key, text in values.items()}
    wanted, found = credential_form(Profile(name, config, {}, ())), credential_form(after)
    if wanted is CredentialForm.NONE:
        return
    web_role = (
        wanted is CredentialForm.ROLE
        and found is CredentialForm.WEB
        and "source_profile" not in values
    )
    if found is not wanted and not web_role:
        winner = next(key for key in _KEYS_OF[found] if key in after.values)
        raise _wins(name, winner, _KEYS_OF[wanted][0], after)
    for given, rival in _RIVALS:
        if given in values and rival in after.values and rival not in values:
            raise _wins(name, rival, given, after)


def _wins(name: str, winner: str, given: str, after: Profile) -> EditRefused:
    called, origin = arguments(name), after.values[winner].origin
    mend = "choose another name"
    if winner != "aws_access_key_id":  # which may be the only copy of a key
        mend += f", or take that line out first: awsprof unset {called} {winner}"
    return EditRefused(
        f"{sanitize(name)} has {winner} ({origin}), which comes before {given}: it would not be"
        " what"
        " you ask for.",
        mend,
    )
