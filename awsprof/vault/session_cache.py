"""Caches temporary credentials until shortly before they expire.

A session is bytes under the caller's cache key. It goes into the kernel keyring, where a hit is
cheapest. A user has little room there, so sessions that can be made unattended take only part of
it; the rest, maybe thousands, go into files encrypted under a kernel key (``encrypted_sessions``).
A session that needed a person always goes into the keyring, if necessary in place of others. If
the kernel refuses both, it goes into the vault. ``session_margins`` says when a session is too old
for the cache. Scripts wait for this module, so it imports next to nothing.
"""

from __future__ import annotations

import time
import zlib

from awsprof import paths
from awsprof.session_margins import seconds_to_cache
from awsprof.vault import kernel_keyring, key_answers
from awsprof.vault.encrypted_sessions import EncryptedSessions

TYPE_CHECKING = False  # importing it from typing would cost every cache hit 3 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime
    from typing import Final

    from awsprof.vault.backend_sessions import BackendSessions
    from awsprof.vault.vault import Vault

_PERSON, _MACHINE = "person", "machine"
_STAMP: Final = 12  # bytes before the payload: until when it is cached, in seconds since 1970
_WAIT_S, _WAITS = 0.01, 10
# What ``exec`` and ``env`` need for a hit besides a session: its proof and the profile's variables,
# both from the keyring. Variables in a file would serve nobody.
_PROOF, _VARIABLES = "proven/", "variables/"
# Besides sessions and their aliases, which end with a margin: used codes (``auth.mfa_codes``), and
# the two above.
_NOTES: Final = ("code/", _PROOF, _VARIABLES)
# Limits for what can be made unattended: of the 200 keys that a user may have, or of 20,000 bytes
# without big_key. There the small entries of ``exec`` have a limit of their own, the same number,
# and take no session's place. A hit of credential-process needs two keys: a session and its alias.
_MOST_BIG, _MOST_SMALL = 100, 8


