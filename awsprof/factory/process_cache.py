"""Sessions that nothing else on this machine keeps, for as long as the process lives.

Where the kernel or the vault keeps a session it is there, shared with the command line, and not
here; so ``awsprof logout`` reaches all that it can reach.
"""

from __future__ import annotations

import functools
from datetime import datetime

from awsprof import paths
from awsprof.auth.cached import Cache
from awsprof.fork_safety import ForkSafeLock


class ProcessCache:
    """A cache on top of another one: what that does not keep is kept here."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._lock = ForkSafeLock()

    def over(self, beneath: Cache) -> Cache:
        """A cache that asks ``beneath`` first."""
        return _Over(self, beneath)

    def get(self, key: str) -> bytes | None:
        """What was put under ``key``."""
        return self._kept.get(key)

    def put(self, key: str, payload: bytes | None) -> None:
        """Keep ``payload``; None forgets."""
        with self._lock:
            if payload is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = payload


class _Over:
    def __init__(self, memory: ProcessCache, beneath: Cache) -> None:
        self._memory = memory
        self._beneath = beneath

    def get(self, key: str) -> bytes | None:
        return self._beneath.get(key) or self._memory.get(key)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> None:
        kept = self._beneath.put(key, payload, expires, needs_person=needs_person)
        self._memory.put(key, None if kept else payload)

    def drop(self, key: str) -> None:
        self._beneath.drop(key)
        self._memory.put(key, None)


@functools.cache
def _of(folder: str) -> ProcessCache:
    return ProcessCache()


def process_cache() -> ProcessCache:
    """The memory of this process, for the folder that is ours now."""
    return _of(paths.data_text())
