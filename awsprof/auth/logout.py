"""Deletes cached sessions, and reports those that AWS still accepts until they expire."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.errors import AwsprofError, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.vault import key_answers


class ForgettableSessions(Protocol):
    """The part of the session cache that logout uses."""

    def get(self, key: str) -> bytes | None:
        """Returns the payload of ``key``, or None."""
        ...

    def forget(self, keys: Collection[str] | None = None) -> int:
        """Deletes the sessions under ``keys``, or all; returns how many. Raises AwsprofError."""
        ...


@dataclass(frozen=True)
class StillValid:
    """A session that is deleted here but that AWS accepts until ``expires``."""

    profile: str
    expires: datetime


@dataclass(frozen=True)
class Forgotten:
    """What became of the sessions: those that AWS still accepts, and why some are still here."""

    still_valid: tuple[StillValid, ...]
    failure: AwsprofError | None = None


def forget_profile_sessions(
    resolver: Resolver,
    sessions: ForgettableSessions,
    names: Iterable[str],
    *,
    every: bool = False,
) -> Forgotten:
    """Deletes the sessions of these profiles; returns those that AWS still accepts, each once.

    ``every``: deletes the sessions of profiles that are gone, too.
    Cached keys of the vault are deleted from the kernel keyring too, whichever they are.
    """
    key_answers.drop_answers()
    profiles: dict[str, str] = {}
    for name in names:
        if key := resolver.recipe(resolver.catalog.get(name)).key:
            profiles[key] = name
    kept = {key: payload for key in profiles if (payload := sessions.get(key)) is not None}
    failure = None
    try:
        sessions.forget(None if every else profiles.keys())
    except AwsprofError as exc:
        failure = _undeleted(exc)
        kept = {key: payload for key, payload in kept.items() if sessions.get(key) is None}
    return Forgotten(tuple(_still_valid(kept, profiles)), failure)


def _still_valid(kept: Mapping[str, bytes], profiles: Mapping[str, str]) -> Iterator[StillValid]:
    for key, payload in kept.items():
        expires = credentials_from_json(payload).expires
        if expires is not None and expires > datetime.now(UTC):
            yield StillValid(profiles[key], expires)


def _undeleted(exc: AwsprofError) -> AwsprofError:
    message = f"An MFA session is still in the vault, since that cannot be used: {exc.message}"
    return VaultError(message, f"{exc.fix}, then run it again" if exc.fix else "run it again")


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
