"""Forgetting sessions: what we keep goes, and what AWS goes on honouring is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from awsprof.profiles.catalog import Catalog
from awsprof.signin.credentials import from_json
from awsprof.signin.resolver import Resolver


class Sessions(Protocol):
    """The session cache, as far as it is needed here."""

    def get(self, key: str) -> bytes | None:
        """What is kept."""
        ...

    def forget(self, prefix: str = "") -> int:
        """Forget what is kept under keys that begin so; how many those were."""
        ...


@dataclass(frozen=True)
class Ended:
    """A session that is forgotten here, and that AWS honours until ``expires``."""

    profile: str
    expires: datetime


def forget(resolver: Resolver, sessions: Sessions, names: Iterable[str]) -> tuple[Ended, ...]:
    """Forget the sessions of these profiles; those that AWS still honours, each once."""
    ended: dict[str, Ended] = {}
    for name in names:
        key = resolver.way(resolver.catalog.get(name)).key
        kept = sessions.get(key) if key else None
        if key is None or kept is None:
            continue
        expires = from_json(kept).expires
        if expires is not None and expires > datetime.now(UTC):
            ended[key] = Ended(name, expires)
        sessions.forget(key)
    return tuple(ended.values())


def standing_with(catalog: Catalog, name: str) -> tuple[str, ...]:
    """The profile, those it stands on, and all that stand on one of them."""
    found = {link.name: None for link in catalog.chain(name).links}
    waiting = list(found)
    while waiting:
        for user in catalog.users_of(waiting.pop()):
            if user not in found:
                found[user] = None
                waiting.append(user)
    return tuple(found)
