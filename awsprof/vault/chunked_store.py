"""Splits long texts into chunks, for a keyring that limits the length of an entry.

A text that fits is stored unchanged under its own name. A longer one is stored as ``name#1``,
``name#2``, ...; the entry ``name`` then has their number and a digest.
"""

import hashlib
from typing import Final

from awsprof.errors import VaultError
from awsprof.vault.keyring_store import Store

# The Windows Credential Locker takes 2,560 bytes of UTF-16.
WINDOWS: Final = 1200
_MARK: Final = "awsprof pieces 1 "


class ChunkedStore:
    """Stores texts of any length in a store that takes at most ``most`` UTF-16 units each."""

    def __init__(self, under: Store, most: int = WINDOWS) -> None:
        self._under = under
        self._most = most
        self.id = under.id
        self.title = under.title

    def ready(self, *, create: bool) -> None:
        """Unlocks the underlying store."""
        self._under.ready(create=create)

    def get(self, service: str, user: str) -> str | None:
        """Returns the whole text, or None. Raises VaultError if a chunk does not fit."""
        head = self._under.get(service, user)
        if head is None or not head.startswith(_MARK):
            return head
        count, digest = _parsed(head)
        pieces = [self._under.get(service, _name(user, n)) for n in range(1, count + 1)]
        text = "".join(piece or "" for piece in pieces)
        if None in pieces or _digest(text) != digest:
            raise VaultError(
                f"{self.title} stores {user} in chunks, and some are missing or damaged.",
                "add the key again: awsprof setup keys (if you no longer have the secret, create a"
                " new key)",
            )
        return text

    def set(self, service: str, user: str, text: str) -> None:
        """Stores ``text``; writes the entry ``user`` last, so that a part is never taken for it."""
        self.delete(service, user)
        if _units(text) <= self._most and not text.startswith(_MARK):
            self._under.set(service, user, text)
            return
        pieces = _cut(text, self._most)
        for n, piece in enumerate(pieces, 1):
            self._under.set(service, _name(user, n), piece)
        self._under.set(service, user, f"{_MARK}{len(pieces)} {_digest(text)}")

    def delete(self, service: str, user: str) -> None:
        """Deletes the text and its chunks; does nothing if there is none."""
        head = self._under.get(service, user)
        if head is None:
            return
        self._under.delete(service, user)
        if head.startswith(_MARK):
            for n in range(1, _parsed(head)[0] + 1):
                self._under.delete(service, _name(user, n))


def _parsed(head: str) -> tuple[int, str]:
    count, _, digest = head.removeprefix(_MARK).partition(" ")
    return (int(count) if count.isdecimal() else 0), digest


def _cut(text: str, most: int) -> list[str]:
    # By characters at half the limit at worst: those outside the first plane are two units.
    step = most if text.isascii() else most // 2
    return [text[at : at + step] for at in range(0, len(text), step)]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _name(user: str, n: int) -> str:
    return f"{user}#{n}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
