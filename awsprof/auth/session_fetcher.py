"""Fetches a session once, and caches it while it is valid.

The cache and its lock are shared by threads and processes: the first caller fetches, the others
wait for its session, or for its failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from awsprof import atomic, locks, logs, paths
from awsprof.awsapi import call_limits
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.errors import AwsprofError
from awsprof.failure_sharing import SharedFailure
from awsprof.notices import tell_once
from awsprof.session_margins import LEAST_USABLE_S

_log = logs.get_logger(__name__)
PROVEN: Final = timedelta(minutes=5)
"""How long a proof is cached that AWS accepts a session."""


class Cache(Protocol):
    """Stores sessions by key until they expire; see ``vault.session_cache``."""

    def get(self, key: str) -> bytes | None:
        """Returns the payload, or None if there is none or it expires soon."""
        ...

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> object:
        """Stores a payload until ``expires``, a session until shortly before it.

        ``needs_person`` is evicted last. Returns False if it could not be stored.
        """
        ...

    def drop(self, key: str) -> None:
        """Deletes the payload of ``key``, if there is one."""
        ...


@dataclass(frozen=True)
class SessionRecipe:
    """How a profile gets its credentials; ``key`` is their cache key, None if not cached.

    ``renewed_key`` renews the sign-in that they come from, if it ends soon, and returns the key
    that they have then; None if no renewal changes the key.
    """

    make: Callable[[], Credentials]
    key: str | None = None
    needs_person: bool = False
    renewed_key: Callable[[], str] | None = None


@dataclass(frozen=True)
class WaitPolicy:
    """How to wait for another process: up to ``limit_s`` seconds; ``tell`` shows the holder.

    A failure of another process after ``since`` counts for this one too (seconds since 1970; None:
    since the wait began).
    """

    limit_s: float
    tell: Callable[[str], object] | None = None
    since: float | None = None


class SessionFetcher:
    """Gets sessions from the cache, or fetches them by their recipes; one for each resolver."""

    def __init__(self, cache: Cache | None, waiting: WaitPolicy) -> None:
        self._cache = cache
        self._waiting = waiting
        self._unusable: set[str] = set()
        self._dropped: set[str] = set()
        self._told_unkept = False
        self._mine: dict[
            str, bytes
        ] = {}  # sessions by cache key, also those not in the shared cache
        self._found: dict[str, str] = {}  # access key ID of a cached session -> cache key

    def get(self, recipe: SessionRecipe, beyond: datetime, name: str = "") -> Credentials:
        """Returns cached credentials that last ``beyond`` that time, or fetches them under a lock.

        ``name`` is the profile to name in the messages of processes that wait.
        """
        who = f"profile {name}" if name else "shared MFA session"
        if recipe.key is None:
            _log.debug("%s: session cache not used", who)
            return recipe.make()
        found = self.cached_if_valid(recipe.key, beyond)
        _log.debug("%s: session cache %s", who, "miss" if found is None else "hit")
        if found is not None:
            return found
        # Before the lock: all who wait for this session then wait for one key.
        key = recipe.renewed_key() if recipe.renewed_key else recipe.key
        return self._fetch_once(replace(recipe, key=key), key, beyond, name)

    def _fetch_once(
        self, recipe: SessionRecipe, key: str, beyond: datetime, name: str
    ) -> Credentials:
        """Fetches the credentials under the key's lock, unless another process did meanwhile."""
        lock = paths.locks_dir() / f"{key.replace('/', '-')}.lock"
        failure = SharedFailure(lock, self._waiting.since)
        purpose = f"signing in {name}".strip()
        with locks.hold_lock(
            lock,
            purpose=purpose,
            timeout=self._waiting.limit_s,
            tell=self._waiting.tell,
            needed=False,
        ):
            found = self.cached_if_valid(key, beyond)
            if found is not None:
                _log.debug("%s: session cache hit after the wait", purpose)
                return found
            failure.raise_known()
            try:
                with call_limits.record_calls() as calls:
                    made = recipe.make()
            except AwsprofError as exc:
                failure.note(exc)
                raise
            failure.clear()
            if made.expires is not None:
                self._keep(
                    recipe, made, made.expires, shared=call_limits.answered_by_network(calls)
                )
            return made

    def _keep(
        self, recipe: SessionRecipe, made: Credentials, expires: datetime, *, shared: bool
    ) -> None:
        """Caches the session; shares it only if AWS itself answered, not a mock in this process."""
        key = recipe.key or ""
        payload = made.process_json().encode()
        self._mine[key] = payload
        if self._cache is None or not shared:
            return
        kept = self._cache.put(key, payload, expires, needs_person=recipe.needs_person)
        if kept is False and recipe.needs_person:
            self._tell_unkept()

    def _tell_unkept(self) -> None:
        """Warns, once for all profiles and commands, that sessions with MFA are not cached here."""
        if self._told_unkept or self._waiting.tell is None:
            return
        self._told_unkept = True
        folder = paths.data_dir()
        reason = (
            "the vault did not take it"
            if atomic.is_folder_writable(folder)
            else f"{paths.display_path(folder)} cannot be written"
        )
        tell_once(
            "unkept session",
            "The session could not be cached, so the next command asks for a code again:"
            f" there is no kernel keyring here, and {reason}.",
            self._waiting.tell,
        )

    def cached_if_valid(self, key: str, beyond: datetime) -> Credentials | None:
        """Returns the cached credentials if they last five more minutes, and ``beyond``."""
        kept = self._cache.get(key) if self._cache else None
        found = self._usable(kept, beyond)
        if found is not None:
            self._found[found.access_key_id] = key
            return found
        return self._usable(self._mine.get(key), beyond)

    def _usable(self, payload: bytes | None, beyond: datetime) -> Credentials | None:
        found = credentials_from_json(payload) if payload else None
        if found is None or found.access_key_id in self._unusable:
            return None
        if found.expires is None:
            return found
        seconds_left = (found.expires - datetime.now(UTC)).total_seconds()
        is_usable = found.expires > beyond and seconds_left > LEAST_USABLE_S
        return found if is_usable else None

    def stop_using(self, session: Credentials) -> None:
        """Stops using the session: a role refused it."""
        self._unusable.add(session.access_key_id)

    def came_from_cache(self, access_key_id: str) -> bool:
        """Returns True if the session came from the cache and was not fetched just now."""
        return access_key_id in self._found

    def is_proven(self, access_key_id: str) -> bool:
        """Returns True if AWS accepted the session within the last minutes."""
        return self._cache is not None and self._cache.get(proof_key(access_key_id)) is not None

    def note_proven(self, access_key_id: str) -> None:
        """Records that AWS accepts the session now."""
        if self._cache is not None:
            until = datetime.now(UTC) + PROVEN
            self._cache.put(proof_key(access_key_id), b"1", until, needs_person=False)

    def lifetime(self, access_key_id: str) -> int | None:
        """Returns for how many seconds the session was issued; None if its profile says so."""
        noted = self._cache.get(_lifetime_key(access_key_id)) if self._cache else None
        return int(noted) if noted else None

    def note_lifetime(self, session: Credentials, seconds: int) -> None:
        """Records for how many seconds the session was issued, other than its profile says."""
        if self._cache is not None and session.expires is not None:
            key = _lifetime_key(session.access_key_id)
            self._cache.put(key, b"%d" % seconds, session.expires, needs_person=True)

    def is_dropped(self, access_key_id: str | None) -> bool:
        """Returns True if the cached session was dropped because AWS rejected it."""
        return access_key_id in self._dropped

    def drop(self, access_key_id: str) -> None:
        """Drops a cached session that AWS rejects, unless another process replaced it."""
        key = self._found[access_key_id]
        self._unusable.add(access_key_id)
        self._dropped.add(access_key_id)
        kept = self._cache.get(key) if self._cache else None
        if (
            self._cache is not None
            and kept
            and credentials_from_json(kept).access_key_id == access_key_id
        ):
            self._cache.drop(key)


def proof_key(access_key_id: str) -> str:
    """Returns the cache key that says that AWS accepted this session lately."""
    return f"proven/{hashlib.sha256(access_key_id.encode()).hexdigest()}"


def _lifetime_key(access_key_id: str) -> str:
    return f"lasts/{hashlib.sha256(access_key_id.encode()).hexdigest()}"
