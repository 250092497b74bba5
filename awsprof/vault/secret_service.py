"""Adds to `keyring`'s Secret Service backend: no prompts when unattended, and timeouts.

`keyring` unlocks a locked collection, which opens a window, and waits for it forever. Its own
backend still reads and writes the entries; only opening the collection is replaced. Functions
import secretstorage, which exists on Linux only.
"""

from __future__ import annotations

import time

from awsprof.errors import VaultError

TYPE_CHECKING = False  # importing it from typing would cost credential-process 3 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from keyring.backend import KeyringBackend

CLASS: Final = "keyring.backends.SecretService.Keyring"
TITLE: Final = "Secret Service"
# Programs that implement the Secret Service, by another bus name that they own.
_PROGRAMS: Final = (
    ("org.gnome.keyring", "GNOME Keyring"),
    ("org.kde.kwalletd6", "KWallet"),
    ("org.kde.kwalletd5", "KWallet"),
    ("org.kde.secretservicecompat", "KWallet"),
    ("org.keepassxc.KeePassXC.MainWindow", "KeePassXC"),
)


def secret_service_title() -> str:
    """Returns the display name of the program that implements the Secret Service here."""
    import secretstorage
    from jeepney import DBusErrorResponse
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import Proxy

    connection = secretstorage.dbus_init()
    try:
        bus = Proxy(message_bus, connection)
        if not bus.NameHasOwner("org.freedesktop.secrets")[0]:
            return TITLE  # it starts at the first call
        answers = bus.GetNameOwner("org.freedesktop.secrets")
        for name, title in _PROGRAMS:
            if bus.NameHasOwner(name)[0] and bus.GetNameOwner(name) == answers:
                return title
    except DBusErrorResponse:  # it just left the bus; the next call reports that
        return TITLE
    finally:
        connection.close()
    return TITLE


def with_limits(
    backend: KeyringBackend, *, limit_s: float, patient: bool, title: str
) -> KeyringBackend:
    """Returns `keyring`'s backend with a timeout of ``limit_s``, that prompts only if ``patient``.

    After a timeout nothing more is sent on that connection, so that a frozen daemon that wakes up
    minutes later does not delete a secret that the caller believes stored.
    """

    def collection() -> Any:
        connection = _limited_connection(limit_s)
        try:
            return _open(connection, limit_s, patient, title)
        except BaseException:
            connection.close()
            raise

    from awsprof.vault.keyring_store import locked_error

    def unlock(item: Any) -> None:
        if item.is_locked() and not (patient and not item.unlock()):
            raise locked_error(title)

    return backend.with_properties(get_preferred_collection=collection, unlock=unlock)


def _open(connection: Any, limit_s: float, patient: bool, title: str) -> Any:
    import secretstorage

    from awsprof.vault.keyring_store import locked_error

    if patient:
        collection = secretstorage.get_default_collection(connection)  # creates it, with a prompt
        if collection.is_locked():
            collection.unlock(timeout=limit_s)
    else:
        try:
            collection = secretstorage.Collection(connection)
        except secretstorage.ItemNotFoundException as exc:
            raise VaultError(
                f"{title} has no default keyring yet.",
                "run `awsprof setup` in a terminal of your desktop, which creates one",
            ) from exc
    if collection.is_locked():
        raise locked_error(title)
    return collection


def _limited_connection(limit_s: float) -> Any:
    import secretstorage

    connection = secretstorage.dbus_init()
    deadline = time.monotonic() + limit_s
    unlimited: Callable[..., Any] = connection.send_and_get_reply

    def limited(message: Any, *, timeout: float | None = None) -> Any:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return unlimited(message, timeout=left if timeout is None else min(left, timeout))

    connection.send_and_get_reply = limited
    return connection
