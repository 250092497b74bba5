"""Splits long texts into chunks, for a keyring that limits the length of an entry.

A text that fits is stored unchanged under its own name. A longer one is stored as ``name#1``,
``name#2``, ...; the entry ``name`` then has how many they are and a digest, and the first number if
that is not 1.
"""

import hashlib
from contextlib import suppress
from typing import Final

from awsprof.errors import VaultError
from awsprof.vault.keyring_store import Store

# The Windows Credential Locker takes 2,560 bytes of UTF-16.
WINDOWS: Final = 1200
_MARK: Final = "awsprof pieces 1 "
_DIGITS: Final = 4  # a damaged entry must not mean a million chunks


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
        numbers, digest = _parsed(head)
        pieces = [self._under.get(service, _name(user, n)) for n in numbers]
        text = "".join(piece or "" for piece in pieces)
        if None in pieces or _digest(text) != digest:
            raise VaultError(
                f"{self.title} stores {user} in chunks, and some are missing or damaged.",
                "add the key again: awsprof setup keys (if you no longer have the secret, create a"
                " new key)",
            )
        return text

    def set(self, service: str, user: str, text: str) -> None:
        """Stores ``text``; writes the entry ``user`` last, so that a part is never taken for it.

        The chunks of a former text stay until then, so that it is not lost if this fails.
        """
        former, _ = _parsed(self._under.get(service, user) or "")
        if _units(text) <= self._most and not text.startswith(_MARK):
            self._under.set(service, user, text)
            self._delete_chunks(service, user, former)
            return
        pieces = _cut(text, self._most)
        first = 1 if former.start > len(pieces) else former.stop
        numbers = range(first, first + len(pieces))
        try:
            for n, piece in zip(numbers, pieces, strict=True):
                self._under.set(service, _name(user, n), piece)
            self._under.set(service, user, _head(numbers, text))
        except VaultError:
            with suppress(VaultError):
                self._delete_chunks(service, user, numbers, keep=former)
            raise
        self._delete_chunks(service, user, former, keep=numbers)

    def delete(self, service: str, user: str) -> None:
        """Deletes the text and its chunks; does nothing if there is none.

        The entry ``user`` comes last: until then a chunk that is left can be found by it.
        """
        numbers, _ = _parsed(self._under.get(service, user) or "")
        self._delete_chunks(service, user, numbers)
        self._under.delete(service, user)

    def _delete_chunks(
        self, service: str, user: str, numbers: range, keep: range = range(0)
    ) -> None:
        """Deletes all chunks up to ``numbers``, and what a killed program left after them."""
        n = 1
        while n < max(numbers.stop, keep.stop) or self._under.get(service, _name(user, n)):
            if n not in keep:
                self._under.delete(service, _name(user, n))
            n += 1


def _head(numbers: range, text: str) -> str:
    """Returns the entry by which the chunks are found: count, digest, and first number if not 1."""
    first = "" if numbers.start == 1 else f" {numbers.start}"
    return f"{_MARK}{len(numbers)} {_digest(text)}{first}"


def _parsed(head: str) -> tuple[range, str]:
    """Returns the numbers of the chunks, none for an entry without chunks, and their digest."""
    words = head.removeprefix(_MARK).split(" ") if head.startswith(_MARK) else []
    count, digest, first = [*words, *["", "", "1"][len(words) :]][:3]
    if not (_is_number(count) and _is_number(first)):
        return range(1, 1), digest
    return range(int(first), int(first) + int(count)), digest


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < _DIGITS


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
