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
from awsprof.clean import clean
from awsprof.errors import AwsprofError, FileProblem, SignInFailed
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


def raw(session: SsoSession) -> dict[str, Any]:
    """All that the file holds; nothing where it is no such file.

    FileProblem where it is there and cannot be read, which is not the same as signed out.
    """
    return raw_at(file_of(session))


def raw_at(path: Path) -> dict[str, Any]:
    """The same for a file of the cache, by its path."""
    data = atomic.read(path) or b"{}"
    try:
        with parsing.expecting(path, ""):
            return parsing.table(parsing.json_of(data))
    except AwsprofError:
        return {}


def take_mark_off(session: SsoSession) -> None:
    """Write the file anew where it begins with a byte order mark, at which SDKs fail."""
    if (atomic.read(file_of(session)) or b"").startswith(codecs.BOM_UTF8):
        save(session, raw(session))


def require_writable(session: SsoSession) -> None:
    """FileProblem where a token could not be kept: tried before one is spent or signed in for."""
    path = file_of(session)
    locks.make_folder(path.parent)
    with locks.hold(_lock(path), purpose="trying the Identity Center token's file"):
        atomic.require_writable(path)


def moment(text: str) -> datetime:
    """A time of the cache's. ValueError where it is none."""
    # Other SDKs that renew it write fractions of a second; early AWS CLIs wrote UTC for Z.
    return parsing.moment(parsing.text(text, "expiresAt").removesuffix("UTC"), "expiresAt")


def load(session: SsoSession) -> Token | None:
    """The token, expired or not; None where there is none, or half of one.

    FileProblem where its file cannot be read.
    """
    return load_at(file_of(session))


def load_at(path: Path) -> Token | None:
    """The same for a file of the cache, by its path."""
    data = raw_at(path)
    try:
        expires, access = moment(data["expiresAt"]), parsing.text(data["accessToken"])
    except (ValueError, KeyError):
        return None
    if not access:
        return None
    return Token(Secret(access), expires, "refreshToken" in data)


def signed_in(session: SsoSession) -> Token | None:
    """The token, where it still holds."""
    return signed_in_at(file_of(session))


def signed_in_at(path: Path) -> Token | None:
    """The same for a file of the cache, by its path."""
    token = load_at(path)
    return token if token and token.expires > datetime.now(UTC) else None


def keep(session: SsoSession, answer: dict[str, Any], registration: dict[str, str]) -> Token:
    """Cache what CreateToken gave, with the registration that renews it; the token.

    SignInFailed where the answer is not what CreateToken gives.
    """
    whole = datetime.now(UTC).replace(microsecond=0)  # as the file has it
    with answered(session):
        lasts = parsing.whole(answer["expiresIn"], "expiresIn", most=366 * 24 * 3600)
        access = parsing.text(answer["accessToken"], "accessToken")
        refresh = parsing.text(answer.get("refreshToken") or "", "refreshToken")
    expires = whole + timedelta(seconds=lasts)
    data = {
        "startUrl": session.start_url,
        "region": session.region,
        "accessToken": access,
        "expiresAt": at(expires),
        **registration,
    }
    if refresh:
        data["refreshToken"] = refresh
    save(session, data)
    return Token(Secret(access), expires, "refreshToken" in data)


def answered(session: SsoSession) -> AbstractContextManager[None]:
    """Within it, an answer of Identity Center that is not as its API has it is a SignInFailed."""
    return parsing.expecting(
        f"The answer of Identity Center for {clean(session.name)}",
        "run it again; a proxy may stand in between",
        SignInFailed,
    )


def save(session: SsoSession, data: dict[str, Any]) -> None:
    """Write the token as the AWS CLI would (0600), under a lock."""
    path = file_of(session)
    with locks.hold(_lock(path), purpose="writing the Identity Center token"):
        atomic.write(path, json.dumps(data).encode())


def remove(session: SsoSession) -> None:
    """Take the token away, for the AWS CLI too."""
    remove_at(file_of(session))


def remove_at(path: Path) -> None:
    """The same for a file of the cache, by its path."""
    with locks.hold(_lock(path), purpose="signing out of Identity Center"):
        if (before := atomic.snapshot(path)).data is not None:
            atomic.remove(before)


def _lock(path: Path) -> Path:
    return paths.locks_dir() / f"sso-{path.stem}.lock"


def at(when: datetime) -> str:
    """A time as the cache has it."""
    return when.astimezone(UTC).strftime(_TIME)


def time_left(session: SsoSession) -> str:
    """How long the session still lasts, in words; "signed out" where it does not."""
    try:
        token = signed_in(session)
    except FileProblem:
        return "not readable"
    if token is None:
        return "signed out"
    return in_words(token.expires - datetime.now(UTC))


def in_words(left: timedelta) -> str:
    """A time that is left, as a table has it."""
    minutes = int(left.total_seconds() // 60)
    return f"for {minutes // 60} h" if minutes >= 120 else f"for {minutes} min"
