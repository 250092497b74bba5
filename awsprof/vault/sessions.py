"""Temporary credentials, kept in the kernel's keyring until shortly before they expire.

A session is bytes under a key of the caller's; what either means is the resolver's business. The
key's description says whether a person was needed to make it. Where the kernel refuses, those that
needed one are kept in the vault, and nothing fails. On the way of ``credential-process``: a hit
imports next to nothing.
"""

from __future__ import annotations

import time
import zlib

from awsprof import paths
from awsprof.vault import kernel

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

    def get(self, key: str) -> bytes | None:
        """What was put under ``key``; None where there is nothing, or too little of it is left."""
        for maker in (_PERSON, _MACHINE):
            kept = kernel.get(self._name(maker, key))
            if kept is not None:
                return kept[_STAMP:]
        elsewhere = self._elsewhere()
        return elsewhere.get(key) if elsewhere else None

    def _elsewhere(self) -> VaultSessions | None:
        """Where sessions are where this kernel keeps none."""
        if self._vault is None or kernel.available():
            return None
        from awsprof.vault.kept_sessions import VaultSessions

        return VaultSessions(self._vault)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> bool:
        """Keep ``payload`` until 20 minutes before ``expires`` (aware), in place of a former one.

        Of a life of less than an hour, a third is left instead. Where the quota is full, sessions
        that can be made without a person make room, nearest to expiry first, and those that
        need one never. False: it is not kept, nor is a former one.
        """
        elsewhere = self._elsewhere()
        if elsewhere:
            return needs_person and elsewhere.put(key, payload, expires)
        left = expires.timestamp() - time.time()
        seconds = int(left - min(_MARGIN_S, left / 3))
        stamped = b"%0*d" % (_STAMP, int(expires.timestamp())) + payload
        wanted, other = (_PERSON, _MACHINE) if needs_person else (_MACHINE, _PERSON)
        kernel.drop(self._name(other, key))
        name = self._name(wanted, key)
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
        """The keys of all that is kept."""
        found = {
            name.removeprefix(self._name(maker, ""))
            for maker in (_PERSON, _MACHINE)
            for name in kernel.names(self._name(maker, ""))
        }
        return tuple(sorted(found))

    def drop(self, key: str) -> None:
        """Forget what is kept under ``key``, if anything is."""
        self.forget(key)

    def forget(self, prefix: str = "") -> int:
        """Forget every session whose key begins with ``prefix``; how many those were."""
        found = [
            name
            for maker in (_PERSON, _MACHINE)
            for name in kernel.names(self._name(maker, prefix))
        ]
        for name in found:
            kernel.drop(name)
        elsewhere = self._elsewhere()
        return len(found) + (elsewhere.forget(prefix) if elsewhere else 0)

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
