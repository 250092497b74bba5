"""Caches sessions in the vault if there is no kernel keyring (macOS, Windows, some containers).

Only sessions that needed a person are cached: the others can be made again unattended. A file
without secrets lists them and when they expire, so that they can be found and swept.
"""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import AwsprofError
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

    def forget(self, prefix: str = "") -> int:
        """Deletes every session whose key starts with ``prefix``; returns how many there were."""
        matching = [key for key in _expiries() if key.startswith(prefix)]
        if not matching:
            return 0
        self._note(dict.fromkeys(matching, 0.0))
        return len(matching)

    def _note(self, more: dict[str, float]) -> None:
        """Adds ``more`` to the list, and deletes expired sessions from the vault and the list."""
        with locks.hold_lock(paths.locks_dir() / "sessions.lock", purpose="noting sessions"):
            expiries = {**_expiries(), **more}
            expired = [key for key, until in expiries.items() if until <= time.time()]
            for key in expired:
                with suppress(AwsprofError):  # if it cannot be deleted, it has expired anyway
                    self._vault().delete(_NAME + key)
                del expiries[key]
            atomic.write_file(_file(), json.dumps(expiries).encode())


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
