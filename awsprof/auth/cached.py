"""Sessions that are made once and kept while they are of use; whoever comes later waits.

Across threads and processes: the cache is shared, and so is the lock that they are made under. A
failure is shared with those who waited under that lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from awsprof import locks, logs, paths
from awsprof.awsapi import call_limits
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.errors import AwsprofError
from awsprof.failure_sharing import SharedFailure

_log = logs.get_logger(__name__)
_PROVEN: Final = timedelta(seconds=450)  # the cache keeps two thirds of so short a life
_SOON: Final = timedelta(minutes=5)  # what lasts less is of no use to whoever asks


class Cache(Protocol):
    """Where sessions are kept by key, until they end (``vault.sessions`` is the real one)."""

    def get(self, key: str) -> bytes | None:
        """What was put, while it is of use."""
        ...

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> object:
        """Keep it until about ``expires``; what needed a person is dropped last."""
        ...

    def drop(self, key: str) -> None:
        """Forget what is kept under ``key``, if anything is."""
        ...


@dataclass(frozen=True)
class Fetcher:
    """How a profile gets its credentials; ``key`` is what they are kept under, if they are."""

    make: Callable[[], Credentials]
    key: str | None = None
    needs_person: bool = False


@dataclass(frozen=True)
class WaitPolicy:
    """How one waits for others: ``limit_s`` at most, and ``tell`` hears for whom.

    ``since`` is from when on a failure of somebody else is ours too (seconds since 1970; None: from
    the moment that one begins to wait).
    """

    limit_s: float
    tell: Callable[[str], object] | None = None
    since: float | None = None


class CachingFetcher:
    """What was made by whom, for one resolver."""

    def __init__(self, cache: Cache | None, waiting: WaitPolicy) -> None:
        self._cache = cache
        self._waiting = waiting
        self._refused: set[str] = set()
        self._dropped: set[str] = set()
        self._mine: dict[str, bytes] = {}  # where the cache keeps nothing
        self._found: dict[str, str] = {}  # access key ids of what was kept, and their keys

    def get(self, fetcher: Fetcher, beyond: datetime, name: str = "") -> Credentials:
        """From the cache, or made once while others wait; ``name`` is the profile, for them."""
        who = f"profile {name}" if name else "shared MFA session"
        if fetcher.key is None:
            _log.debug("%s: session cache not used", who)
            return fetcher.make()
        found = self.in_hand(fetcher.key, beyond)
        _log.debug("%s: session cache %s", who, "miss" if found is None else "hit")
        if found is not None:
            return found
        lock = paths.locks_dir() / f"{fetcher.key.replace('/', '-')}.lock"
        failure = SharedFailure(lock, self._waiting.since)
        purpose = f"signing in {name}".strip()
        with locks.hold_lock(
            lock,
            purpose=purpose,
            timeout=self._waiting.limit_s,
            tell=self._waiting.tell,
            needed=False,
        ):
            found = self.in_hand(fetcher.key, beyond)
            if found is not None:
                _log.debug("%s: session cache hit after the wait", who)
                return found
            failure.raise_known()
            try:
                with call_limits.record_calls() as heard:
                    made = fetcher.make()
            except AwsprofError as exc:
                failure.note(exc)
                raise
            failure.clear()
            if made.expires is not None:
                self._keep(
                    fetcher, made, made.expires, shared=call_limits.came_over_the_wire(heard)
                )
            return made

    def _keep(
        self, fetcher: Fetcher, made: Credentials, expires: datetime, *, shared: bool
    ) -> None:
        """Keep it; for other processes only where AWS itself answered, and no mock in this one."""
        key = fetcher.key or ""
        payload = made.process_json().encode()
        self._mine[key] = payload
        if self._cache is not None and shared:
            self._cache.put(key, payload, expires, needs_person=fetcher.needs_person)

    def in_hand(self, key: str, beyond: datetime) -> Credentials | None:
        """What is kept, where it lives on for a while yet, and beyond that moment."""
        kept = self._cache.get(key) if self._cache else None
        found = self._usable(kept, beyond)
        if found is not None:
            self._found[found.access_key_id] = key
            return found
        return self._usable(self._mine.get(key), beyond)

    def _usable(self, payload: bytes | None, beyond: datetime) -> Credentials | None:
        found = credentials_from_json(payload) if payload else None
        if found is None or found.access_key_id in self._refused:
            return None
        if found.expires is None:
            return found
        lasts = found.expires > beyond and found.expires - datetime.now(UTC) > _SOON
        return found if lasts else None

    def refuse(self, session: Credentials) -> None:
        """Use that session no more: somebody did not take it."""
        self._refused.add(session.access_key_id)

    def was_kept(self, access_key_id: str) -> bool:
        """Whether that session was found in the cache, and not made just now."""
        return access_key_id in self._found

    def is_proven(self, access_key_id: str) -> bool:
        """Whether AWS took that session within the last minutes, or it was made in them."""
        return self._cache is not None and self._cache.get(_proof(access_key_id)) is not None

    def note_proven(self, access_key_id: str) -> None:
        """AWS takes that session just now."""
        if self._cache is not None:
            until = datetime.now(UTC) + _PROVEN
            self._cache.put(_proof(access_key_id), b"1", until, needs_person=False)

    def is_dropped(self, access_key_id: str | None) -> bool:
        """Whether that session was kept, and dropped since AWS refuses it."""
        return access_key_id in self._dropped

    def drop(self, access_key_id: str) -> None:
        """Drop a kept session that AWS refuses. What another process put in its place stays."""
        key = self._found[access_key_id]
        self._refused.add(access_key_id)
        self._dropped.add(access_key_id)
        kept = self._cache.get(key) if self._cache else None
        if (
            self._cache is not None
            and kept
            and credentials_from_json(kept).access_key_id == access_key_id
        ):
            self._cache.drop(key)


def _proof(access_key_id: str) -> str:
    return f"proven/{hashlib.sha256(access_key_id.encode()).hexdigest()}"
