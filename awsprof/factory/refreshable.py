"""botocore's refreshable credentials, renewed by awsprof and used until shortly before expiry.

botocore ensures that one thread renews while the others use the current credentials.
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
from awsprof.session_margins import FAIL_BEFORE_S, RENEW_BEFORE_S

_JUST_RENEWED_S: Final = 10.0  # seconds in which credentials just renewed are not renewed again
_RETRY_AFTER_S: Final = 60  # seconds between attempts after a failure: each may prompt for a code

Obtain = Callable[[datetime | None], Credentials]
"""Returns credentials that expire later than the given time (the expiry of the current ones)."""


class RefreshableCredentials(DeferredRefreshableCredentials):  # type: ignore[misc]  # botocore has no types
    """Credentials that are fetched on first use and renewed before they expire.

    Renewal starts 15 minutes before expiry, or at a quarter of the lifetime if that is shorter. If
    it fails, the current credentials are used until one minute before expiry; then calls fail.
    ``key`` returns their cache key (empty if they have none); ``first`` are credentials that were
    fetched already.
    """

    def __init__(
        self, obtain: Obtain, key: Callable[[], str], first: Credentials | None = None
    ) -> None:
        self.key = key
        self._obtain = obtain
        self._first = first
        self._not_before = 0.0
        self._retried_at = -_JUST_RENEWED_S
        self._retry_lock = ForkSafeLock()
        super().__init__(refresh_using=self._refresh_metadata, method="awsprof")

    def should_retry(self, can_retry: Callable[[Credentials], bool]) -> bool:
        """True if a call that AWS rejected with these credentials should be retried with new ones.

        ``can_retry`` decides whether new credentials may work.
        """
        with self._retry_lock:
            if time.monotonic() - self._retried_at < _JUST_RENEWED_S:
                return True  # another thread's call was rejected too
            token = Secret(self._token) if self._token else None
            fetched = Credentials(self._access_key, Secret(self._secret_key), token)
            if not can_retry(fetched):
                return False
            self._retried_at = time.monotonic()
            self._not_before = 0.0
            self._expiry_time = datetime.now(UTC)  # expired: the next use renews them
            return True

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """True if less than ``refresh_in`` seconds are left, except just after a failure."""
        if not super().refresh_needed(refresh_in):
            return False
        failed = time.monotonic() < self._not_before
        return not failed or bool(super().refresh_needed(self._mandatory_refresh_timeout))

    def _refresh_metadata(self) -> dict[str, Any]:
        try:
            fetched, self._first = self._first or self._obtain(self._expiry_time), None
        except Exception:
            self._not_before = time.monotonic() + _RETRY_AFTER_S
            raise
        self._not_before = 0.0
        expires = fetched.expires or datetime.max.replace(tzinfo=UTC)
        left = (expires - datetime.now(UTC)).total_seconds()
        self._advisory_refresh_timeout = min(RENEW_BEFORE_S, left / 4)
        self._mandatory_refresh_timeout = min(FAIL_BEFORE_S, left / 12)
        return {
            "access_key": fetched.access_key_id,
            "secret_key": fetched.secret.reveal(),
            "token": fetched.token.reveal() if fetched.token else None,
            "expiry_time": expires.isoformat(),
            "account_id": fetched.account,
        }
