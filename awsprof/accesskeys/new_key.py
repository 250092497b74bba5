"""A key in place of another: made only where it can be kept, kept before all else, handed over."""

from __future__ import annotations

from collections.abc import Callable

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import join_names, long_term_key_of
from awsprof.accesskeys.preflight import require_room_for_key
from awsprof.awsapi.iam import NewKey
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, SetValue
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, preview_change
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_of_line
from awsprof.profiles.kinds.keys import plain_keys_out
from awsprof.shells import arguments
from awsprof.text import sanitize

_ANY_KEY = "AKIAIOSFODNN7EXAMPLE"  # AWS's own example, where any id will do


def create_stored_key(
    key_context: KeyContext,
    names: tuple[str, ...],
    old: str,
    create: Callable[[], NewKey],
    delete: Callable[[str], object],
) -> str:
    """A new key, in the vault; its id. ``names`` are to have it in place of ``old``.

    What ``require_place`` raises: no key was made. A key whose secret cannot be kept is deleted
    again by ``delete``, and named where that fails.
    """
    require_room_for_key(
        key_context.vault(), switch_change(key_context.catalog(), names, old, _ANY_KEY)
    )
    made = create()
    try:
        key_context.vault().put(made.id, made.secret)
    except BaseException:
        _unmake(key_context, made.id, delete)
        raise
    return made.id


def _unmake(key_context: KeyContext, key_id: str, delete: Callable[[str], object]) -> None:
    """A key whose secret could not be kept is of no use to anybody."""
    try:
        delete(key_id)
    except AwsprofError as exc:
        key_context.terminal.failed(
            f"{key_id} was made, its secret is lost, and it is still there: {exc.message}",
            f"awsprof keys delete {key_id}",
        )
    else:
        key_context.terminal.say(f"{key_id} was made, could not be kept, and is deleted again.")


def switch_profiles(key_context: KeyContext, names: tuple[str, ...], old: str, new: str) -> None:
    """Every profile with ``old``, in the vault or in plain text, has ``new`` from now on."""
    change = switch_change(key_context.catalog(), names, old, new)
    key_context.terminal.diff(preview_change(change))
    apply(change, key_context.vault)


def switch_change(catalog: Catalog, names: tuple[str, ...], old: str, new: str) -> Change:
    """The change that gives the profiles the key ``new`` in place of ``old``.

    A line that names ``old`` gets ``new`` too where keys in a file hide it. The program of a line
    of ours stays as it is. CredentialsError where a profile has another key.
    """
    every = dict.fromkeys((*names, *catalog.users_of_key(old)))
    edits = [edit for name in every for edit in _edits(name, old, new, catalog)]
    return Change(f"{join_names(names)}: the key {new} in place of {old}", tuple(edits))


def _edits(name: str, old: str, new: str, catalog: Catalog) -> list[FileEdit]:
    profile, section = catalog.get(name), SectionId.profile(name)
    if old not in (long_term_key_of(name, catalog), key_of_line(profile)):
        raise CredentialsError(
            f"{sanitize(name)} does not have the key {old} any more.",
            f"awsprof show {arguments(name)}",
        )
    plain = plain_keys_out(name, catalog) if profile.get("aws_access_key_id") == old else ()
    if key_of_line(profile) != old:
        line = ("credential_process", process_command.build_command(name, new))
        return [*plain, FileEdit(FileKind.CONFIG, PutSection(section, (line,)))]
    value = profile.values["credential_process"]
    text = value.text.replace(f"--key {old}", f"--key {new}")
    edit = SetValue(section, "credential_process", text)
    return [*plain, FileEdit(value.origin.kind, edit)]
