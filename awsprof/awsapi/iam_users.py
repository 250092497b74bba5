"""IAM calls about users: inline policies, MFA devices and the credential report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from awsprof.awsapi.iam import Iam, NotPermitted
from awsprof.errors import CredentialsError
from awsprof.fork_safety import lazy_attribute
from awsprof.secret import Secret

MANAGE_OWN_MFA: Final = "manage-own-mfa"  # policy names of `awsprof policy`
STOP_KEYS: Final = "stop-keys"
_REPORT_LIMIT_S: Final = 30.0  # AWS needs seconds, even for thousands of users
_NOT_YET: Final = frozenset({"ReportInProgress", "ReportNotPresent", "ReportExpired"})


@dataclass(frozen=True)
class NewDevice:
    """A new virtual MFA device, not yet enabled; AWS returns its seed only once."""

    serial: str
    seed: Secret


class IamUsers(Iam):
    """``Iam`` with the calls about users."""

    @lazy_attribute
    def _client(self) -> Any:
        made = super()._client
        made.meta.events.register("after-call.iam", self._note_time)
        return made

    def _note_time(self, parsed: Mapping[str, Any], **_: Any) -> None:
        date = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        self._aws_time = parsedate_to_datetime(date) if date else datetime.now(UTC)

    _aws_time: datetime | None = None

    @property
    def key_id(self) -> str:
        """The ID of the access key that signs the calls."""
        return self._credentials.access_key_id

    @property
    def aws_time(self) -> datetime:
        """The time in AWS's last response, to the second; before the first one, the local time."""
        return self._aws_time or datetime.now(UTC)

    def put_user_policy(self, user: str, name: str, document: Mapping[str, Any]) -> None:
        """Creates or replaces an inline policy of ``user`` (PutUserPolicy)."""
        text = json.dumps(document)
        given = {"UserName": user, "PolicyName": name, "PolicyDocument": text}
        self._change(lambda: self._client.put_user_policy(**given), STOP_KEYS)

    def create_virtual_device(self, path: str, name: str) -> NewDevice:
        """Creates a virtual MFA device, assigned to no user yet (CreateVirtualMFADevice).

        Raises CredentialsError, with the code EntityAlreadyExists if the name is taken.
        """

        def call() -> NewDevice:
            made = self._client.create_virtual_mfa_device(Path=path, VirtualMFADeviceName=name)
            device = made["VirtualMFADevice"]
            seed: bytes = device["Base32StringSeed"]
            return NewDevice(device["SerialNumber"], Secret(seed.decode()))

        return self._change(call, MANAGE_OWN_MFA)

    def delete_virtual_device(self, serial: str) -> None:
        """Deletes a virtual device that no user has enabled (DeleteVirtualMFADevice)."""
        self._change(
            lambda: self._client.delete_virtual_mfa_device(SerialNumber=serial), MANAGE_OWN_MFA
        )

    def enable_device(self, user: str, serial: str, codes: tuple[str, str]) -> None:
        """Assigns the device to ``user``, with two consecutive codes (EnableMFADevice).

        Raises CredentialsError, with the code InvalidAuthenticationCode if AWS rejects the codes.
        """
        self._by_codes("enable_mfa_device", user, serial, codes)

    def resync_device(self, user: str, serial: str, codes: tuple[str, str]) -> None:
        """Resynchronizes the device with AWS, with two consecutive codes (ResyncMFADevice)."""
        self._by_codes("resync_mfa_device", user, serial, codes)

    def _by_codes(self, method: str, user: str, serial: str, codes: tuple[str, str]) -> None:
        given = {
            "UserName": user,
            "SerialNumber": serial,
            "AuthenticationCode1": codes[0],
            "AuthenticationCode2": codes[1],
        }
        self._change(lambda: getattr(self._client, method)(**given), MANAGE_OWN_MFA)

    def credential_report(
        self,
        *,
        limit_s: float = _REPORT_LIMIT_S,
        sleep: Callable[[float], object] = time.sleep,
    ) -> bytes | NotPermitted:
        """Returns the credential report on all users as CSV; AWS renews it every four hours.

        Calls GenerateCredentialReport, then GetCredentialReport until the report is ready. Raises
        CredentialsError if it is not ready after ``limit_s`` seconds.
        """
        asked = self._read(self._client.generate_credential_report)
        if isinstance(asked, NotPermitted):
            return asked
        deadline = time.monotonic() + limit_s
        while True:
            try:
                found = self._read(lambda: self._client.get_credential_report()["Content"])
            except CredentialsError as exc:
                if exc.code not in _NOT_YET:
                    raise
                if time.monotonic() >= deadline:
                    raise CredentialsError(
                        f"AWS has not made the credential report in {limit_s:.0f} seconds.",
                        "run it again in a minute",
                        code=exc.code,
                    ) from exc
                sleep(1.0)
                continue
            if isinstance(found, NotPermitted):
                return found
            report: bytes = found
            return report
