"""IAM calls with one set of credentials.

Read calls return NotPermitted if AWS denies them. Calls that change IAM raise CredentialsError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar, cast

from awsprof.awsapi import botocore_sessions, sts
from awsprof.awsapi.call_limits import limit_pages
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.sts import of_key_alone
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.fork_safety import ForkSafeLock, lazy_attribute
from awsprof.key_ids import display_id
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.text import sanitize

_T = TypeVar("_T")
# Error codes of a denied call.
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
MANAGE_OWN_KEYS: Final = "manage-own-keys"  # the name of the policy, for `awsprof policy`


@dataclass(frozen=True)
class MfaDevice:
    """An MFA device of a user; STS accepts no codes from a FIDO security key."""

    serial: str
    fido: bool


@dataclass(frozen=True)
class AccessKey:
    """A user's access key as IAM lists it; ``created`` is timezone-aware."""

    id: str
    active: bool
    created: datetime


@dataclass(frozen=True)
class LastUsed:
    """When a key was last used; ``when`` is None if IAM has no record of any use.

    ``user`` is the name of the user that the key belongs to.
    """

    when: datetime | None
    service: str = ""
    region: str = ""
    user: str = ""


@dataclass(frozen=True)
class NewKey:
    """A new access key; AWS returns its secret only once."""

    id: str
    secret: Secret


@dataclass(frozen=True)
class NotPermitted:
    """AWS denied the read call, so nothing is known."""


class Iam:
    """IAM calls, signed with ``credentials``."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        profile: Profile | None = None,
        clients: Clients | None = None,
    ) -> None:
        self._clients = clients or Clients()
        self._credentials = credentials
        self._profile = profile

    @lazy_attribute
    def _client(self) -> Any:
        region = sts.sts_region(self._profile)
        return self._clients.client("iam", self._credentials, self._profile, region)

    @property
    def _name(self) -> str:
        """The profile or the key, for messages."""
        if self._profile is None:
            return display_id(self._credentials.access_key_id)
        return sanitize(self._profile.name)

    def _explained(self, exc: Exception) -> AwsprofError:
        error = translate_error(exc, profile=self._name)
        return error if self._profile else of_key_alone(error, self._name)

    def _read(self, call: Callable[[], _T]) -> _T | NotPermitted:
        """Runs a read call; NotPermitted if AWS denies it, CredentialsError for other errors."""
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
        """Runs a call that changes IAM. Raises CredentialsError; if AWS denies the call, its fix
        names the policy to ask for.
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
        """True if it signs with a session, which stays valid when its key is deactivated."""
        return self._credentials.token is not None

    def access_keys(self, user: str | None = None) -> tuple[AccessKey, ...] | NotPermitted:
        """Returns the access keys of ``user``, by default the caller's (ListAccessKeys)."""
        given = {"UserName": user} if user else {}

        def call() -> tuple[AccessKey, ...]:
            found = _pages(self._client.list_access_keys, "AccessKeyMetadata", given)
            return tuple(
                AccessKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"])
                for key in found
            )

        return self._read(call)

    def last_used(self, key_id: str) -> LastUsed | NotPermitted:
        """Returns when ``key_id`` was last used (GetAccessKeyLastUsed)."""

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

        return self._read(call)

    def mfa_devices(self, user: str | None = None) -> tuple[MfaDevice, ...] | NotPermitted:
        """Returns the MFA devices of ``user``, by default the caller's (ListMFADevices)."""
        given = {"UserName": user} if user else {}

        def call() -> tuple[MfaDevice, ...]:
            found = _pages(self._client.list_mfa_devices, "MFADevices", given)
            serials = [device["SerialNumber"] for device in found]
            return tuple(MfaDevice(serial, ":u2f/" in serial) for serial in serials)

        return self._read(call)

    def attached_policies(self, user: str) -> tuple[str, ...] | NotPermitted:
        """Returns the names of the policies attached to ``user`` (ListAttachedUserPolicies)."""

        def call() -> tuple[str, ...]:
            asked = self._client.list_attached_user_policies
            found = _pages(asked, "AttachedPolicies", {"UserName": user})
            return tuple(policy["PolicyName"] for policy in found)

        return self._read(call)

    def create_access_key(self, user: str) -> NewKey:
        """Creates an access key for ``user`` (CreateAccessKey), without retries.

        A retry after a lost response would create a second key. Raises CredentialsError, with the
        code LimitExceeded if the user already has two keys.
        """

        def call() -> NewKey:
            made = self._once.create_access_key(UserName=user)["AccessKey"]
            return NewKey(made["AccessKeyId"], Secret(made["SecretAccessKey"]))

        return self._change(call, MANAGE_OWN_KEYS)

    @lazy_attribute
    def _once(self) -> Any:
        from botocore.config import Config

        session = botocore_sessions.botocore_session(self._profile)
        region = sts.sts_region(self._profile)
        once = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return botocore_sessions.make_client(session, "iam", self._credentials, region, once)

    def set_active(self, user: str, key_id: str, *, active: bool) -> None:
        """Activates or deactivates a key (UpdateAccessKey); idempotent.

        The user name is always sent, because a session must not omit it.
        """
        status = "Active" if active else "Inactive"
        given = {"UserName": user, "AccessKeyId": key_id, "Status": status}
        self._change(lambda: self._client.update_access_key(**given), MANAGE_OWN_KEYS)

    def delete_access_key(self, user: str, key_id: str) -> None:
        """Deletes a key (DeleteAccessKey); succeeds if it is already deleted."""
        given = {"UserName": user, "AccessKeyId": key_id}
        try:
            self._change(lambda: self._client.delete_access_key(**given), MANAGE_OWN_KEYS)
        except CredentialsError as exc:
            if exc.code != "NoSuchEntity":
                raise


def iam_denied(operation: str, policy: str) -> CredentialsError:
    """Returns the error for a denied ``operation``; its fix names the policy that allows it."""
    return CredentialsError(
        f"AWS does not allow {operation} (AccessDenied).",
        f"ask your administrator for the policy that this prints: awsprof policy {policy}. It may"
        " require MFA: if the profile has no mfa_serial, set its device as one",
        code="AccessDenied",
    )


def _pages(
    call: Callable[..., Any], key: str, given: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yields the items under ``key`` from all pages. Raises CredentialsError if pages never end."""

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
        """Returns the user's access keys; asks once for each user."""
        return self._once("keys", user, partial(super().access_keys, user))

    def last_used(self, key_id: str) -> LastUsed | NotPermitted:
        """Returns when the key was last used; asks once for each key."""
        return self._once("used", key_id, partial(super().last_used, key_id))

    def mfa_devices(self, user: str | None = None) -> tuple[MfaDevice, ...] | NotPermitted:
        """Returns the user's MFA devices; asks once for each user."""
        return self._once("devices", user, partial(super().mfa_devices, user))

    def attached_policies(self, user: str) -> tuple[str, ...] | NotPermitted:
        """Returns the user's attached policies; asks once for each user."""
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
