"""botocore's renewing credentials, fed from elsewhere, and used until they really end.

botocore sees to it that one thread renews while the others go on with what they have.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from botocore.credentials import DeferredRefreshableCredentials

from awsprof.awsapi.credentials import Credentials
from awsprof.fork_safety import ForkSafeLock
from awsprof.secret import Secret

# Seconds before the end. botocore has 15 and 10 minutes, and gives up what lives on for 10.
_EARLY: Final = 15 * 60
_LATE: Final = 60
_NEW: Final = 10.0  # seconds in which what was just made is not doubted
_PATIENCE: Final = 60  # seconds until what could not be renewed is tried again: a person may type

Obtain = Callable[[datetime | None], Credentials]
"""Gives credentials that last beyond that moment (the end of those in use)."""


class RefreshableCredentials(DeferredRefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """Credentials that are had at their first use, and renewed before they end.

    Renewing begins with 15 minutes left, or a quarter of their life where that is less. What cannot
    be renewed is used on until a minute before its end: only then do calls fail. ``key`` tells what
    shapes these credentials (empty: nobody knows); ``first`` is what was had already.
    """

    def __init__(
        self, obtain: Obtain, key: Callable[[], str], first: Credentials | None = None
    ) -> None:
        self.key = key
        self._obtain = obtain
        self._first = first
        self._not_before = 0.0
        self._healed_at = -_NEW
        self._healing = ForkSafeLock()
        super().__init__(refresh_using=self._renewed, method="awsprof")

    def refused(self, can_retry: Callable[[Credentials], bool]) -> bool:
        """Whether a call that AWS refused with these may be made again: others are had for it.

        ``heals`` says whether new ones may do better.
        """
        with self._healing:
            if time.monotonic() - self._healed_at < _NEW:
                return True  # another thread's call was refused too
            token = Secret(self._token) if self._token else None
            made = Credentials(self._access_key, Secret(self._secret_key), token)
            if not can_retry(made):
                return False
            self._healed_at = time.monotonic()
            self._not_before = 0.0
            self._expiry_time = datetime.now(UTC)  # over, for whoever uses them next
            return True

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """Whether less than ``refresh_in`` seconds are left; not just after a failure."""
        if not super().refresh_needed(refresh_in):
            return False
        failed = time.monotonic() < self._not_before
        return not failed or bool(super().refresh_needed(self._mandatory_refresh_timeout))

    def _renewed(self) -> dict[str, Any]:
        try:
            made, self._first = self._first or self._obtain(self._expiry_time), None
        except Exception:
            self._not_before = time.monotonic() + _PATIENCE
            raise
        self._not_before = 0.0
        expires = made.expires or datetime.max.replace(tzinfo=UTC)
        left = (expires - datetime.now(UTC)).total_seconds()
        self._advisory_refresh_timeout = min(_EARLY, left / 4)
        self._mandatory_refresh_timeout = min(_LATE, left / 12)
        return {
            "access_key": made.access_key_id,
            "secret_key": made.secret.reveal(),
            "token": made.token.reveal() if made.token else None,
            "expiry_time": expires.isoformat(),
            "account_id": made.account,
        }
