"""Assumes a role with a session's credentials; caches and renews as for a profile's role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from awsprof.arn import Arn
from awsprof.auth.session_cache_keys import assumed_key
from awsprof.auth.session_fetcher import SessionRecipe
from awsprof.auth.session_options import SessionOptions
from awsprof.awsapi import call_limits, sts
from awsprof.awsapi.credentials import Credentials
from awsprof.errors import CredentialsError
from awsprof.factory.credential_source import CredentialSource
from awsprof.factory.exceptions import CredentialsUnavailable, translate_errors
from awsprof.factory.options import SessionConfig
from awsprof.factory.refreshable import RefreshableCredentials
from awsprof.text import sanitize


@dataclass(frozen=True)
class AssumeRoleRequest:
    """The role to assume, and the parameters of its session."""

    arn: str
    session_name: str
    external_id: str | None
    session_options: SessionOptions
    mfa_serial: str | None = None

    def parameters(self) -> dict[str, Any]:
        """Returns the parameters of AssumeRole, without an MFA code."""
        required = {"RoleArn": self.arn, "RoleSessionName": self.session_name}
        named = {"ExternalId": self.external_id, "SerialNumber": self.mfa_serial}
        given = {name: value for name, value in named.items() if value}
        return {**required, **given, **self.session_options.parameters()}


class AssumedRole:
    """A role assumed with a boto3 session.

    Creates the STS client on construction, since creating clients is not thread-safe.
    """

    def __init__(self, session: Any, role: AssumeRoleRequest, config: SessionConfig) -> None:
        self._role = role
        self._profile_name = str(session.profile_name or "default")
        self._source = session.get_credentials()
        if self._source is None:
            raise CredentialsUnavailable(
                "The session has no credentials to assume a role with.",
                "name a profile: awsprof.session(NAME); awsprof list shows them all",
                code="source-without-credentials",
            )
        region = session.region_name or sts.sts_region(None)
        self._client = call_limits.limit_client(session.client("sts", region_name=region))
        self._credential_source = CredentialSource(config)

    def credentials(self) -> RefreshableCredentials:
        """Returns botocore credentials of the role that renew automatically."""
        return RefreshableCredentials(self._obtain, self._key)

    def _obtain(self, beyond: datetime | None) -> Credentials:
        with translate_errors():
            asks = self._role.mfa_serial is not None
            recipe = SessionRecipe(self._assume_role, self._key(), asks, self._renewed_key)
            return self._credential_source.resolver("").cached_or_fetched(
                recipe, self._role.arn, beyond=beyond
            )

    def can_retry(self, loaded: Any, refused: Credentials) -> bool:
        """True if a new session may work where AWS rejected this one."""
        return self._credential_source.resolver("").can_retry(self._key(), refused)

    def _key(self) -> str:
        """Returns the cache key: the source credentials, and the parameters of AssumeRole."""
        source_key = self._source.key() if isinstance(self._source, RefreshableCredentials) else ""
        key_id = "" if source_key else self._source.get_frozen_credentials().access_key
        return assumed_key(self._profile_name, source_key, key_id, self._role.parameters())

    def _renewed_key(self) -> str:
        """Returns the key after the source credentials were renewed, if they end soon."""
        self._source.get_frozen_credentials()
        return self._key()

    def _assume_role(self) -> Credentials:
        arn = sanitize(self._role.arn)
        role = Arn.parse(self._role.arn)
        try:
            answer = self._client.assume_role(**self._role.parameters(), **self._code())
        except ClientError as exc:
            error = exc.response.get("Error", {})
            code, message = sanitize(str(error.get("Code"))), sanitize(str(error.get("Message")))
            raise CredentialsError(
                f"AWS does not let you assume {arn} ({code}): {message}",
                "check its trust policy, external_id and MaxSessionDuration;"
                " awsprof.whoami(session) shows the caller",
                code=code,
            ) from exc
        return sts.credentials_from_response(answer["Credentials"], role.account if role else None)

    def _code(self) -> dict[str, str]:
        """Returns the parameter with an MFA code, or none. Raises CredentialsError."""
        device = self._role.mfa_serial
        if device is None:
            return {}
        if self._source.get_frozen_credentials().token:
            raise CredentialsError(
                "AWS takes no MFA code with temporary credentials, and the session has those.",
                "leave mfa_serial out if the session signed in with MFA; else assume the role from"
                " a profile with a long-term key",
            )
        return {"TokenCode": self._credential_source.code(self._profile_name, device)}
