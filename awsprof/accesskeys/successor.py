"""A key in place of another: made only where it can be kept, kept before all else, handed over."""

from __future__ import annotations

from collections.abc import Callable

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.readiness import require_place
from awsprof.accesskeys.words import in_a_row, key_of
from awsprof.awsfiles.document import FileEdit, FileKind, PutSection, SectionId, SetValue
from awsprof.clean import clean
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, preview
from awsprof.errors import AwsprofError, SignInFailed
from awsprof.profiles import ownline
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.keys import key_of_line, plain_keys_out
from awsprof.shells import arguments
from awsprof.signin.iam import NewKey

_ANY_KEY = "AKIAIOSFODNN7EXAMPLE"  # AWS's own example, where any id will do


def make(
    desk: Desk,
    names: tuple[str, ...],
    old: str,
    create: Callable[[], NewKey],
    delete: Callable[[str], object],
) -> str:
    """A new key, in the vault; its id. ``names`` are to have it in place of ``old``.

    What ``require_place`` raises: no key was made. A key whose secret cannot be kept is deleted
    again by ``delete``, and named where that fails.
    """
    require_place(desk.vault(), switch(desk.catalog(), names, old, _ANY_KEY))
    made = create()
    try:
        desk.vault().put(made.id, made.secret)
    except BaseException:
        _unmake(desk, made.id, delete)
        raise
    return made.id


def _unmake(desk: Desk, key_id: str, delete: Callable[[str], object]) -> None:
    """A key whose secret could not be kept is of no use to anybody."""
    try:
        delete(key_id)
    except AwsprofError as exc:
        desk.terminal.failed(
            f"{key_id} was made, its secret is lost, and it is still there: {exc.message}",
            f"awsprof keys delete {key_id}",
        )
    else:
        desk.terminal.say(f"{key_id} was made, could not be kept, and is deleted again.")


def hand_over(desk: Desk, names: tuple[str, ...], old: str, new: str) -> None:
    """Every profile with ``old``, in the vault or in plain text, has ``new`` from now on."""
    change = switch(desk.catalog(), names, old, new)
    desk.terminal.diff(preview(change))
    apply(change, desk.vault)


def switch(catalog: Catalog, names: tuple[str, ...], old: str, new: str) -> Change:
    """The change that gives the profiles the key ``new`` in place of ``old``.

    A line that names ``old`` gets ``new`` too where keys in a file hide it. The program of a line
    of ours stays as it is. SignInFailed where a profile has another key.
    """
    every = dict.fromkeys((*names, *catalog.users_of_key(old)))
    edits = [edit for name in every for edit in _edits(name, old, new, catalog)]
    return Change(f"{in_a_row(names)}: the key {new} in place of {old}", tuple(edits))


def _edits(name: str, old: str, new: str, catalog: Catalog) -> list[FileEdit]:
    profile, section = catalog.get(name), SectionId.profile(name)
    if old not in (key_of(name, catalog), key_of_line(profile)):
        raise SignInFailed(
            f"{clean(name)} does not have the key {old} any more.",
            f"awsprof show {arguments(name)}",
        )
    plain = plain_keys_out(name, catalog) if profile.get("aws_access_key_id") == old else ()
    if key_of_line(profile) != old:
        line = ("credential_process", ownline.compose(name, new))
        return [*plain, FileEdit(FileKind.CONFIG, PutSection(section, (line,)))]
    value = profile.values["credential_process"]
    text = value.text.replace(f"--key {old}", f"--key {new}")
    edit = SetValue(section, "credential_process", text)
    return [*plain, FileEdit(value.origin.kind, edit)]
