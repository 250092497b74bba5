"""Before AWS makes a key: whether it could be kept, and given to the profiles.

AWS shows a secret once. Where the vault, the files or the history cannot be written, a new key
would be lost at once, and take one of the user's two places.
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
"""The vault's entry that is put, read back and deleted; one name, so that none is left over."""


def require_room_for_key(vault: Vault, change: Change) -> None:
    """Try all that keeping a new key needs; nothing is changed.

    ``change`` is what gives a key to the profiles, made for any id. EditRefused, FileProblem, Busy
    or VaultError say what is in the way: then no key is to be made.
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
    """Put a text of the length of a secret, which the vault reads back, and delete it."""
    vault.put(_PROBE, Secret(secrets.token_urlsafe(30)))
    with suppress(VaultError):  # it can keep a key, even where it cannot forget one
        vault.delete(_PROBE)
