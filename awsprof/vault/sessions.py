"""Temporary credentials, kept until shortly before they expire.

A session is bytes under a key of the caller's; what either means is the resolver's business. What
needed a person to make it is in the kernel's keyring itself, so that nothing of it is in a file;
what is made without anyone is in files sealed by a key of the kernel (``sealed_sessions``), of
which there may be thousands. Each goes to the other's place where its own cannot be used, and where
the kernel refuses both, what needed a person is kept in the vault. On the way of
``credential-process``: a hit imports next to nothing.
"""

from __future__ import annotations

import time
import zlib

from awsprof import paths
from awsprof.vault import kernel
from awsprof.vault.sealed_sessions import SealedSessions

TYPE_CHECKING = False  # as typing's own, without its three milliseconds on the way of every hit
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Final

    from awsprof.vault.kept_sessions import VaultSessions
    from awsprof.vault.longterm import Vault

# botocore asks anew with 15 minutes left, so less than that would start us again at every use.
_MARGIN_S: Final = 20 * 60
_PERSON, _MACHINE = "person", "machine"
_STAMP: Final = 12  # bytes before the payload: when it expires, in seconds since 1970
_WAIT_S, _WAITS = 0.01, 10


class SessionCache:
    """Temporary credentials by key, for one folder of ours (a sandbox does not see another's).

    ``vault`` opens where sessions go that the kernel does not keep; without it those are not kept.
    """

    def __init__(self, vault: Callable[[], Vault] | None = None) -> None:
        self._vault = vault
        home = zlib.crc32(paths.data_text().encode())
        self._prefix = f"awsprof:{home:08x}:"
        self._sealed = SealedSessions(f"{self._prefix}seal:key")

    def get(self, key: str) -> bytes | None:
        """What was put under ``key``; None where there is nothing, or too little of it is left."""
        kept = kernel.get(self._name(_PERSON, key))
        if kept is not None:
            return kept[_STAMP:]
        sealed = self._sealed.get(key)
        if sealed is not None:
            return sealed
        kept = kernel.get(self._name(_MACHINE, key))
        if kept is not None:
            return kept[_STAMP:]
        elsewhere = self._elsewhere()
        return elsewhere.get(key) if elsewhere else None

    def _elsewhere(self) -> VaultSessions | None:
        """Where sessions are where the kernel keeps none, or has no room even for its key."""
        if self._vault is None:
            return None
        from awsprof.vault.kept_sessions import VaultSessions

        return VaultSessions(self._vault)

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
        """In its keyring, or sealed by its key: first where such a session belongs."""
        until = time.time() + seconds
        wanted, other = (_PERSON, _MACHINE) if needs_person else (_MACHINE, _PERSON)
        if not needs_person and self._sealed.put(key, payload, until):
            kernel.drop(self._name(other, key))
            kernel.drop(self._name(wanted, key))
            return True
        kernel.drop(self._name(other, key))
        self._sealed.drop(key)
        if self._put(self._name(wanted, key), stamped, seconds):
            return True
        return needs_person and self._sealed.put(key, payload, until)

    def _put(self, name: str, stamped: bytes, seconds: int) -> bool:
        replaces = kernel.get(name) is not None
        outcome = kernel.put(name, stamped, seconds)
        if outcome == "full":
            for _ in _room_made(already=replaces):
                outcome = kernel.put(name, stamped, seconds)
                if outcome != "full":
                    break
        return outcome == "kept"

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
            for name in kernel.names(self._name(maker, ""))
        }
        return tuple(sorted({*found, *self._sealed.keys()}))

    def drop(self, key: str) -> None:
        """Forget what is kept under ``key``, if anything is."""
        for maker in (_PERSON, _MACHINE):
            kernel.drop(self._name(maker, key))
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
                kernel.drop(self._name(maker, key))
            self._sealed.drop(key)
        if not prefix:
            self._sealed.forget_key()
        elsewhere = self._elsewhere()
        return gone + (elsewhere.forget(prefix) if elsewhere else 0)

    def _name(self, maker: str, key: str) -> str:
        return f"{self._prefix}{maker}:{key}"


def _room_made(*, already: bool) -> Iterator[None]:
    """Drop one session that needs no person at a time; yield when it is worth trying again.

    ``already``: something was dropped just now, so it is worth trying before anything else goes.
    """
    doomed = sorted(_expendable(), key=lambda name: kernel.get(name) or b"")
    for name in ([None] if already else []) + doomed:
        if name is not None:
            kernel.drop(name)
        # Kernels before 6.7 give the quota back only when their collector has come by.
        for _ in range(_WAITS):
            yield
            time.sleep(_WAIT_S)


def _expendable() -> list[str]:
    # Whichever folder of ours they belong to: the quota is one.
    return [name for name in kernel.names("awsprof:") if name.split(":")[2:3] == [_MACHINE]]
