"""The AWS CLI's own cache of Identity Center tokens, read and written as the AWS CLI does.

Plain files, by its design: one sign-in serves both. Writes are atomic and under a lock, which the
AWS CLI's are not.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from awsprof import atomic, locks, paths
from awsprof.errors import AwsprofError
from awsprof.profiles.model import SsoSession
from awsprof.secret import Secret

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Token:
    """An access token, until when it holds, and whether it can be renewed without a person."""

    access: Secret
    expires: datetime
    renewable: bool = False


def file_of(session: SsoSession) -> Path:
    """Where the session's token is: named by the SHA-1 of the session's name."""
    name = hashlib.sha1(session.name.encode(), usedforsecurity=False).hexdigest()
    return paths.sso_cache_dir() / f"{name}.json"


def load(session: SsoSession) -> Token | None:
    """The token, expired or not; None where there is none, or half of one."""
    try:
        data: dict[str, Any] = json.loads(atomic.read(file_of(session)) or b"{}")
        # Other SDKs that renew it write fractions of a second; early AWS CLIs wrote UTC for Z.
        expires = datetime.fromisoformat(data["expiresAt"].removesuffix("UTC"))
        expires = expires.replace(tzinfo=UTC) if expires.tzinfo is None else expires
        access = data["accessToken"]
        if not isinstance(access, str) or not access:
            return None
        return Token(Secret(access), expires, "refreshToken" in data)
    except (AwsprofError, ValueError, KeyError, TypeError, AttributeError):
        return None


def signed_in(session: SsoSession) -> Token | None:
    """The token, where it still holds."""
    token = load(session)
    return token if token and token.expires > datetime.now(UTC) else None


def save(session: SsoSession, data: dict[str, Any]) -> None:
    """Write the token as the AWS CLI would (0600), under a lock."""
    path = file_of(session)
    lock = paths.locks_dir() / f"sso-{path.stem}.lock"
    with locks.hold(lock, purpose="writing the Identity Center token"):
        atomic.write(path, json.dumps(data).encode())


def remove(session: SsoSession) -> None:
    """Take the token away, for the AWS CLI too."""
    path = file_of(session)
    lock = paths.locks_dir() / f"sso-{path.stem}.lock"
    with locks.hold(lock, purpose="signing out of Identity Center"):
        if (before := atomic.snapshot(path)).data is not None:
            atomic.remove(before)


def at(moment: datetime) -> str:
    """A time as the cache has it."""
    return moment.astimezone(UTC).strftime(_TIME)


def time_left(session: SsoSession) -> str:
    """How long the session still lasts, in words; "signed out" where it does not."""
    token = signed_in(session)
    if token is None:
        return "signed out"
    minutes = int((token.expires - datetime.now(UTC)).total_seconds() // 60)
    return f"for {minutes // 60} h" if minutes >= 120 else f"for {minutes} min"
