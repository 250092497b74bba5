"""Asking AWS who each profile is: as boto3 would be answered, each source signed in once.

No profile's trouble holds up the others: each has its time, and so have all together.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from awsprof.auth.identity import verify_cached_role
from awsprof.awsapi import sts
from awsprof.awsapi.cached_iam import CachedIam
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.errors.translate import translate_error
from awsprof.doctor import deadline_pool
from awsprof.doctor.context import LiveResult
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.profiles.model import Profile
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.awsapi.credentials import Credentials

TIMEOUT: Final = 120.0  # seconds for all
_EACH: Final = 30.0  # seconds for one, as a rule
NO_ANSWER: Final = "timeout"


@dataclass(frozen=True)
class LiveProbe:
    """Whom to ask with, and how long: ``timeout`` is in seconds, for all profiles together."""

    resolver: Resolver
    timeout: float = TIMEOUT
    progress: Callable[[], object] = lambda: None

    @property
    def each(self) -> float:
        """Seconds that one profile may take; more where there is more for all."""
        return max(min(_EACH, self.timeout / 2), self.timeout / 4)

    def answers(self, names: Iterable[str], until: float) -> Iterator[LiveResult]:
        """What AWS answers for each of them, as the answers come.

        Who must give a code is asked first, one after the other, where the resolver asks at all.
        """
        left = []
        for name in names:
            refused = self._given_code(name)
            if refused is None:
                left.append(name)
            else:
                yield refused
                self.progress()
        for name, answered in deadline_pool.run_with_deadlines(
            left, self._ask, each=self.each, until=until
        ):
            yield self._late(name) if answered is None else answered
            self.progress()

    def _given_code(self, name: str) -> LiveResult | None:
        """Have a code given where one is needed; what there is to tell where that failed."""
        try:
            if self.resolver.asks and self.resolver.needs_code(name):
                self.resolver.credentials(name)
        except AwsprofError as exc:
            return LiveResult(self.resolver.catalog.get(name), error=exc)
        return None

    def _ask(self, name: str) -> LiveResult:
        profile = self.resolver.catalog.get(name)
        try:
            return self._identified(profile)
        except Exception as exc:
            return LiveResult(
                profile, error=translate_error(exc, profile=sanitize(name)), skew=self._skew
            )

    def _identified(self, profile: Profile) -> LiveResult:
        try:
            credentials, identity = self._who(profile, None)
        except InteractionRequired as exc:
            if exc.code != "mfa-needed":
                raise
            return self._waiting(profile, exc)
        except AwsprofError as exc:
            told = self._of_region(profile, exc)
            if told is exc:
                raise  # from itself, its causes would have no end
            raise told from exc
        return self._answered(profile, credentials, identity)

    def _who(self, profile: Profile, region: str | None) -> tuple[Credentials, Identity]:
        clients = self.resolver.clients

        def ask(credentials: Credentials) -> tuple[Credentials, Identity]:
            who = whoami(credentials, region=region, profile=profile, clients=clients)
            return credentials, who

        found = self.resolver.using(profile.name, ask, region=region)
        verify_cached_role(self.resolver, profile)
        return found

    def _answered(self, profile: Profile, credentials: Credentials, who: Identity) -> LiveResult:
        iam = CachedIam(credentials, profile=profile, clients=self.resolver.clients)
        odd = self.resolver.process_lines.oddities.get(profile.name, ())
        return LiveResult(profile, credentials, who, iam=iam, skew=self._skew, oddities=odd)

    @property
    def _skew(self) -> timedelta | None:
        return self.resolver.clients.skew

    def _waiting(self, profile: Profile, needed: InteractionRequired) -> LiveResult:
        """Of a profile that waits for a code its key can be looked at, where it has one."""
        bare = self.resolver.bare_key(profile.name)
        if bare is None:
            return LiveResult(profile, error=needed, waits_for_code=True)
        who = whoami(bare, profile=profile, clients=self.resolver.clients)
        return replace(self._answered(profile, bare, who), error=needed, waits_for_code=True)

    def _of_region(self, profile: Profile, error: AwsprofError) -> AwsprofError:
        """Where AWS knows no key it may be the region that knows none: ask in the first one.

        Source: IAM User Guide, "Managing AWS STS in an AWS Region".
        """
        region = sts.sts_region(profile)
        first = self.resolver.clients.first_region(region)
        if error.code not in _OF_REGION or region == first:
            return error
        with contextlib.suppress(AwsprofError):
            self._who(profile, first)
            return CredentialsError(
                f"AWS takes this profile's credentials in {first}, and not in {region}: that"
                " region is not enabled in the account.",
                f"awsprof set {arguments(profile.name)} region {first}, or enable {region}",
                code="RegionDisabledException",
            )
        return error

    def _late(self, name: str) -> LiveResult:
        profile = self.resolver.catalog.get(name)
        process = " (its credential_process, perhaps)" if profile.get("credential_process") else ""
        error = CredentialsError(
            f"There was no answer within {self.each:g} seconds{process}.",
            f"awsprof doctor {arguments(name, flags='--timeout 300')} waits longer",
            code=NO_ANSWER,
        )
        return LiveResult(profile, error=error)


def deadline(timeout: float) -> float:
    """When time is up, as time.monotonic tells it."""
    return time.monotonic() + timeout


_OF_REGION: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "RegionDisabledException"}
)
