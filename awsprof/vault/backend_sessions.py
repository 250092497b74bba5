"""Caches sessions in the vault if there is no kernel keyring (macOS, Windows, some containers).

Only sessions that needed a person are cached: the others can be made again unattended. A file
without secrets lists them and when they expire, so that they can be found and swept.
"""

import json
import re
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import AwsprofError, SecretNotFound
from awsprof.secret import Secret
from awsprof.vault.vault import Vault

_NAME: Final = "session/"
_KEY: Final = re.compile(rb'"([a-z]+/[0-9a-f.]+)"')  # a cache key in a damaged list


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
            with _locked():
                before, _ = self._swept(_read())
                _write({**before, key: expires.timestamp()})
                try:
                    self._vault().put(_NAME + key, Secret(payload.decode()))
                except AwsprofError:
                    _write(before)
                    raise
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
        matching = [key for key in _read() if keys is None or key in keys]
        if not matching:
            return 0
        refused = self._end(matching)
        if refused is not None:
            raise refused
        return len(matching)

    def drop(self, key: str) -> None:
        """Deletes the session under ``key``, or leaves it in the list for a later call."""
        if key in _expiries():
            self._end((key,))

    def _end(self, ended: Collection[str]) -> AwsprofError | None:
        """Deletes expired and ``ended`` sessions; returns why one could not be deleted."""
        with _locked():
            left, refused = self._swept(_read(), ended)
            _write(left)
        return refused

    def _swept(
        self, expiries: dict[str, float], ended: Collection[str] = ()
    ) -> tuple[dict[str, float], AwsprofError | None]:
        """Deletes expired and ``ended`` sessions from the vault; returns the list without them.

        Also returns why one could not be deleted, which stays in the list.
        """
        refused, now = None, time.time()
        for key in [key for key in expiries if expiries[key] <= now or key in ended]:
            try:
                self._delete(key)
            except AwsprofError as exc:
                refused = refused or exc
                continue
            del expiries[key]
        return expiries, refused

    def _delete(self, key: str) -> None:
        with suppress(SecretNotFound):
            self._vault().delete(_NAME + key)


def _file() -> Path:
    return paths.data_dir() / "sessions.json"


def _locked() -> AbstractContextManager[None]:
    return locks.hold_lock(paths.locks_dir() / "sessions.lock", purpose="noting sessions")


def _write(expiries: dict[str, float]) -> None:
    atomic.write_file(_file(), json.dumps(expiries).encode())


def _expiries() -> dict[str, float]:
    """Returns the list; an empty one if it cannot be read."""
    try:
        return _read()
    except AwsprofError:
        return {}


def _read() -> dict[str, float]:
    """Maps each cache key to its expiry, in seconds since 1970. Raises FileError.

    The sessions in a damaged list count as expired: they are found, and deleted.
    """
    file = _file()
    text = atomic.read_file(file) or b"{}"
    try:
        with parsing.wrap_parse_errors(file, f"delete {file}"):
            data = parsing.expect_table(parsing.parse_json(text))
            return {key: parsing.expect_timestamp(until).timestamp() for key, until in data.items()}
    except AwsprofError:
        return dict.fromkeys(map(bytes.decode, _KEY.findall(text)), 0.0)
