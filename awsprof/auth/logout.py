"""Deletes cached sessions, and reports those that AWS still accepts until they expire."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.profiles.catalog import Catalog
from awsprof.vault import key_cache


class ForgettableSessions(Protocol):
    """The part of the session cache that logout uses."""

    def get(self, key: str) -> bytes | None:
        """Returns the payload of ``key``, or None."""
        ...

    def forget(self, prefix: str = "") -> int:
        """Deletes the sessions whose key starts with ``prefix``; returns how many."""
        ...


@dataclass(frozen=True)
class StillValid:
    """A session that is deleted here but that AWS accepts until ``expires``."""

    profile: str
    expires: datetime


def forget_profile_sessions(
    resolver: Resolver, sessions: ForgettableSessions, names: Iterable[str]
) -> tuple[StillValid, ...]:
    """Deletes the sessions of these profiles; returns those that AWS still accepts, each once.

    Cached keys of the vault are deleted from the kernel keyring too, whichever they are.
    """
    key_cache.drop_answers()
    ended: dict[str, StillValid] = {}
    for name in names:
        key = resolver.fetcher(resolver.catalog.get(name)).key
        kept = sessions.get(key) if key else None
        if key is None or kept is None:
            continue
        expires = credentials_from_json(kept).expires
        if expires is not None and expires > datetime.now(UTC):
            ended[key] = StillValid(name, expires)
        sessions.forget(key)
    return tuple(ended.values())


def related_profiles(catalog: Catalog, name: str) -> tuple[str, ...]:
    """Returns the profile, its source profiles, and all profiles that use one of them."""
    found = {link.name: None for link in catalog.chain(name).links}
    waiting = list(found)
    while waiting:
        for user in catalog.users_of(waiting.pop()):
            if user not in found:
                found[user] = None
                waiting.append(user)
    return tuple(found)
