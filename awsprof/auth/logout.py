"""Forgetting sessions: what we keep goes, and what AWS goes on honouring is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.profiles.catalog import Catalog


class ForgettableSessions(Protocol):
    """The session cache, as far as it is needed here."""

    def get(self, key: str) -> bytes | None:
        """What is kept."""
        ...

    def forget(self, prefix: str = "") -> int:
        """Forget what is kept under keys that begin so; how many those were."""
        ...


@dataclass(frozen=True)
class StillValid:
    """A session that is forgotten here, and that AWS honours until ``expires``."""

    profile: str
    expires: datetime


def forget_profile_sessions(
    resolver: Resolver, sessions: ForgettableSessions, names: Iterable[str]
) -> tuple[StillValid, ...]:
    """Forget the sessions of these profiles; those that AWS still honours, each once."""
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
    """The profile, those it stands on, and all that stand on one of them."""
    found = {link.name: None for link in catalog.chain(name).links}
    waiting = list(found)
    while waiting:
        for user in catalog.users_of(waiting.pop()):
            if user not in found:
                found[user] = None
                waiting.append(user)
    return tuple(found)
