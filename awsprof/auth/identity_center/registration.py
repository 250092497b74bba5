"""awsprof's registration as a public OIDC client, cached until it expires (90 days).

Source: RFC 7591; IAM Identity Center OIDC API reference, RegisterClient.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from awsprof import atomic, locks, parsing, paths
from awsprof.auth.identity_center.token_cache import format_time, parse_time, wrap_portal_errors
from awsprof.errors import AwsprofError
from awsprof.profiles.kinds.base import slug
from awsprof.profiles.model import SsoSession
from awsprof.secret import Secret

CODE: Final = ("authorization_code", "refresh_token")
DEVICE: Final = ("urn:ietf:params:oauth:grant-type:device_code", "refresh_token")
_ENOUGH: Final = timedelta(hours=1)  # longer than any sign-in


@dataclass(frozen=True)
class Registration:
    """A client registration; it grants no access by itself."""

    client_id: str
    secret: Secret
    expires: datetime

    def arguments(self) -> dict[str, str]:
        """Returns the client parameters of OIDC calls."""
        return {"clientId": self.client_id, "clientSecret": self.secret.reveal()}


def get_registration(
    client: Any,
    session: SsoSession,
    grants: Sequence[str],
    redirect: str | None = None,
    portal: str | None = None,
) -> Registration:
    """Returns the cached registration for these grants, or registers a new client.

    Raises botocore's errors.
    """
    path = _file(session, grants)
    kept = _kept(path)
    if kept is not None:
        return kept
    more: dict[str, Any] = {}
    if redirect is not None:
        more = {"redirectUris": [redirect], "issuerUrl": portal or session.start_url}
    answer = client.register_client(
        clientName=f"awsprof-{slug(session.name)}",
        clientType="public",
        scopes=list(session.scopes),
        grantTypes=list(grants),
        **more,
    )
    with wrap_portal_errors(session):
        made = Registration(
            parsing.expect_text(answer["clientId"], "clientId"),
            Secret(parsing.expect_text(answer["clientSecret"], "clientSecret")),
            parsing.expect_timestamp(answer["clientSecretExpiresAt"], "clientSecretExpiresAt"),
        )
    expires = made.expires
    data = {**made.arguments(), "expiresAt": format_time(expires)}
    lock = paths.locks_dir() / f"sso-{path.stem}.lock"
    with locks.hold_lock(lock, purpose="registering with Identity Center"):
        atomic.write_file(path, json.dumps(data).encode())
    return made


def forget_registration(session: SsoSession) -> None:
    """Deletes the cached registrations, which Identity Center no longer accepts."""
    for grants in (CODE, DEVICE):
        _file(session, grants).unlink(missing_ok=True)


def _kept(path: Path) -> Registration | None:
    try:
        with parsing.wrap_parse_errors(path, f"delete {path}"):
            data = parsing.expect_table(parsing.parse_json(atomic.read_file(path) or b"{}"))
            expires = parse_time(data["expiresAt"])
            client, secret = (
                parsing.expect_text(data[name]) for name in ("clientId", "clientSecret")
            )
            found = Registration(client, Secret(secret), expires)
    except AwsprofError:
        return None
    return found if expires - datetime.now(UTC) > _ENOUGH else None


def _file(session: SsoSession, grants: Sequence[str]) -> Path:
    """Returns our own file beside the AWS CLI's, which are for other grants."""
    shape = {
        "tool": "awsprof",
        "startUrl": session.start_url,
        "region": session.region,
        "scopes": list(session.scopes),
        "session_name": session.name,
        "grants": list(grants),
    }
    text = json.dumps(shape, sort_keys=True).encode()
    name = hashlib.sha1(text, usedforsecurity=False).hexdigest()
    return paths.sso_cache_dir() / f"{name}.json"
