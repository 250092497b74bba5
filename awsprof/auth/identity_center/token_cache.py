"""The AWS CLI's own cache of Identity Center tokens, read and written as the AWS CLI does.

Plain files, by its design: one sign-in serves both. Writes are atomic and under a lock, which the
AWS CLI's are not.
"""

import codecs
import hashlib
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import AwsprofError, CredentialsError, FileError
from awsprof.profiles.model import SsoSession
from awsprof.secret import Secret
from awsprof.text import sanitize

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Token:
    """An access token, until when it holds, and whether it can be renewed without a person."""

    access: Secret
    expires: datetime
    renewable: bool = False


def token_path(session: SsoSession) -> Path:
    """Where the session's token is: named by the SHA-1 of the session's name."""
    name = hashlib.sha1(session.name.encode(), usedforsecurity=False).hexdigest()
    return paths.sso_cache_dir() / f"{name}.json"


def read_token_file(session: SsoSession) -> dict[str, Any]:
    """All that the file holds; nothing where it is no such file.

    FileProblem where it is there and cannot be read, which is not the same as signed out.
    """
    return read_token_file_at(token_path(session))


def read_token_file_at(path: Path) -> dict[str, Any]:
    """The same for a file of the cache, by its path."""
    data = atomic.read_file(path) or b"{}"
    try:
        with parsing.wrap_parse_errors(path, ""):
            return parsing.expect_table(parsing.parse_json(data))
    except AwsprofError:
        return {}


def strip_bom(session: SsoSession) -> None:
    """Write the file anew where it begins with a byte order mark, at which SDKs fail."""
    if (atomic.read_file(token_path(session)) or b"").startswith(codecs.BOM_UTF8):
        save_token(session, read_token_file(session))


def require_token_writable(session: SsoSession) -> None:
    """FileProblem where a token could not be kept: tried before one is spent or signed in for."""
    path = token_path(session)
    locks.make_private_dir(path.parent)
    with locks.hold_lock(_lock(path), purpose="trying the Identity Center token's file"):
        atomic.require_replaceable(path)


def parse_time(text: str) -> datetime:
    """A time of the cache's. ValueError where it is none."""
    # Other SDKs that renew it write fractions of a second; early AWS CLIs wrote UTC for Z.
    return parsing.expect_time(
        parsing.expect_text(text, "expiresAt").removesuffix("UTC"), "expiresAt"
    )


def load_token(session: SsoSession) -> Token | None:
    """The token, expired or not; None where there is none, or half of one.

    FileProblem where its file cannot be read.
    """
    return load_token_at(token_path(session))


def load_token_at(path: Path) -> Token | None:
    """The same for a file of the cache, by its path."""
    data = read_token_file_at(path)
    try:
        expires, access = parse_time(data["expiresAt"]), parsing.expect_text(data["accessToken"])
    except (ValueError, KeyError):
        return None
    if not access:
        return None
    return Token(Secret(access), expires, "refreshToken" in data)


def live_token(session: SsoSession) -> Token | None:
    """The token, where it still holds."""
    return live_token_at(token_path(session))


def live_token_at(path: Path) -> Token | None:
    """The same for a file of the cache, by its path."""
    token = load_token_at(path)
    return token if token and token.expires > datetime.now(UTC) else None


def store_token(session: SsoSession, answer: dict[str, Any], registration: dict[str, str]) -> Token:
    """Cache what CreateToken gave, with the registration that renews it; the token.

    CredentialsError where the answer is not what CreateToken gives.
    """
    whole = datetime.now(UTC).replace(microsecond=0)  # as the file has it
    with wrap_portal_errors(session):
        lasts = parsing.expect_int(answer["expiresIn"], "expiresIn", most=366 * 24 * 3600)
        access = parsing.expect_text(answer["accessToken"], "accessToken")
        refresh = parsing.expect_text(answer.get("refreshToken") or "", "refreshToken")
    expires = whole + timedelta(seconds=lasts)
    data = {
        "startUrl": session.start_url,
        "region": session.region,
        "accessToken": access,
        "expiresAt": format_time(expires),
        **registration,
    }
    if refresh:
        data["refreshToken"] = refresh
    save_token(session, data)
    return Token(Secret(access), expires, "refreshToken" in data)


def wrap_portal_errors(session: SsoSession) -> AbstractContextManager[None]:
    """Within it, an answer of Identity Center that is not as its API has it is a
    CredentialsError.
    """
    return parsing.wrap_parse_errors(
        f"The answer of Identity Center for {sanitize(session.name)}",
        "run it again; a proxy may stand in between",
        CredentialsError,
    )


def save_token(session: SsoSession, data: dict[str, Any]) -> None:
    """Write the token as the AWS CLI would (0600), under a lock."""
    path = token_path(session)
    with locks.hold_lock(_lock(path), purpose="writing the Identity Center token"):
        atomic.write_file(path, json.dumps(data).encode())


def remove_token(session: SsoSession) -> None:
    """Take the token away, for the AWS CLI too."""
    remove_token_at(token_path(session))


def remove_token_at(path: Path) -> None:
    """The same for a file of the cache, by its path."""
    with locks.hold_lock(_lock(path), purpose="signing out of Identity Center"):
        if (before := atomic.take_snapshot(path)).data is not None:
            atomic.remove_file(before)


def _lock(path: Path) -> Path:
    return paths.locks_dir() / f"sso-{path.stem}.lock"


def format_time(when: datetime) -> str:
    """A time as the cache has it."""
    return when.astimezone(UTC).strftime(_TIME)


def time_left(session: SsoSession) -> str:
    """How long the session still lasts, in words; "signed out" where it does not."""
    try:
        token = live_token(session)
    except FileError:
        return "not readable"
    if token is None:
        return "signed out"
    return describe_time_left(token.expires - datetime.now(UTC))


def describe_time_left(left: timedelta) -> str:
    """A time that is left, as a table has it."""
    minutes = int(left.total_seconds() // 60)
    return f"for {minutes // 60} h" if minutes >= 120 else f"for {minutes} min"
