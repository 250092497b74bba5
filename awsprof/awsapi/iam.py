"""The calls to IAM, each with one set of credentials.

What only looks gives NotPermitted where one may not look, which is an answer like any other. What
changes something raises, in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from awsprof.awsapi import sts
from awsprof.awsapi.caller_identity import of_key_alone
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.pages import limit_pages
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.fork_safety import lazy_attribute
from awsprof.key_ids import display_id
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.text import sanitize

_T = TypeVar("_T")
# What AWS says to one who may not: of users (AccessDenied) and of policies (the other).
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
MANAGE_OWN_KEYS: Final = "manage-own-keys"  # the name of the policy, for `awsprof policy`


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
    """When a key last signed a call; ``when`` is None where IAM knows of none.

    ``user`` is the name of the user whose key it is.
    """

    when: datetime | None
    service: str = ""
    region: str = ""
    user: str = ""


@dataclass(frozen=True)
class NewKey:
    """An access key that was just made; AWS gives its secret this once."""

    id: str
    secret: Secret


@dataclass(frozen=True)
class NotPermitted:
    """One may not look: which says nothing about what there is."""


class Iam:
    """IAM, for the one whose credentials these are."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        profile: Profile | None = None,
        region: str | None = None,
        clients: Clients | None = None,
    ) -> None:
        self._clients = clients or Clients()
        self._credentials = credentials
        self._profile = profile
        self._region = region

    @lazy_attribute
    def _client(self) -> Any:
        region = sts.sts_region(self._profile, self._region)
        return self._clients.client("iam", self._credentials, self._profile, region)

    @property
    def _called(self) -> str:
        if self._profile is None:
            return display_id(self._credentials.access_key_id)
        return sanitize(self._profile.name)

    def _explained(self, exc: Exception) -> AwsprofError:
        error = translate_error(exc, profile=self._called)
        return error if self._profile else of_key_alone(error, self._called)

    def _look(self, call: Callable[[], _T]) -> _T | NotPermitted:
        """What the call gives. CredentialsError for what is no question of permission."""
        from botocore.exceptions import ClientError

        try:
            return call()
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _DENIED:
                return NotPermitted()
            raise self._explained(exc) from exc
        except Exception as exc:
            raise self._explained(exc) from exc

    def _change(self, call: Callable[[], _T], policy: str) -> _T:
        """What the call gives. CredentialsError; where AWS denies it, with the policy to ask
        for.
        """
        from botocore.exceptions import ClientError

        try:
            return call()
        except ClientError as exc:
            if exc.response.get("Error", {}).get("Code") in _DENIED:
                raise iam_denied(exc.operation_name, policy) from exc
            raise self._explained(exc) from exc
        except Exception as exc:
            raise self._explained(exc) from exc

    @property
    def temporary(self) -> bool:
        """Whether it signs with a session, which goes on when its key is switched off."""
        return self._credentials.token is not None

    def access_keys(self, user: str | None = None) -> tuple[AccessKey, ...] | NotPermitted:
        """The access keys of ``user``, or of the caller (IAM ListAccessKeys, all pages)."""
        given = {"UserName": user} if user else {}

        def call() -> tuple[AccessKey, ...]:
            found = _pages(self._client.list_access_keys, "AccessKeyMetadata", given)
            return tuple(
                AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"])
                for key in found
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
                when,
                used.get("ServiceName", "") * known,
                used.get("Region", "") * known,
                answer.get("UserName", ""),
            )

        return self._look(call)

    def mfa_devices(self, user: str | None = None) -> tuple[MfaDevice, ...] | NotPermitted:
        """The MFA devices of ``user``, or of the caller (IAM ListMFADevices)."""
        given = {"UserName": user} if user else {}

        def call() -> tuple[MfaDevice, ...]:
            found = _pages(self._client.list_mfa_devices, "MFADevices", given)
            serials = [device["SerialNumber"] for device in found]
            return tuple(MfaDevice(serial, ":u2f/" in serial) for serial in serials)

        return self._look(call)

    def attached_policies(self, user: str) -> tuple[str, ...] | NotPermitted:
        """The names of the policies attached to ``user`` (IAM ListAttachedUserPolicies)."""

        def call() -> tuple[str, ...]:
            asked = self._client.list_attached_user_policies
            found = _pages(asked, "AttachedPolicies", {"UserName": user})
            return tuple(policy["PolicyName"] for policy in found)

        return self._look(call)

    def create_access_key(self, user: str) -> NewKey:
        """A new key of ``user`` (IAM CreateAccessKey). CredentialsError; LimitExceeded is its code
        where the user has two already.

        It is sent once: sent again after an answer that was lost, it would make a second key.
        """

        def call() -> NewKey:
            made = self._once.create_access_key(UserName=user)["AccessKey"]
            return NewKey(made["AccessKeyId"], Secret(made["SecretAccessKey"]))

        return self._change(call, MANAGE_OWN_KEYS)

    @lazy_attribute
    def _once(self) -> Any:
        from botocore.config import Config

        session = sts.botocore_session(self._profile)
        region = sts.sts_region(self._profile, self._region)
        once = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return sts.make_client(session, "iam", self._credentials, region, once)

    def set_active(self, user: str, key_id: str, *, active: bool) -> None:
        """Switch a key on or off (IAM UpdateAccessKey); again is well too.

        The user is always named: a session may not leave it out.
        """
        status = "Active" if active else "Inactive"
        given = {"UserName": user, "AccessKeyId": key_id, "Status": status}
        self._change(lambda: self._client.update_access_key(**given), MANAGE_OWN_KEYS)

    def delete_access_key(self, user: str, key_id: str) -> None:
        """Delete a key (IAM DeleteAccessKey); one that is not there any more is well too."""
        given = {"UserName": user, "AccessKeyId": key_id}
        try:
            self._change(lambda: self._client.delete_access_key(**given), MANAGE_OWN_KEYS)
        except CredentialsError as exc:
            if exc.code != "NoSuchEntity":
                raise


def iam_denied(operation: str, policy: str) -> CredentialsError:
    """What says that AWS does not allow ``operation``, and which policy does."""
    return CredentialsError(
        f"AWS does not allow {operation} (AccessDenied).",
        f"ask for what this prints: awsprof policy {policy}; where that policy wants MFA, name the"
        " device as mfa_serial of the profile",
        code="AccessDenied",
    )


def _pages(
    call: Callable[..., Any], key: str, given: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """What stands under ``key`` in all pages of a call. CredentialsError: they have no end."""

    def each() -> Iterator[dict[str, Any]]:
        marker: dict[str, str] = {}
        while True:
            page = call(**given, **marker)
            yield page
            if not page.get("IsTruncated"):
                return
            marker = {"Marker": page["Marker"]}

    for page in limit_pages(each(), f"IAM's list of {key}"):
        yield from page[key]
