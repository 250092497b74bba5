"""Deletes cached sessions, and reports those that AWS still accepts until they expire."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from awsprof.auth import session_cache_keys
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.errors import AwsprofError, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.vault import key_answers

_GONE: Final = "a profile that is gone"


class ForgettableSessions(Protocol):
    """The part of the session cache that logout and the access-key flows use."""

    def get(self, key: str) -> bytes | None:
        """Returns the payload of ``key``, or None."""
        ...

    def drop(self, key: str) -> None:
        """Deletes the payload of ``key``, if there is one."""
        ...

    def kept_keys(self) -> Collection[str]:
        """Returns the keys of all payloads, including expired ones."""
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
    sign_ins: Iterable[str] = (),
    every: bool = False,
) -> Forgotten:
    """Deletes the sessions of these profiles; returns those that AWS still accepts.

    Deletes all that start with the same profile, sso-session or access key, whatever options they
    were made with, and those of an earlier text of a profile. ``sign_ins``: also those of these
    sessions of Identity Center; ``every``: all, also those of profiles that are gone. Cached keys
    of the vault are deleted from the kernel keyring too, whichever they are.
    """
    key_answers.drop_answers()
    profiles = _profiles_by_key(resolver, sessions, tuple(names), sign_ins, every=every)
    kept = {key: payload for key in profiles if (payload := sessions.get(key)) is not None}
    failure = None
    try:
        sessions.forget(None if every else profiles.keys())
    except AwsprofError as exc:
        failure = _undeleted(exc)
        kept = {key: payload for key, payload in kept.items() if sessions.get(key) is None}
    return Forgotten(tuple(_still_valid(kept, profiles)), failure)


def _profiles_by_key(
    resolver: Resolver,
    sessions: ForgettableSessions,
    names: Collection[str],
    sign_ins: Iterable[str],
    *,
    every: bool,
) -> dict[str, str]:
    """Maps the cache keys of the profiles' sessions to the profile that each belongs to."""
    owners: dict[str, str] = {}
    profiles: dict[str, str] = {}
    for name in names:
        if key := resolver.recipe(resolver.catalog.get(name)).key:
            profiles[key] = name
        chain = resolver.catalog.chain(name)
        for owner in session_cache_keys.chain_owners(chain):
            owners.setdefault(session_cache_keys.owner_mark(owner), chain.links[-1].name)
    for name in names:
        own = session_cache_keys.profile_owner(name)
        owners.setdefault(session_cache_keys.owner_mark(own), name)
    for name in sign_ins:
        own = session_cache_keys.sign_in_owner(name)
        owners.setdefault(session_cache_keys.owner_mark(own), _GONE)
    for key in filter(session_cache_keys.is_session_key, sessions.kept_keys()):
        marks = session_cache_keys.key_marks(key)
        known = [owners[mark] for mark in marks if mark in owners]
        if known or every:
            profiles.setdefault(key, known[0] if known else _GONE)
    return profiles


def _still_valid(kept: Mapping[str, bytes], profiles: Mapping[str, str]) -> Iterator[StillValid]:
    """Yields each profile once, with the session that AWS accepts longest."""
    latest: dict[str, datetime] = {}
    for key, payload in kept.items():
        expires = credentials_from_json(payload).expires
        if expires is not None and expires > datetime.now(UTC):
            latest[profiles[key]] = max(expires, latest.get(profiles[key], expires))
    for name, expires in latest.items():
        yield StillValid(name, expires)


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
