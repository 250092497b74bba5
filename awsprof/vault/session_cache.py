"""Temporary credentials, kept until shortly before they expire.

A session is bytes under a key of the caller's; what either means is the resolver's business. It is
in the kernel's keyring, where a hit costs least. An ordinary user has little room there, so what is
made without a person takes no more than a part of it; the rest, of which there may be thousands, is
in files sealed by a key of the kernel (``sealed_sessions``). What needed a person always comes into
the keyring: where that is full, the others make room. Where the kernel refuses both, what needed a
person is kept in the vault. On the way of ``credential-process``: a hit imports next to nothing.
"""

from __future__ import annotations

import time
import zlib

from awsprof import paths
from awsprof.vault import kernel_keyring
from awsprof.vault.encrypted_sessions import EncryptedSessions

TYPE_CHECKING = False  # as typing's own, without its three milliseconds on the way of every hit
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Final

    from awsprof.vault.backend_sessions import BackendSessions
    from awsprof.vault.keyring_vault import Vault

# botocore asks anew with 15 minutes left, so less than that would start us again at every use.
_MARGIN_S: Final = 20 * 60
_PERSON, _MACHINE = "person", "machine"
_STAMP: Final = 12  # bytes before the payload: when it expires, in seconds since 1970
_WAIT_S, _WAITS = 0.01, 10
# Keys of the machine's own in the keyring: of the 200 that a user has, and of 20,000 bytes where
# each counts whole. Two keys (a session and an alias to it) make a hit.
_MOST_BIG, _MOST_SMALL = 100, 8


