"""Reads entries that other programs left in the system keyring; writes nothing.

Only `awsprof import` calls this, after the user agreed. On Linux the entries are in collections or
under attributes that `keyring` does not search, so they are read through secretstorage.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from awsprof.errors import VaultError
from awsprof.vault.keyring_store import PATIENT_S, locked_error, vault_lock

_COLLECTIONS: Final = "/org/freedesktop/secrets/collection/"
_TITLE: Final = "The Secret Service"


def collection_labels(name: str) -> list[str] | None:
    """Returns the labels in a collection, which are readable while it is locked.

    None if there is no Secret Service, or no such collection.
    """
    with _connection() as connection:
        collection = _collection(connection, name)
        if collection is None:
            return None
        return [str(item.get_label()) for item in collection.get_all_items()]


def collection_entry(name: str, label: str) -> bytes | None:
    """Returns the secret with that label; unlocking may prompt in a window. Raises VaultError."""
    with vault_lock("reading"), _connection() as connection:
        collection = _collection(connection, name)
        if collection is None:
            return None
        if collection.is_locked() and collection.unlock(timeout=PATIENT_S):
            raise locked_error(_TITLE)
        for item in collection.get_all_items():
            if item.get_label() == label:
                return bytes(item.get_secret())
        return None


def entry_of(service: str, account: str) -> str | None:
    """Returns the password that a program stored with Node's keytar, in ASCII, or None.

    Raises VaultError, also if there is no keyring to read it from.
    """
    if sys.platform == "win32":  # keytar's target is SERVICE/ACCOUNT
        return _from_utf_8(_by_keyring(f"{service}/{account}", account))
    if not sys.platform.startswith("linux"):
        return _by_keyring(service, account)
    import secretstorage

    with vault_lock("reading"), _connection() as connection:
        if connection is None:
            raise VaultError(
                "No keyring answers here (Secret Service: GNOME Keyring, KWallet).",
                f"run it in the desktop session in which you use {service}",
            )
        found = secretstorage.search_items(connection, {"service": service, "account": account})
        item = next(iter(found), None)
        if item is None:
            return None
        if item.is_locked() and item.unlock(timeout=PATIENT_S):
            raise locked_error(_TITLE)
        return bytes(item.get_secret()).decode(errors="replace")


def _from_utf_8(text: str | None) -> str | None:
    """Undoes the decoding of `keyring` on Windows, which reads UTF-8 of even length as UTF-16."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-16-le", errors="replace").decode(errors="replace")


def _by_keyring(service: str, account: str) -> str | None:
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(service, account)
    except keyring.errors.KeyringError as exc:
        raise VaultError(
            f"The system's keyring did not return the entry of {service}.",
            "unlock it, and try again",
        ) from exc


def _collection(connection: Any, name: str) -> Any:
    import secretstorage

    if connection is None:
        return None
    for collection in secretstorage.get_all_collections(connection):
        if collection.collection_path == _COLLECTIONS + name or collection.get_label() == name:
            return collection
    return None


@contextmanager
def _connection() -> Iterator[Any]:
    """Returns a connection to the Secret Service; None if there is none on this machine."""
    if not sys.platform.startswith("linux"):
        yield None
        return
    import secretstorage
    from jeepney import DBusErrorResponse
    from secretstorage.exceptions import SecretStorageException

    try:
        connection = secretstorage.dbus_init()
    except SecretStorageException:
        yield None
        return
    try:
        yield connection if secretstorage.check_service_availability(connection) else None
    except (SecretStorageException, DBusErrorResponse, OSError, TimeoutError) as exc:
        raise VaultError(
            f"{_TITLE} did not answer: {type(exc).__name__}.", "unlock it, and try again"
        ) from exc
    finally:
        connection.close()
