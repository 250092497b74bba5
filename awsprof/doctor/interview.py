"""Asking AWS who each profile is, as boto3 would be answered.

No profile's trouble holds up the others: each has its time, and so have all together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from awsprof.clean import clean
from awsprof.doctor import atonce
from awsprof.doctor.scene import Answered
from awsprof.errors import AwsprofError, PersonNeeded, SignInFailed
from awsprof.signin.explain import explain
from awsprof.signin.iam import Iam
from awsprof.signin.identity import whoami

if TYPE_CHECKING:
    from awsprof.signin.resolver import Resolver

TIMEOUT: Final = 120.0  # seconds for all
_EACH: Final = 30.0  # seconds for one, and never more than for all
NO_ANSWER: Final = "timeout"


@dataclass(frozen=True)
class Interview:
    """Whom to ask with, and how long: ``timeout`` is in seconds, for all profiles together."""

    resolver: Resolver
    timeout: float = TIMEOUT
    progress: Callable[[], object] = lambda: None

    @property
    def each(self) -> float:
        """Seconds that one profile may take."""
        return min(_EACH, self.timeout)

    def answers(self, names: Iterable[str], until: float) -> Iterator[Answered]:
        """What AWS answers for each of them, as the answers come."""
        for name, answered in atonce.done(names, self._ask, each=self.each, until=until):
            yield self._late(name) if answered is None else answered
            self.progress()

    def _ask(self, name: str) -> Answered:
        profile = self.resolver.catalog.get(name)
        try:
            credentials = self.resolver.credentials(name)
            identity = whoami(credentials, profile=profile)
            return Answered(profile, credentials, identity, iam=Iam(credentials, profile=profile))
        except PersonNeeded as exc:
            return Answered(profile, error=exc, waits_for_code=exc.code == "mfa-needed")
        except AwsprofError as exc:
            return Answered(profile, error=exc)
        except Exception as exc:
            return Answered(profile, error=explain(exc, profile=clean(name)))

    def _late(self, name: str) -> Answered:
        error = SignInFailed(
            f"There was no answer within {self.each:g} seconds.",
            f"awsprof doctor {clean(name)} --timeout 300 waits longer",
            code=NO_ANSWER,
        )
        return Answered(self.resolver.catalog.get(name), error=error)


def deadline(timeout: float) -> float:
    """When time is up, as time.monotonic tells it."""
    return time.monotonic() + timeout
