"""Reads and writes the AWS CLI's cache of Identity Center tokens, in its format.

The AWS CLI stores tokens in plain files; sharing them lets one sign-in serve both. Unlike the AWS
CLI's, these writes are atomic and locked.
"""

import codecs
import hashlib
import json
import re
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

SIGNED_OUT = "signed out"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ZONE = re.compile(r"(?:Z|UTC|[T ].*[+-]\d\d:?\d\d)\Z")


@dataclass(frozen=True)
class Token:
    """An access token, its expiration in UTC, and whether it has a refresh token."""

    access: Secret
    expires: datetime
    renewable: bool = False


def token_path(session: SsoSession) -> Path:
    """Returns the token's file, which is named by the SHA-1 of the session's name."""
    plain = session.name.encode(errors="surrogateescape")  # an argument may have any bytes
    name = hashlib.sha1(plain, usedforsecurity=False).hexdigest()
    return paths.sso_cache_dir() / f"{name}.json"


def read_token_file(session: SsoSession) -> dict[str, Any]:
    """Returns the content of the token file; empty if it is missing or not a token file.

    Raises FileError if it exists but cannot be read: that does not mean signed out.
    """
    return read_token_file_at(token_path(session))


def read_token_file_at(path: Path) -> dict[str, Any]:
    """Returns the same, for the file at ``path``."""
    data = atomic.read_file(path) or b"{}"
    try:
        with parsing.wrap_parse_errors(path, ""):
            return parsing.expect_table(parsing.parse_json(data))
    except AwsprofError:
        return {}


def strip_bom(session: SsoSession) -> None:
    """Rewrites the file if it starts with a byte order mark, which SDKs cannot read."""
    if (atomic.read_file(token_path(session)) or b"").startswith(codecs.BOM_UTF8):
        save_token(session, read_token_file(session))


def require_token_writable(session: SsoSession) -> None:
    """Raises FileError if a token cannot be saved; check it before a sign-in or renewal."""
    path = token_path(session)
    locks.make_private_dir(path.parent)
    with locks.hold_lock(_lock(path), purpose="trying the Identity Center token's file"):
        atomic.require_replaceable(path)


def parse_time(text: str) -> datetime:
    """Parses a time in a token file. Raises ValueError, also if it has no zone, as boto3 stops."""
    # Some SDKs write fractions of a second; early AWS CLIs wrote UTC instead of Z.
    text = parsing.expect_text(text, "expiresAt")
    found = parsing.expect_time(text.removesuffix("UTC"), "expiresAt")
    if not _ZONE.search(text):
        raise parsing.InvalidValue("expiresAt should have a time zone")
    return found


def token_digest(session: SsoSession) -> str:
    """Returns a digest that differs after each sign-in and renewal; "" if there is no token."""
    try:
        access = read_token_file(session).get("accessToken")
    except FileError:
        return ""
    return hashlib.sha256(str(access).encode()).hexdigest() if access else ""


def load_token(session: SsoSession) -> Token | None:
    """Returns the token, expired or not; None if it is missing or incomplete.

    Raises FileError if the file cannot be read.
    """
    return load_token_at(token_path(session))


def load_token_at(path: Path) -> Token | None:
    """Returns the same, for the file at ``path``."""
    data = read_token_file_at(path)
    try:
        expires, access = parse_time(data["expiresAt"]), parsing.expect_text(data["accessToken"])
    except (ValueError, KeyError):
        return None
    if not access:
        return None
    return Token(Secret(access), expires, "refreshToken" in data)


def live_token(session: SsoSession) -> Token | None:
    """Returns the token if it has not expired, else None."""
    return live_token_at(token_path(session))


def live_token_at(path: Path) -> Token | None:
    """Returns the same, for the file at ``path``."""
    token = load_token_at(path)
    return token if token and token.expires > datetime.now(UTC) else None


def store_token(session: SsoSession, answer: dict[str, Any], registration: dict[str, str]) -> Token:
    """Caches the response of CreateToken with its client registration; returns the token.

    Raises CredentialsError if the response is malformed.
    """
    whole = datetime.now(UTC).replace(microsecond=0)  # the precision of the file
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
    """Turns parse errors of an Identity Center response into CredentialsError."""
    return parsing.wrap_parse_errors(
        f"The answer of Identity Center for {sanitize(session.name)}",
        "run it again; a proxy may stand in between",
        CredentialsError,
    )


def save_token(session: SsoSession, data: dict[str, Any]) -> None:
    """Writes the token file in the AWS CLI's format (mode 0600), under a lock."""
    path = token_path(session)
    with locks.hold_lock(_lock(path), purpose="writing the Identity Center token"):
        atomic.write_file(path, json.dumps(data).encode())


def remove_token(path: Path) -> None:
    """Deletes the token in the file at ``path``, which signs out the AWS CLI too."""
    with locks.hold_lock(_lock(path), purpose="signing out of Identity Center"):
        if (before := atomic.take_snapshot(path)).data is not None:
            atomic.remove_file(before)


def _lock(path: Path) -> Path:
    return paths.locks_dir() / f"sso-{path.stem}.lock"


def format_time(when: datetime) -> str:
    """Formats a time for a token file."""
    return when.astimezone(UTC).strftime(_TIME)


def time_left(session: SsoSession) -> str:
    """Returns how long the session is still valid, in words, or "signed out"."""
    try:
        token = live_token(session)
    except FileError:
        return "not readable"
    if token is None:
        return SIGNED_OUT
    return describe_time_left(token.expires - datetime.now(UTC))


def describe_time_left(left: timedelta) -> str:
    """Formats a remaining time for a table."""
    minutes = int(left.total_seconds() // 60)
    return f"for {minutes // 60} h" if minutes >= 120 else f"for {minutes} min"
