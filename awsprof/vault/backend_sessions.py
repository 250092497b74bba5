"""Sessions where the kernel keeps none (macOS, Windows, some containers): in the vault's backend.

Only those that a person was needed for: the others are made again without anyone. What is kept, and
until when, stands in a file without secrets, so that it can be found again and swept.
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
from awsprof.vault.keyring_vault import Vault

_NAME: Final = "session/"


class BackendSessions:
    """Sessions by key, in the vault that ``vault`` opens; asked of it only where one is noted."""

    def __init__(self, vault: Callable[[], Vault]) -> None:
        self._vault = vault

    def get(self, key: str) -> bytes | None:
        """What was put under ``key``, until it expires; None where the vault cannot be used."""
        if _noted().get(key, 0) <= time.time():
            return None
        try:
            return self._vault().get(_NAME + key).reveal().encode()
        except AwsprofError:
            return None

    def put(self, key: str, payload: bytes, expires: datetime) -> bool:
        """Keep ``payload``; False where the vault cannot be used."""
        try:
            self._vault().put(_NAME + key, Secret(payload.decode()))
            self._note({key: expires.timestamp()})
        except AwsprofError:
            return False
        return True

    def forget(self, prefix: str = "") -> int:
        """Forget every session whose key begins with ``prefix``; how many those were."""
        gone = [key for key in _noted() if key.startswith(prefix)]
        if not gone:
            return 0
        self._note(dict.fromkeys(gone, 0.0))
        return len(gone)

    def _note(self, more: dict[str, float]) -> None:
        """Note ``more``, and take what is over out of the vault and the file."""
        with locks.hold_lock(paths.locks_dir() / "sessions.lock", purpose="noting sessions"):
            noted = {**_noted(), **more}
            over = [key for key, until in noted.items() if until <= time.time()]
            for key in over:
                with suppress(AwsprofError):  # what cannot be deleted is over all the same
                    self._vault().delete(_NAME + key)
                del noted[key]
            atomic.write_file(_file(), json.dumps(noted).encode())


def _file() -> Path:
    return paths.data_dir() / "sessions.json"


def _noted() -> dict[str, float]:
    """Keys, and until when each is kept, in seconds since 1970."""
    try:
        with parsing.wrap_parse_errors(_file(), f"delete {_file()}"):
            data = parsing.expect_table(parsing.parse_json(atomic.read_file(_file()) or b"{}"))
            return {key: parsing.expect_timestamp(until).timestamp() for key, until in data.items()}
    except AwsprofError:
        return {}
