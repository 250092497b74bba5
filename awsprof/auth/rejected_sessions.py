"""Cached sessions that AWS rejects: they are dropped, so that new ones are fetched."""

from __future__ import annotations

from datetime import UTC, datetime

from awsprof.auth.session_fetcher import SessionFetcher
from awsprof.auth.thread_singleflight import SingleFlight
from awsprof.awsapi import sts
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import classification
from awsprof.fork_safety import ForkSafeLock
from awsprof.profiles.model import Profile
from awsprof.regions import global_region
from awsprof.vault import key_answers


class RejectedSessions:
    """Handles rejections for one resolver; the clients report them. Thread-safe."""

    def __init__(
        self,
        clients: Clients,
        fetcher: SessionFetcher,
        sources: SingleFlight[Credentials] | None,
    ) -> None:
        self._clients = clients
        self._fetcher = fetcher
        self._sources = sources
        self._checking = ForkSafeLock()
        self._checked: set[str] = set()
        clients.on_refusal = self.note

    def note(self, credentials: Credentials, profile: Profile | None) -> None:
        """Drops a cached session that AWS rejects, so that the next caller fetches a new one.

        Keep it if only one region rejects it: a region that the account has not enabled knows
        none of its sessions, and a new session may need another MFA code.
        """
        key_id = credentials.access_key_id
        if credentials.token is None:
            key_answers.drop_answers()
        if not self._fetcher.came_from_cache(key_id) or self._fetcher.is_dropped(key_id):
            return
        with self._checking:
            if key_id in self._checked or self._fetcher.is_dropped(key_id):
                return
            self._checked.add(key_id)
            if self._valid_elsewhere(credentials, profile):
                return
            self._fetcher.drop(key_id)
            if self._sources is not None:
                self._sources.forget(lambda session: session.access_key_id == key_id)

    def _valid_elsewhere(self, credentials: Credentials, profile: Profile | None) -> bool:
        """Returns True unless the region that every account has enabled rejects them too."""
        region = global_region(sts.sts_region(profile))
        try:
            self._clients.client("sts", credentials, profile, region).get_caller_identity()
        except Exception as exc:  # a network error proves nothing
            return not classification.is_rejection(exc)
        return True

    def can_retry(self, key: str, credentials: Credentials, profile: Profile | None) -> bool:
        """Returns True if a retry with new credentials may help after AWS rejected these.

        They are then dropped from the cache, where ``key`` is their key.
        """
        if key:
            self._fetcher.cached_if_valid(key, datetime.now(UTC))
        if not self._fetcher.came_from_cache(credentials.access_key_id):
            return not self._valid_elsewhere(credentials, profile)
        self.note(credentials, profile)
        return self._fetcher.is_dropped(credentials.access_key_id)
