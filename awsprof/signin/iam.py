"""The calls to IAM, each with one set of credentials.

What only looks gives NotPermitted where one may not look, which is an answer like any other. What
changes something raises, in plain words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from awsprof.clean import clean
from awsprof.profiles.model import Profile
from awsprof.signin import sts
from awsprof.signin.credentials import Credentials
from awsprof.signin.explain import explain

_T = TypeVar("_T")
# What AWS says to one who may not: of users (AccessDenied) and of policies (the other).
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True)
class MfaDevice:
    """An MFA device of a user; a FIDO key has no code that STS takes."""

    serial: str
    fido: bool


@dataclass(frozen=True)
class AccessKey:
    """A user's access key as IAM lists it; ``created`` is aware."""

    id: str
    active: bool
    created: datetime


@dataclass(frozen=True)
class LastUsed:
    """When a key last signed a call; ``when`` is None where IAM knows of none."""

    when: datetime | None
    service: str = ""
    region: str = ""


@dataclass(frozen=True)
class NotPermitted:
    """One may not look: which says nothing about what there is."""


class Iam:
    """IAM, for the one whose credentials these are."""

    def __init__(
        self, credentials: Credentials, *, profile: Profile | None = None, region: str | None = None
    ) -> None:
        self._credentials = credentials
        self._profile = profile
        self._region = region

    @cached_property
    def _client(self) -> Any:
        session = sts.session_for(self._profile)
        region = sts.region_for(self._profile, self._region)
        return sts.client(session, "iam", self._credentials, region)

    @property
    def _called(self) -> str:
        return clean(self._profile.name if self._profile else self._credentials.access_key_id)

    def _look(self, call: Callable[[], _T]) -> _T | NotPermitted:
        """What the call gives. SignInFailed for what is no question of permission."""
        from botocore.exceptions import ClientError

        try:
            return call()
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _DENIED:
                return NotPermitted()
            raise explain(exc, profile=self._called) from exc
        except Exception as exc:
            raise explain(exc, profile=self._called) from exc

    def access_keys(self, user: str | None = None) -> tuple[AccessKey, ...] | NotPermitted:
        """The access keys of ``user``, or of the caller (IAM ListAccessKeys, all pages)."""
        given = {"UserName": user} if user else {}

        def call() -> tuple[AccessKey, ...]:
            pages = self._client.get_paginator("list_access_keys").paginate(**given)
            return tuple(
                AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"])
                for page in pages
                for key in page["AccessKeyMetadata"]
            )

        return self._look(call)

    def last_used(self, key_id: str) -> LastUsed | NotPermitted:
        """When ``key_id`` last signed a call (IAM GetAccessKeyLastUsed)."""

        def call() -> LastUsed:
            answer = self._client.get_access_key_last_used(AccessKeyId=key_id)
            used = answer.get("AccessKeyLastUsed", {})
            when = used.get("LastUsedDate")
            known = when is not None
            return LastUsed(
                when, used.get("ServiceName", "") * known, used.get("Region", "") * known
            )

        return self._look(call)

    def mfa_devices(self, user: str | None = None) -> tuple[MfaDevice, ...] | NotPermitted:
        """The MFA devices of ``user``, or of the caller (IAM ListMFADevices)."""
        given = {"UserName": user} if user else {}

        def call() -> tuple[MfaDevice, ...]:
            found = self._client.list_mfa_devices(**given)["MFADevices"]
            serials = [device["SerialNumber"] for device in found]
            return tuple(MfaDevice(serial, ":u2f/" in serial) for serial in serials)

        return self._look(call)

    def attached_policies(self, user: str) -> tuple[str, ...] | NotPermitted:
        """The names of the policies attached to ``user`` (IAM ListAttachedUserPolicies)."""

        def call() -> tuple[str, ...]:
            pages = self._client.get_paginator("list_attached_user_policies").paginate(
                UserName=user
            )
            return tuple(p["PolicyName"] for page in pages for p in page["AttachedPolicies"])

        return self._look(call)