class SessionCache:
    """Temporary credentials by cache key, separate for each data directory (as in a sandbox).

    ``vault`` opens the fallback for sessions that the kernel does not keep; None: no fallback.
    """

    def __init__(self, vault: Callable[[], Vault] | None = None) -> None:
        self._vault = vault
        home = zlib.crc32(paths.data_text().encode())
        self._prefix = f"awsprof:{home:08x}:"
        self._sealed = EncryptedSessions(f"{self._prefix}seal:key")

    def get(self, key: str) -> bytes | None:
        """Returns the payload under ``key``; None if there is none or it is about to expire."""
        for maker in (_PERSON, _MACHINE):
            kept = kernel_keyring.get_key(self._name(maker, key))
            if kept is not None:
                return kept[_STAMP:]
        sealed = self._sealed.get(key)
        if sealed is not None:
            return sealed
        fallback = self._vault_fallback()
        return fallback.get(key) if fallback else None

    def _vault_fallback(self) -> BackendSessions | None:
        """Returns the sessions in the vault; None without a vault."""
        if self._vault is None:
            return None
        from awsprof.vault.backend_sessions import BackendSessions

        return BackendSessions(self._vault)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> bool:
        """Caches ``payload`` until 20 minutes before ``expires`` (an aware datetime).

        A session with less than an hour left is cached for two thirds of the time it has left; a
        proof, a profile's variables or a used code until ``expires``. The vault keeps a session
        until ``expires``.

        Replaces a former payload. Returns False if the new one is not cached.
        """
        seconds_left = expires.timestamp() - time.time()
        is_note = key.startswith(_NOTES)
        seconds = int(seconds_left if is_note else seconds_to_cache(seconds_left))
        if seconds <= 0:
            self.drop(key)
            return False
        stamped = b"%0*d" % (_STAMP, int(time.time()) + seconds) + payload
        if self._kept_by_kernel(key, payload, stamped, seconds, needs_person=needs_person):
            return True
        fallback = self._vault_fallback() if needs_person else None
        return fallback is not None and fallback.put(key, payload, expires)

    def _kept_by_kernel(
        self, key: str, payload: bytes, stamped: bytes, seconds: int, *, needs_person: bool
    ) -> bool:
        """Stores it in the kernel keyring or an encrypted file, and deletes a former payload."""
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
        if key.startswith(_VARIABLES):
            return False
        return self._sealed.put(key, payload, time.time() + seconds)

    def _has_room(self, name: str) -> bool:
        """True if the keyring has room for another unattended entry under that name."""
        names = kernel_keyring.key_names(self._name(_MACHINE, ""))
        others = [each for each in names if each != name]
        if kernel_keyring.has_big_keys():
            return len(others) < _MOST_BIG
        small = self._is_of_exec(name)
        return sum(self._is_of_exec(each) == small for each in others) < _MOST_SMALL

    def _is_of_exec(self, name: str) -> bool:
        """True for a proof or the variables of a profile: both are some hundred bytes at most."""
        return name.removeprefix(self._name(_MACHINE, "")).startswith((_PROOF, _VARIABLES))

    def _put(self, name: str, stamped: bytes, seconds: int) -> bool:
        replaces = kernel_keyring.get_key(name) is not None
        outcome = kernel_keyring.put_key(name, stamped, seconds)
        if outcome == "full":
            for _ in self._make_room(already=replaces):
                outcome = kernel_keyring.put_key(name, stamped, seconds)
                if outcome != "full":
                    break
        return outcome == "kept"

    def _make_room(self, *, already: bool) -> Iterator[None]:
        """Deletes cached vault keys, then moves unattended sessions to files, one at a time.

        Yields when to retry.

        ``already``: a key was just deleted, so retry first before moving any.
        """
        candidates = sorted(_expendable(), key=_priority)
        for name in ([None] if already else []) + candidates:
            if name is not None:
                self._seal(name)
                kernel_keyring.drop_key(name)
            # Kernels before 6.7 release the quota only at the next garbage collection.
            for _ in range(_WAITS):
                yield
                time.sleep(_WAIT_S)

    def _seal(self, name: str) -> None:
        """Copies a session from the keyring to a file, if it belongs to this data directory."""
        mine = self._name(_MACHINE, "")
        if not name.startswith(mine) or name.startswith(mine + _VARIABLES):
            return
        stamped = kernel_keyring.get_key(name)
        if stamped is not None and stamped[:_STAMP].isdigit():
            self._sealed.put(name.removeprefix(mine), stamped[_STAMP:], int(stamped[:_STAMP]))

    def alias(self, alias: str, key: str, expires: datetime) -> None:
        """Makes ``alias`` point to ``key`` until ``expires``."""
        self.put(f"alias/{alias}", key.encode(), expires, needs_person=False)

    def by_alias(self, alias: str) -> bytes | None:
        """Returns the payload under the key that ``alias`` points to; None if either is gone."""
        key = self.get(f"alias/{alias}")
        return None if key is None else self.get(key.decode())

    def kept_keys(self) -> tuple[str, ...]:
        """Returns the sorted cache keys of all sessions: in the kernel, in files, in the vault."""
        fallback = self._vault_fallback()
        return tuple(sorted({*self._own_keys(), *(fallback.keys() if fallback else ())}))

    def _own_keys(self) -> set[str]:
        """Returns the cache keys of all sessions in the kernel and in encrypted files."""
        found = {
            name.removeprefix(self._name(maker, ""))
            for maker in (_PERSON, _MACHINE)
            for name in kernel_keyring.key_names(self._name(maker, ""))
        }
        return {*found, *self._sealed.keys()}

    def drop(self, key: str) -> None:
        """Deletes the session under ``key``, if there is one."""
        for maker in (_PERSON, _MACHINE):
            kernel_keyring.drop_key(self._name(maker, key))
        self._sealed.drop(key)
        fallback = self._vault_fallback()
        if fallback:
            fallback.drop(key)

    def forget(self, keys: Collection[str] | None = None) -> int:
        """Deletes the sessions under ``keys``, all without it; returns how many there were.

        Raises AwsprofError if one of them is in a vault that does not delete it.
        """
        kept = [key for key in self._own_keys() if keys is None or key in keys]
        count = sum(self.get(key) is not None for key in kept)
        for key in kept:
            for maker in (_PERSON, _MACHINE):
                kernel_keyring.drop_key(self._name(maker, key))
            self._sealed.drop(key)
        if keys is None:
            self._sealed.forget_key()
        fallback = self._vault_fallback()
        return count + (fallback.forget(keys) if fallback else 0)

    def _name(self, maker: str, key: str) -> str:
        return f"{self._prefix}{maker}:{key}"


def _priority(name: str) -> tuple[bool, bytes]:
    """Returns a sort key: cached vault keys first, then the sessions that expire first."""
    return name.split(":")[2] != key_answers.KIND, kernel_keyring.get_key(name) or b""


def _expendable() -> list[str]:
    # Of any data directory: they all share the user's quota.
    return [
        name
        for name in kernel_keyring.key_names("awsprof:")
        if name.split(":")[2:3] in ([_MACHINE], [key_answers.KIND])
    ]
