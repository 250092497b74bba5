"""Reads one secret of an unlocked Secret Service, in a few calls on the session bus.

A shorter way to what `keyring` reads, for ``credential-process``: importing jeepney, secretstorage
and cryptography takes ten times as long as the calls. It prompts for nothing and unlocks nothing;
whatever is not as expected is left to ``keyring_store``.

The secret comes over the socket as it is (a "plain" session); SECURITY.md says why that is enough.
Source: the Secret Service API.
"""

from __future__ import annotations

from awsprof.vault.dbus import BUS, SessionBus, socket_path, text, text_map

_NAME = "org.freedesktop.secrets"
_KIND = "org.freedesktop.Secret."
_SERVICE = "/org/freedesktop/secrets"
_COLLECTION = "/org/freedesktop/secrets/aliases/default"


def read_unlocked(address: str, service: str, user: str, *, limit_s: float) -> str | None:
    """Returns a text that `keyring` stored; None if `keyring` has to look for it.

    That is so if the collection is locked, there is not exactly one such entry, or no answer comes
    in time. ``address`` is that of the session bus. The caller holds the vault's lock.
    """
    place = socket_path(address)
    if place is None:
        return None
    try:
        with SessionBus(place, limit_s) as bus:
            return None if _is_locked(bus) else _secret(bus, service, user)
    except Exception:  # `keyring` finds it again, and says what is wrong
        return None


def _is_locked(bus: SessionBus) -> bool:
    arguments = (("s", text(f"{_KIND}Collection")), ("s", text("Locked")))
    found = bus.call(_NAME, _COLLECTION, f"{BUS}.Properties", "Get", *arguments)
    return found.signature() != "b" or found.number() != 0


def _secret(bus: SessionBus, service: str, user: str) -> str | None:
    # As keyring.backends.SecretService searches.
    wanted = ("a{ss}", text_map({"username": user, "service": service}))
    found = bus.call(_NAME, _COLLECTION, f"{_KIND}Collection", "SearchItems", wanted)
    end = found.number() + found.at
    item = found.text() if found.at < end else ""
    if not item or found.at != end:
        return None
    plain = (("s", text("plain")), ("v", text("")))
    opened = bus.call(_NAME, _SERVICE, f"{_KIND}Service", "OpenSession", *plain)
    if opened.signature() != "s" or opened.text():
        return None
    session = opened.text()
    answer = bus.call(_NAME, item, f"{_KIND}Item", "GetSecret", ("o", text(session)))
    if answer.text() != session or answer.data():  # these would be parameters of an encryption
        return None
    return answer.data().decode()
