"""In-memory cache of sessions, for this process.

A session that the kernel keyring or the vault stores, shared with the command line, is not stored
here, so that ``awsprof logout`` reaches every session that it can.
"""

from __future__ import annotations

import functools
from datetime import datetime

from awsprof import paths
from awsprof.auth.session_fetcher import Cache
from awsprof.fork_safety import ForkSafeLock


class ProcessCache:
    """Stores in memory what another cache does not store."""

    def __init__(self) -> None:
        self._payloads: dict[str, bytes] = {}
        self._lock = ForkSafeLock()

    def over(self, shared: Cache) -> Cache:
        """Returns a cache that tries ``shared`` first."""
        return _LayeredCache(self, shared)

    def get(self, key: str) -> bytes | None:
        """Returns the payload stored under ``key``, or None."""
        return self._payloads.get(key)

    def put(self, key: str, payload: bytes | None) -> None:
        """Stores ``payload`` under ``key``; None removes it."""
        with self._lock:
            if payload is None:
                self._payloads.pop(key, None)
            else:
                self._payloads[key] = payload


class _LayeredCache:
    def __init__(self, memory: ProcessCache, shared: Cache) -> None:
        self._memory = memory
        self._shared = shared

    def get(self, key: str) -> bytes | None:
        return self._shared.get(key) or self._memory.get(key)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> None:
        stored = self._shared.put(key, payload, expires, needs_person=needs_person)
        self._memory.put(key, None if stored else payload)

    def drop(self, key: str) -> None:
        self._shared.drop(key)
        self._memory.put(key, None)


@functools.cache
def _cache_of(folder: str) -> ProcessCache:
    return ProcessCache()


def process_cache() -> ProcessCache:
    """Returns the cache of this process for the current data directory."""
    return _cache_of(paths.data_text())
