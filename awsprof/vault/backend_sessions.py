"""Caches sessions in the vault if there is no kernel keyring (macOS, Windows, some containers).

Only sessions that needed a person are cached: the others can be made again unattended. A file
without secrets lists them and when they expire, so that they can be found and swept.
"""

import json
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import AwsprofError, SecretNotFound
from awsprof.secret import Secret
from awsprof.vault.vault import Vault

_NAME: Final = "session/"


class BackendSessions:
    """Sessions by cache key, in the vault that ``vault`` opens; it is opened only if needed."""

    def __init__(self, vault: Callable[[], Vault]) -> None:
        self._vault = vault

    def get(self, key: str) -> bytes | None:
        """Returns the payload under ``key``; None if it expired or the vault cannot be used."""
        if _expiries().get(key, 0) <= time.time():
            return None
        try:
            return self._vault().get(_NAME + key).reveal().encode()
        except AwsprofError:
            return None

    def put(self, key: str, payload: bytes, expires: datetime) -> bool:
        """Stores ``payload`` until ``expires``; False if the vault cannot be used."""
        try:
            self._vault().put(_NAME + key, Secret(payload.decode()))
            self._note({key: expires.timestamp()})
        except AwsprofError:
            return False
        return True

    def keys(self) -> tuple[str, ...]:
        """Returns the cache keys in the list, without opening the vault."""
        return tuple(_expiries())

    def forget(self, keys: Collection[str] | None = None) -> int:
        """Deletes the sessions under ``keys``, all without it; returns how many there were.

        Raises AwsprofError if the vault does not delete one: it stays in the list, and a later
        call deletes it.
        """
        listed = _expiries()
        matching = [key for key in listed if keys is None or key in keys]
        if not matching:
            return 0
        refused = self._note({}, matching)
        if refused is not None:
            raise refused
        return len(matching)

    def drop(self, key: str) -> None:
        """Deletes the session under ``key``; if the vault does not, a later call does."""
        if key in _expiries():
            self._note({}, (key,))

    def _note(self, more: dict[str, float], ended: Collection[str] = ()) -> AwsprofError | None:
        """Adds ``more`` to the list, and deletes expired and ``ended`` sessions.

        Deletes them from the vault and from the list. Returns why one could not be deleted.
        """
        refused = None
        with locks.hold_lock(paths.locks_dir() / "sessions.lock", purpose="noting sessions"):
            expiries = {**_expiries(), **more}
            now = time.time()
            for key in [key for key in expiries if expiries[key] <= now or key in ended]:
                try:
                    self._delete(key)
                except AwsprofError as exc:
                    refused = refused or exc
                    continue
                del expiries[key]
            atomic.write_file(_file(), json.dumps(expiries).encode())
        return refused

    def _delete(self, key: str) -> None:
        with suppress(SecretNotFound):
            self._vault().delete(_NAME + key)


def _file() -> Path:
    return paths.data_dir() / "sessions.json"


def _expiries() -> dict[str, float]:
    """Maps each cache key to its expiry, in seconds since 1970."""
    file = _file()
    try:
        with parsing.wrap_parse_errors(file, f"delete {file}"):
            data = parsing.expect_table(parsing.parse_json(atomic.read_file(file) or b"{}"))
            return {key: parsing.expect_timestamp(until).timestamp() for key, until in data.items()}
    except AwsprofError:
        return {}
