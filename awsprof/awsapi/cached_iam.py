"""IAM with its read calls cached: each is made once, however many checks need the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

from awsprof.awsapi.iam import AccessKey, Iam, LastUsed, MfaDevice, NotPermitted
from awsprof.errors import AwsprofError
from awsprof.fork_safety import ForkSafeLock, lazy_attribute

_T = TypeVar("_T")


class CachedIam(Iam):
    """An ``Iam`` that remembers the first answer to each read call, errors included.

    Thread-safe. Do not use it for calls that change IAM.
    """

    @lazy_attribute
    def _answers(self) -> dict[tuple[str, str | None], Any]:
        return {}

    @lazy_attribute
    def _one_at_a_time(self) -> ForkSafeLock:
        return ForkSafeLock()

    def access_keys(self, user: str | None = None) -> tuple[AccessKey, ...] | NotPermitted:
        """See ``Iam``."""
        return self._once("keys", user, partial(super().access_keys, user))

    def last_used(self, key_id: str) -> LastUsed | NotPermitted:
        """See ``Iam``."""
        return self._once("used", key_id, partial(super().last_used, key_id))

    def mfa_devices(self, user: str | None = None) -> tuple[MfaDevice, ...] | NotPermitted:
        """See ``Iam``."""
        return self._once("devices", user, partial(super().mfa_devices, user))

    def attached_policies(self, user: str) -> tuple[str, ...] | NotPermitted:
        """See ``Iam``."""
        return self._once("policies", user, partial(super().attached_policies, user))

    def _once(self, what: str, whose: str | None, ask: Callable[[], _T]) -> _T:
        with self._one_at_a_time:
            if (what, whose) not in self._answers:
                try:
                    self._answers[what, whose] = ask()
                except AwsprofError as exc:
                    self._answers[what, whose] = exc
            found = self._answers[what, whose]
        if isinstance(found, AwsprofError):
            raise found
        return cast("_T", found)
