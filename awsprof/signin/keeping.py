"""Sessions that are made once and kept while they are of use; whoever comes later waits.

Across threads and processes: the cache is shared, and so is the lock that they are made under.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from awsprof import locks, paths
from awsprof.signin.credentials import Credentials, from_json

_SOON: Final = timedelta(minutes=5)  # what lasts less is of no use to whoever asks


class Cache(Protocol):
    """Where sessions are kept by key, until they end (``vault.sessions`` is the real one)."""

    def get(self, key: str) -> bytes | None:
        """What was put, while it is of use."""
        ...

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> object:
        """Keep it until about ``expires``; what needed a person is dropped last."""
        ...


@dataclass(frozen=True)
class Way:
    """How a profile gets its credentials; ``key`` is what they are kept under, if they are."""

    make: Callable[[], Credentials]
    key: str | None = None
    needs_person: bool = False


class Keeping:
    """What was made by whom, for one resolver; ``wait`` is how long one waits for another (s)."""

    def __init__(self, cache: Cache | None, wait: float) -> None:
        self._cache = cache
        self._wait = wait
        self._refused: set[str] = set()
        self._mine: dict[str, bytes] = {}  # where the cache keeps nothing

    def get(self, way: Way, beyond: datetime) -> Credentials:
        """From the cache, or made once while others wait."""
        if way.key is None:
            return way.make()
        found = self.in_hand(way.key, beyond)
        if found is not None:
            return found
        lock = paths.locks_dir() / f"{way.key.replace('/', '-')}.lock"
        with locks.hold(lock, purpose="signing in", timeout=self._wait):
            found = self.in_hand(way.key, beyond)
            if found is not None:
                return found
            made = way.make()
            if made.expires is not None:
                self._keep(way, made, made.expires)
            return made

    def _keep(self, way: Way, made: Credentials, expires: datetime) -> None:
        key = way.key or ""
        payload = made.process_json().encode()
        self._mine[key] = payload
        if self._cache is not None:
            self._cache.put(key, payload, expires, needs_person=way.needs_person)

    def in_hand(self, key: str, beyond: datetime) -> Credentials | None:
        """What is kept, where it lives on for a while yet, and beyond that moment."""
        payload = (self._cache.get(key) if self._cache else None) or self._mine.get(key)
        found = from_json(payload) if payload else None
        if found is None or found.access_key_id in self._refused:
            return None
        if found.expires is None:
            return found
        lasts = found.expires > beyond and found.expires - datetime.now(UTC) > _SOON
        return found if lasts else None

    def refuse(self, session: Credentials) -> None:
        """Use that session no more: somebody did not take it."""
        self._refused.add(session.access_key_id)
