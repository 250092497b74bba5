"""Asks AWS for the identity of each profile, as boto3 would, with one sign-in per source.

Each profile has a time limit, and so have all together, so that no profile blocks the others.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from awsprof import regions
from awsprof.auth.caller_identities import verify_cached_role
from awsprof.awsapi import sts
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.iam import CachedIam
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.deadline_pool import DeadlinePool
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.profiles.model import Profile
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.awsapi.credentials import Credentials

TIMEOUT: Final = 120.0  # seconds for all profiles
_EACH: Final = 30.0  # seconds for one profile, usually
NO_ANSWER: Final = "timeout"


@dataclass(frozen=True)
class LiveProbe:
    """How to ask AWS: the resolver, and ``timeout`` in seconds for all profiles together."""

    resolver: Resolver
    timeout: float = TIMEOUT
    progress: Callable[[], object] = lambda: None

    @property
    def each(self) -> float:
        """Seconds that one profile may take; grows with the timeout."""
        return max(min(_EACH, self.timeout / 2), self.timeout / 4)

    def answers(self, names: Iterable[str], until: float) -> Iterator[LiveResult]:
        """Yields AWS's answer for each profile, as the answers arrive, up to ``until``.

        Profiles that need an MFA code come first, one after the other, if the resolver may prompt.
        """
        pool = DeadlinePool(self._ask, each=self.each, until=until)
        left = []
        for name in dict.fromkeys(names):
            failed = self._prompt_for_code(name)
            if failed is None:
                left.append(name)
            else:
                yield failed
                self.progress()
        for name in left:
            pool.add(name)
        for name, answered in pool.results():
            yield answered or self._timed_out(name)
            self.progress()

    def _prompt_for_code(self, name: str) -> LiveResult | None:
        """Prompts for a code if the profile needs one; returns the result if that failed."""
        try:
            if self.resolver.asks and self.resolver.needs_code(name):
                self.resolver.credentials(name)
        except AwsprofError as exc:
            return LiveResult(self.resolver.catalog.get(name), error=exc)
        return None

    def _ask(self, name: str) -> LiveResult:
        profile = self.resolver.catalog.get(name)
        try:
            return self._identify(profile)
        except Exception as exc:
            return LiveResult(
                profile, error=translate_error(exc, profile=sanitize(name)), skew=self._skew
            )

    def _identify(self, profile: Profile) -> LiveResult:
        try:
            credentials, identity = self._who(profile, None)
        except InteractionRequired as exc:
            if exc.code != "mfa-needed":
                raise
            return self._waiting(profile, exc)
        except AwsprofError as exc:
            better = self._region_error(profile, exc)
            if better is exc:
                raise  # an error must not be its own cause
            raise better from exc
        return self._result(profile, credentials, identity)

    def _who(self, profile: Profile, region: str | None) -> tuple[Credentials, Identity]:
        clients = self.resolver.clients

        def ask(credentials: Credentials) -> tuple[Credentials, Identity]:
            caller = get_caller_identity(
                credentials, region=region, profile=profile, clients=clients
            )
            return credentials, caller

        found = self.resolver.using(profile.name, ask, region=region)
        verify_cached_role(self.resolver, profile)
        return found

    def _result(self, profile: Profile, credentials: Credentials, caller: Identity) -> LiveResult:
        iam = CachedIam(credentials, profile=profile, clients=self.resolver.clients)
        oddities = self.resolver.process_lines.oddities.get(profile.name, ())
        return LiveResult(profile, credentials, caller, iam=iam, skew=self._skew, oddities=oddities)

    @property
    def _skew(self) -> timedelta | None:
        return self.resolver.clients.skew

    def _waiting(self, profile: Profile, needed: InteractionRequired) -> LiveResult:
        """Returns the result of a profile that waits for a code, with the identity of its key."""
        plain_key = self.resolver.bare_key(profile.name)
        if plain_key is None:
            return LiveResult(profile, error=needed, waits_for_code=True)
        caller = get_caller_identity(plain_key, profile=profile, clients=self.resolver.clients)
        return replace(self._result(profile, plain_key, caller), error=needed, waits_for_code=True)

    def _region_error(self, profile: Profile, error: AwsprofError) -> AwsprofError:
        """Returns the error, or a better one if the region is not enabled in the account.

        AWS then does not know the key there, so the first region of the partition is asked too.
        Source: IAM User Guide, "Managing AWS STS in an AWS Region".
        """
        region = sts.sts_region(profile)
        first = regions.global_region(region)
        if error.code not in _OF_REGION or region == first:
            return error
        with contextlib.suppress(AwsprofError):
            self._who(profile, first)
            return CredentialsError(
                f"AWS accepts this profile's credentials in {first} but not in {region}: that"
                " region is not enabled in the account.",
                f"awsprof set {arguments(profile.name)} region {first}, or enable {region}",
                code="RegionDisabledException",
            )
        return error

    def _timed_out(self, name: str) -> LiveResult:
        profile = self.resolver.catalog.get(name)
        process = (
            " (perhaps from its credential_process)" if profile.get("credential_process") else ""
        )
        error = CredentialsError(
            f"No answer within {self.each:g} seconds{process}.",
            f"awsprof doctor {arguments(name, flags='--timeout 300')} waits longer",
            code=NO_ANSWER,
        )
        return LiveResult(profile, error=error)


def deadline(timeout: float) -> float:
    """Returns the time.monotonic value at which ``timeout`` seconds have passed."""
    return time.monotonic() + timeout


_OF_REGION: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "RegionDisabledException"}
)