class SessionCache:
    """Temporary credentials by key, for one folder of ours (a sandbox does not see another's).

    ``vault`` opens where sessions go that the kernel does not keep; without it those are not kept.
    """

    def __init__(self, vault: Callable[[], Vault] | None = None) -> None:
        self._vault = vault
        home = zlib.crc32(paths.data_text().encode())
        self._prefix = f"awsprof:{home:08x}:"
        self._sealed = EncryptedSessions(f"{self._prefix}seal:key")

    def get(self, key: str) -> bytes | None:
        """What was put under ``key``; None where there is nothing, or too little of it is left."""
        for maker in (_PERSON, _MACHINE):
            kept = kernel_keyring.get_key(self._name(maker, key))
            if kept is not None:
                return kept[_STAMP:]
        sealed = self._sealed.get(key)
        if sealed is not None:
            return sealed
        elsewhere = self._elsewhere()
        return elsewhere.get(key) if elsewhere else None

    def _elsewhere(self) -> BackendSessions | None:
        """Where sessions are where the kernel keeps none, or has no room even for its key."""
        if self._vault is None:
            return None
        from awsprof.vault.backend_sessions import BackendSessions

        return BackendSessions(self._vault)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> bool:
        """Keep ``payload`` until 20 minutes before ``expires`` (aware), in place of a former one.

        Of a life of less than an hour, a third is left instead. False: it is not kept, nor is a
        former one.
        """
        left = expires.timestamp() - time.time()
        seconds = int(left - min(_MARGIN_S, left / 3))
        if seconds <= 0:
            self.drop(key)
            return False
        stamped = b"%0*d" % (_STAMP, int(expires.timestamp())) + payload
        if self._kept_by_kernel(key, payload, stamped, seconds, needs_person=needs_person):
            return True
        elsewhere = self._elsewhere() if needs_person else None
        return elsewhere is not None and elsewhere.put(key, payload, expires)

    def _kept_by_kernel(
        self, key: str, payload: bytes, stamped: bytes, seconds: int, *, needs_person: bool
    ) -> bool:
        """In its keyring, or sealed by its key; a former one is gone, wherever it was."""
        maker, other = (_PERSON, _MACHINE) if needs_person else (_MACHINE, _PERSON)
        kernel_keyring.drop_key(self._name(other, key))
        name = self._name(maker, key)
        if needs_person:
            kept = self._put(name, stamped, seconds)
        else:
            kept = self._has_room(name) and kernel_keyring.put_key(name, stamped, seconds) == "kept"
        if kept:
            self._sealed.drop(key)
            return True
        kernel_keyring.drop_key(name)
        return self._sealed.put(key, payload, time.time() + seconds)

    def _has_room(self, name: str) -> bool:
        """Whether one more key of the machine's own may go into the keyring, under that name."""
        others = [
            each for each in kernel_keyring.key_names(self._name(_MACHINE, "")) if each != name
        ]
        return len(others) < (_MOST_BIG if kernel_keyring.has_big_keys() else _MOST_SMALL)

    def _put(self, name: str, stamped: bytes, seconds: int) -> bool:
        replaces = kernel_keyring.get_key(name) is not None
        outcome = kernel_keyring.put_key(name, stamped, seconds)
        if outcome == "full":
            for _ in self._room_made(already=replaces):
                outcome = kernel_keyring.put_key(name, stamped, seconds)
                if outcome != "full":
                    break
        return outcome == "kept"

    def _room_made(self, *, already: bool) -> Iterator[None]:
        """Seal one session that needs no person at a time; yield when to try again.

        ``already``: something was dropped just now, so it is worth trying before anything else.
        """
        doomed = sorted(_expendable(), key=lambda name: kernel_keyring.get_key(name) or b"")
        for name in ([None] if already else []) + doomed:
            if name is not None:
                self._seal(name)
                kernel_keyring.drop_key(name)
            # Kernels before 6.7 give the quota back only when their collector has come by.
            for _ in range(_WAITS):
                yield
                time.sleep(_WAIT_S)

    def _seal(self, name: str) -> None:
        """Out of the keyring into a file, where it is this folder's."""
        mine = self._name(_MACHINE, "")
        stamped = kernel_keyring.get_key(name) if name.startswith(mine) else None
        if stamped is not None and stamped[:_STAMP].isdigit():
            left = int(stamped[:_STAMP]) - time.time()
            until = time.time() + left - min(_MARGIN_S, left / 3)
            self._sealed.put(name.removeprefix(mine), stamped[_STAMP:], until)

    def alias(self, alias: str, key: str, expires: datetime) -> None:
        """Have ``alias`` lead to what is kept under ``key``, for as long as that is."""
        self.put(f"alias/{alias}", key.encode(), expires, needs_person=False)

    def by_alias(self, alias: str) -> bytes | None:
        """What is kept under the key that ``alias`` leads to; None where either is gone."""
        key = self.get(f"alias/{alias}")
        return None if key is None else self.get(key.decode())

    def kept_keys(self) -> tuple[str, ...]:
        """The keys of all that the kernel keeps, or has the key of."""
        found = {
            name.removeprefix(self._name(maker, ""))
            for maker in (_PERSON, _MACHINE)
            for name in kernel_keyring.key_names(self._name(maker, ""))
        }
        return tuple(sorted({*found, *self._sealed.keys()}))

    def drop(self, key: str) -> None:
        """Forget what is kept under ``key``, if anything is."""
        for maker in (_PERSON, _MACHINE):
            kernel_keyring.drop_key(self._name(maker, key))
        self._sealed.drop(key)
        elsewhere = self._elsewhere()
        if elsewhere:
            elsewhere.forget(key)

    def forget(self, prefix: str = "") -> int:
        """Forget every session whose key begins with ``prefix``; how many those were."""
        keys = [key for key in self.kept_keys() if key.startswith(prefix)]
        gone = sum(self.get(key) is not None for key in keys)
        for key in keys:
            for maker in (_PERSON, _MACHINE):
                kernel_keyring.drop_key(self._name(maker, key))
            self._sealed.drop(key)
        if not prefix:
            self._sealed.forget_key()
        elsewhere = self._elsewhere()
        return gone + (elsewhere.forget(prefix) if elsewhere else 0)

    def _name(self, maker: str, key: str) -> str:
        return f"{self._prefix}{maker}:{key}"


def _expendable() -> list[str]:
    # Whichever folder of ours they belong to: the quota is one.
    return [
        name for name in kernel_keyring.key_names("awsprof:") if name.split(":")[2:3] == [_MACHINE]
    ]
