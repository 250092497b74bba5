"""A role on top of a session: AssumeRole, kept and renewed as a profile's role is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from awsprof.clean import clean
from awsprof.errors import SignInFailed
from awsprof.factory.faults import CredentialsUnavailable, translated
from awsprof.factory.renewing import Renewing
from awsprof.factory.wishes import Wishes
from awsprof.signin import sts, wire
from awsprof.signin.credentials import Credentials
from awsprof.signin.digests import digest
from awsprof.signin.keeping import Way
from awsprof.signin.shape import Shape


@dataclass(frozen=True)
class Role:
    """The role, and the session that is asked of it."""

    arn: str
    session_name: str
    external_id: str | None
    shape: Shape

    def parameters(self) -> dict[str, Any]:
        """As AssumeRole names them."""
        named = {"ExternalId": self.external_id} if self.external_id else {}
        asked = {"RoleArn": self.arn, "RoleSessionName": self.session_name, **named}
        return {**asked, **self.shape.parameters()}


class Assumed:
    """A role on a session of boto3's. The client is made here: making one is for one thread."""

    def __init__(self, session: Any, role: Role) -> None:
        self._role = role
        self._beneath = session.get_credentials()
        if self._beneath is None:
            raise CredentialsUnavailable(
                "The session has no credentials to assume a role with.",
                "name a profile: awsprof.session(NAME); awsprof list shows them all",
                code="source-without-credentials",
            )
        region = session.region_name or sts.region_for(None)
        self._client = wire.guard(session.client("sts", region_name=region))
        self._access = Wishes(interactive=False).access

    def credentials(self) -> Renewing:
        """botocore credentials of the role, that renew by themselves."""
        return Renewing(self._obtain, self._key)

    def _obtain(self, beyond: datetime | None) -> Credentials:
        with translated():
            way = Way(self._make, self._key())
            return self._access.resolver("").kept(way, self._role.arn, beyond=beyond)

    def heals(self, loaded: Any, refused: Credentials) -> bool:
        """Whether a new session may do better than this one, which AWS refused."""
        return self._access.resolver("").heals(self._key(), refused)

    def _key(self) -> str:
        """What it is kept under: whose session it stands on, and all that is asked of the role."""
        beneath = self._beneath.key() if isinstance(self._beneath, Renewing) else ""
        whose = beneath or self._beneath.get_frozen_credentials().access_key
        return digest("assumed", [whose, self._role.parameters()])

    def _make(self) -> Credentials:
        arn = clean(self._role.arn)
        try:
            answer = self._client.assume_role(**self._role.parameters())
        except ClientError as exc:
            error = exc.response.get("Error", {})
            code, message = clean(str(error.get("Code"))), clean(str(error.get("Message")))
            raise SignInFailed(
                f"{arn} cannot be assumed ({code}): {message}",
                "its trust policy, external_id or MaxSessionDuration do not allow it;"
                " awsprof.whoami(session) says who asks",
                code=code,
            ) from exc
        return sts.given(answer["Credentials"], self._role.arn.split(":")[4])
