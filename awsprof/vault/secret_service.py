"""What `keyring` lacks for the Secret Service: no prompt where nobody is, and limits in time.

`keyring` unlocks whenever the collection is locked, which raises a window, and waits for it
without end. Its own backend still reads and writes the entries; only how it gets at the
collection is replaced. Imports secretstorage, which is on Linux only, inside functions.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from awsprof.errors import VaultError
from awsprof.vault.keyring_store import locked_error

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

CLASS: Final = "keyring.backends.SecretService.Keyring"
TITLE: Final = "Secret Service"
# Who answers as the Secret Service, by another name that the same program owns on the bus.
_PROGRAMS: Final = (
    ("org.gnome.keyring", "GNOME Keyring"),
    ("org.kde.kwalletd6", "KWallet"),
    ("org.kde.kwalletd5", "KWallet"),
    ("org.kde.secretservicecompat", "KWallet"),
    ("org.keepassxc.KeePassXC.MainWindow", "KeePassXC"),
)


def secret_service_title() -> str:
    """The name by which people know the program that answers here."""
    import secretstorage
    from jeepney import DBusErrorResponse
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import Proxy

    connection = secretstorage.dbus_init()
    try:
        bus = Proxy(message_bus, connection)
        if not bus.NameHasOwner("org.freedesktop.secrets")[0]:
            return TITLE  # it is started when it is first called
        answers = bus.GetNameOwner("org.freedesktop.secrets")
        for name, known_as in _PROGRAMS:
            if bus.NameHasOwner(name)[0] and bus.GetNameOwner(name) == answers:
                return known_as
    except DBusErrorResponse:  # it left the bus in between; the call itself will tell
        return TITLE
    finally:
        connection.close()
    return TITLE


def with_limits(
    backend: "KeyringBackend", *, limit_s: float, patient: bool, known_as: str
) -> "KeyringBackend":
    """``backend``, keyring's own, so that it waits ``limit_s`` and prompts only when ``patient``.

    A call that is given up is really over: on its connection nothing is sent any more, so that a
    frozen daemon that wakes does not delete, minutes later, what a caller then believed kept.
    """

    def collection() -> Any:
        connection = _limited_connection(limit_s)
        try:
            return _opened(connection, limit_s, patient, known_as)
        except BaseException:
            connection.close()
            raise

    def unlock(item: Any) -> None:
        if item.is_locked() and not (patient and not item.unlock()):
            raise locked_error(known_as)

    return backend.with_properties(get_preferred_collection=collection, unlock=unlock)


def _opened(connection: Any, limit_s: float, patient: bool, known_as: str) -> Any:
    import secretstorage

    if patient:
        collection = secretstorage.get_default_collection(connection)  # makes it, with a prompt
        if collection.is_locked():
            collection.unlock(timeout=limit_s)
    else:
        try:
            collection = secretstorage.Collection(connection)
        except secretstorage.ItemNotFoundException as exc:
            raise VaultError(
                f"{known_as} has no default keyring yet.",
                "run `awsprof setup` in a terminal of your desktop, which makes one",
            ) from exc
    if collection.is_locked():
        raise locked_error(known_as)
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
