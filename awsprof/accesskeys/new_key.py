"""Creates a key to replace another, stores it in the vault, and switches profiles to it.

AWS shows a secret only once. If the vault, the files or the history cannot be written, a new key
would be lost, and still count as one of the user's two. So all of them are tried first.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from awsprof import atomic, locks, paths
from awsprof.accesskeys.describe_keys import join_names
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import long_term_key_of
from awsprof.awsapi.iam import NewKey
from awsprof.configfile import storage
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, SetValue
from awsprof.editing.apply import apply
from awsprof.editing.change import Change, preview_change
from awsprof.errors import AwsprofError, CredentialsError, VaultError
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.keys import remove_plaintext_keys
from awsprof.profiles.provider_order import key_in_process_line
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault

_ANY_KEY = "AKIAIOSFODNN7EXAMPLE"  # AWS's example ID, since the new one is not known yet
_PROBE: Final = "probe"
"""The vault entry that the check writes, reads back and deletes."""


def create_stored_key(
    key_context: KeyContext,
    catalog: Catalog,
    names: tuple[str, ...],
    old: str,
    create: Callable[[], NewKey],
    delete: Callable[[str], object],
) -> str:
    """Creates a key, stores it in the vault, and returns its ID.

    ``names`` will use it instead of ``old``. Creates no key if ``require_room_for_key`` raises. A
    key whose secret cannot be stored is deleted with ``delete``.
    """
    require_room_for_key(key_context.vault(), switch_change(catalog, names, old, _ANY_KEY))
    created = create()
    try:
        key_context.vault().put(created.id, created.secret)
    except BaseException:
        _delete_lost_key(key_context, created.id, delete)
        raise
    return created.id


def require_room_for_key(vault: Vault, change: Change) -> None:
    """Checks that a new key can be stored and used; changes nothing.

    ``change`` switches the profiles to a key, for any key ID. Raises EditRefused, FileError,
    LockTimeout or VaultError if something prevents it: then no key must be created.
    """
    with storage.transaction() as files:
        for kind in FileKind:
            data = files.read(kind).data
            if change.apply_to(kind, data) != data:
                files.require_writable(kind)
    for file in (paths.index_file(), paths.history_dir() / "next.json"):
        locks.make_private_dir(file.parent)
        atomic.require_replaceable(file)
    _try_vault(vault)


def _try_vault(vault: Vault) -> None:
    """Stores a text as long as a secret, which the vault reads back, and deletes it."""
    vault.put(_PROBE, Secret(secrets.token_urlsafe(30)))
    with suppress(VaultError):  # it can store a key, even if it cannot delete one
        vault.delete(_PROBE)


def _delete_lost_key(key_context: KeyContext, key_id: str, delete: Callable[[str], object]) -> None:
    """Deletes a key whose secret could not be stored; names it if that fails."""
    try:
        delete(key_id)
    except AwsprofError as exc:
        key_context.terminal.failed(
            f"{key_id} was created, its secret is lost, and it still exists: {exc.message}",
            f"awsprof keys delete {key_id}",
        )
    else:
        key_context.terminal.say(f"{key_id} was created, could not be stored, and was deleted.")


def switch_profiles(
    key_context: KeyContext, catalog: Catalog, names: tuple[str, ...], old: str, new: str
) -> None:
    """Shows and applies the change that switches ``names`` from ``old`` to ``new``.

    ``catalog`` was loaded just now.
    """
    change = switch_change(catalog, names, old, new)
    key_context.terminal.diff(preview_change(change, read=catalog.stored))
    apply(change, key_context.vault, tell=key_context.terminal.say)


def switch_change(catalog: Catalog, names: tuple[str, ...], old: str, new: str) -> Change:
    """Returns the change that switches the profiles from the key ``old`` to ``new``.

    A process line that names ``old`` is changed even if other keys take precedence; its program
    stays the same. Raises CredentialsError if a profile has another key.
    """
    every = dict.fromkeys((*names, *catalog.users_of_key(old)))
    edits = [edit for name in every for edit in _edits(name, old, new, catalog)]
    return Change(f"{join_names(names)}: the key {new} in place of {old}", tuple(edits))


def _edits(name: str, old: str, new: str, catalog: Catalog) -> list[FileEdit]:
    profile, section = catalog.get(name), SectionId.profile(name)
    if old not in (long_term_key_of(name, catalog), key_in_process_line(profile)):
        raise CredentialsError(
            f"{sanitize(name)} does not use the key {old} any more.",
            f"awsprof show {arguments(name)}",
        )
    plain = remove_plaintext_keys(name, catalog) if profile.get("aws_access_key_id") == old else ()
    if key_in_process_line(profile) != old:
        line = ("credential_process", process_command.build_command(name, new))
        return [*plain, FileEdit(FileKind.CONFIG, PutSection(section, (line,)))]
    value = profile.values["credential_process"]
    text = process_command.replace_key(value.text, new)
    edit = SetValue(section, "credential_process", text)
    return [*plain, FileEdit(value.origin.kind, edit)]
