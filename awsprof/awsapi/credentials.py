"""AWS credentials, and the JSON of the credential_process protocol."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from awsprof import parsing
from awsprof.errors import CredentialsError
from awsprof.secret import Secret


@dataclass(frozen=True)
class Credentials:
    """AWS credentials: long-term, or temporary if they have a token.

    - ``access_key_id``: a ``str``.
    - ``secret``, ``token``: a ``Secret``, which prints as ``Secret(***)``; ``reveal()`` returns the
      text. ``token`` is None for long-term keys.
    - ``expires``: a ``datetime`` in UTC; None if they do not expire.
    - ``account``: the account ID, 12 digits, or None if it is not known.

    Raises CredentialsError if a value contains a control character, which would break an
    environment variable or a file in two lines.
    """

    access_key_id: str
    secret: Secret
    token: Secret | None = None
    expires: datetime | None = None
    account: str | None = None

    def __post_init__(self) -> None:
        texts = [self.access_key_id, self.secret.reveal(), self.account or ""]
        texts.append(self.token.reveal() if self.token else "")
        if any(not " " <= c != "\x7f" for text in texts for c in text):
            raise CredentialsError(
                "The credentials contain a control character, which AWS's never do.",
                "check where they come from: awsprof list shows it",
                code="credentials-shape",
            )

    def process_json(self) -> str:
        """Returns the JSON that credential_process prints."""
        return json.dumps(self.process_fields())

    def process_fields(self) -> dict[str, Any]:
        """Returns the fields that credential_process prints, without those that are None.

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
        return data


def credentials_from_json(payload: bytes) -> Credentials:
    """Parses what ``process_json`` returned. Raises CredentialsError if it is anything else."""
    fix = "awsprof logout, then run this again"
    with parsing.wrap_parse_errors("A cached session", fix, CredentialsError):
        data = parsing.expect_table(parsing.parse_json(payload))
        expires, token = data.get("Expiration"), data.get("SessionToken")
        account = data.get("AccountId")
        return Credentials(
            parsing.expect_text(data["AccessKeyId"]),
            Secret(parsing.expect_text(data["SecretAccessKey"])),
            Secret(parsing.expect_text(token)) if token else None,
            parsing.expect_time(expires) if expires else None,
            parsing.expect_text(account) if account else None,
        )
