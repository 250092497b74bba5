"""A role on top of a session: AssumeRole, kept and renewed as a profile's role is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from awsprof.auth.cache_key import cache_key
from awsprof.auth.cached import Fetcher
from awsprof.auth.options import SessionOptions
from awsprof.awsapi import call_limits, sts
from awsprof.awsapi.credentials import Credentials
from awsprof.errors import CredentialsError
from awsprof.factory.exceptions import CredentialsUnavailable, translate_errors
from awsprof.factory.options import SessionConfig
from awsprof.factory.provider import CredentialSource
from awsprof.factory.refreshable import RefreshableCredentials
from awsprof.text import sanitize


@dataclass(frozen=True)
class AssumeRoleRequest:
    """The role, and the session that is asked of it."""

    arn: str
    session_name: str
    external_id: str | None
    session_options: SessionOptions

    def parameters(self) -> dict[str, Any]:
        """As AssumeRole names them."""
        named = {"ExternalId": self.external_id} if self.external_id else {}
        asked = {"RoleArn": self.arn, "RoleSessionName": self.session_name, **named}
        return {**asked, **self.session_options.parameters()}


class AssumedRole:
    """A role on a session of boto3's. The client is made here: making one is for one thread."""

    def __init__(self, session: Any, role: AssumeRoleRequest) -> None:
        self._role = role
        self._beneath = session.get_credentials()
        if self._beneath is None:
            raise CredentialsUnavailable(
                "The session has no credentials to assume a role with.",
                "name a profile: awsprof.session(NAME); awsprof list shows them all",
                code="source-without-credentials",
            )
        region = session.region_name or sts.sts_region(None)
        self._client = call_limits.limit_client(session.client("sts", region_name=region))
        self._access = CredentialSource(SessionConfig(interactive=False))

    def credentials(self) -> RefreshableCredentials:
        """botocore credentials of the role, that renew by themselves."""
        return RefreshableCredentials(self._obtain, self._key)

    def _obtain(self, beyond: datetime | None) -> Credentials:
        with translate_errors():
            fetcher = Fetcher(self._make, self._key())
            return self._access.resolver("").kept(fetcher, self._role.arn, beyond=beyond)

    def can_retry(self, loaded: Any, refused: Credentials) -> bool:
        """Whether a new session may do better than this one, which AWS refused."""
        return self._access.resolver("").can_retry(self._key(), refused)

    def _key(self) -> str:
        """What it is kept under: whose session it stands on, and all that is asked of the role."""
        beneath = self._beneath.key() if isinstance(self._beneath, RefreshableCredentials) else ""
        whose = beneath or self._beneath.get_frozen_credentials().access_key
        return cache_key("assumed", [whose, self._role.parameters()])

    def _make(self) -> Credentials:
        arn = sanitize(self._role.arn)
        try:
            answer = self._client.assume_role(**self._role.parameters())
        except ClientError as exc:
            error = exc.response.get("Error", {})
            code, message = sanitize(str(error.get("Code"))), sanitize(str(error.get("Message")))
            raise CredentialsError(
                f"{arn} cannot be assumed ({code}): {message}",
                "its trust policy, external_id or MaxSessionDuration do not allow it;"
                " awsprof.whoami(session) says who asks",
                code=code,
            ) from exc
        return sts.credentials_from_response(answer["Credentials"], self._role.arn.split(":")[4])
