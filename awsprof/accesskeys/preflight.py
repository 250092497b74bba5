"""Checks, before AWS creates a key, that it can be stored and that the profiles can be switched.

AWS shows a secret only once. If the vault, the files or the history cannot be written, a new key
would be lost, and still count as one of the user's two.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from awsprof import atomic, locks, paths
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.errors import VaultError
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.editing.change import Change
    from awsprof.vault.keyring_vault import Vault

_PROBE: Final = "probe"
"""The vault entry that the check writes, reads back and deletes."""


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
