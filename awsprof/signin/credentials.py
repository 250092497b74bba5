"""Credentials as they are handed out, and the JSON of the credential_process protocol."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsprof.secret import Secret


@dataclass(frozen=True)
class Credentials:
    """A key and its secret; with a token they are temporary. ``expires`` is in UTC."""

    access_key_id: str
    secret: Secret
    token: Secret | None = None
    expires: datetime | None = None
    account: str | None = None

    def process_json(self) -> str:
        """What credential_process prints; what is absent is left out.

        Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
        """
        data: dict[str, Any] = {
            "Version": 1,
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret.reveal(),
        }
        if self.token is not None:
            data["SessionToken"] = self.token.reveal()
        if self.expires is not None:
            data["Expiration"] = self.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.account:
            data["AccountId"] = self.account
        return json.dumps(data)


def from_json(payload: bytes) -> Credentials:
    """The credentials again, from what ``process_json`` made."""
    data = json.loads(payload)
    expires = data.get("Expiration")
    token = data.get("SessionToken")
    return Credentials(
        data["AccessKeyId"],
        Secret(data["SecretAccessKey"]),
        Secret(token) if token else None,
        datetime.fromisoformat(expires) if expires else None,
        data.get("AccountId"),
    )
