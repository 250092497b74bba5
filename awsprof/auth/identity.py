"""Who profiles are: STS GetCallerIdentity, for one profile or for many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Final

from awsprof.auth.resolver import Resolver
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.profiles.model import Profile

_AT_ONCE: Final = 16
_PATIENCE: Final = 3.0  # seconds


@dataclass(frozen=True)
class IdentityResult:
    """What came of asking who a profile is: an identity, or why there is none."""

    profile: str
    identity: Identity | None = None
    error: AwsprofError | None = None
    waits_for_code: bool = False


def check_identities(
    resolver: Resolver,
    names: Sequence[str],
    *,
    progress: Callable[[str], object] | None = None,
) -> tuple[IdentityResult, ...]:
    """Ask who each of the profiles is, 16 at a time; in the order of ``names``."""

    def one(name: str) -> IdentityResult:
        result = _check(resolver, name)
        if progress is not None:
            progress(name)
        return result

    with DaemonPool(_AT_ONCE) as threads:
        return tuple(threads.map(one, names))


def verify_cached_role(resolver: Resolver, profile: Profile) -> None:
    """Call AWS with what other commands would use for the profile: what it refuses is dropped."""
    kept = resolver.kept_role(profile.name)
    if kept is not None:
        with suppress(AwsprofError):  # how the profile is was asked already
            whoami(kept, profile=profile, clients=resolver.clients)


def verified_credentials(resolver: Resolver, name: str) -> Credentials:
    """The credentials of a profile, for a program that uses them where we do not see it.

    What was kept is tried at AWS first, unless it was within the last minutes: what AWS refuses is
    dropped and made anew. AWS is waited for three seconds; where it does not answer by then, what
    is kept is given.
    """
    given = resolver.credentials(name)
    if not resolver.needs_proof(given):
        return given
    profile = resolver.catalog.get(name)

    def ask() -> None:
        with suppress(AwsprofError):
            whoami(given, profile=profile, clients=resolver.clients)

    asking = Thread(target=ask, name="awsprof-proof", daemon=True)
    asking.start()
    asking.join(_PATIENCE)
    if resolver.is_dropped(given):
        return resolver.credentials(name)
    resolver.note_proven(given)
    return given


def _check(resolver: Resolver, name: str) -> IdentityResult:
    try:
        profile = resolver.catalog.get(name)

        def ask(credentials: Credentials) -> Identity:
            return whoami(credentials, profile=profile, clients=resolver.clients)

        found = resolver.using(name, ask)
        verify_cached_role(resolver, profile)
        return IdentityResult(name, found)
    except InteractionRequired as exc:
        return IdentityResult(name, error=exc, waits_for_code=exc.code == "mfa-needed")
    except AwsprofError as exc:
        return IdentityResult(name, error=exc)
