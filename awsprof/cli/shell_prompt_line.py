"""What ``awsprof prompt`` prints: the profile of this shell, and how long its session lasts.

A shell runs it for each prompt, so it looks only at what is kept already, as the fast path of
credential-process does: no click, no parser, no call.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from awsprof.auth import fast_path
from awsprof.auth.chain_lines import chain_lines
from awsprof.fast_read import read_regular_file
from awsprof.profiles import current


def prompt_line(now: datetime | None = None) -> str:
    """Returns ``dev 42m``, ``dev expired``, only the name, or "" if SDKs use no profile here."""
    environment = os.environ
    given = current.given_profile()
    names = () if given or current.keys_win() else current.VARIABLES
    profile = given or next((environment[name] for name in names if environment.get(name)), "")
    if not profile or not profile.isprintable():
        return ""
    if given:
        expires = _moment(environment.get("AWS_CREDENTIAL_EXPIRATION") or "")
    else:
        expires = _kept_until(profile)
    if expires is None:
        return profile
    minutes = int((expires - (now or datetime.now(UTC))).total_seconds()) // 60
    if minutes < 0:
        return f"{profile} expired"
    return f"{profile} {minutes}m" if minutes < 100 else f"{profile} {minutes // 60}h"


def _kept_until(profile: str) -> datetime | None:
    """Returns when the kept session of the profile, or of the source it uses, expires."""
    found = _session_at([profile])
    lines = found is None and chain_lines(*fast_path.config_files(), os.fsencode(profile))
    for line in b"\n".join(lines or []).split(b"\n"):
        if found is not None:
            break
        key, _, value = line.removeprefix(b"+").partition(b"=")
        text = value.decode(errors="replace")
        if key.strip() == b"credential_process" and "credential-process " in text:
            found = _session_at(text.partition("credential-process ")[2].split())
        elif key.strip() == b"sso_session":
            found = _signed_in_until(text.strip())
    return found


def _session_at(arguments: list[str]) -> datetime | None:
    kept = fast_path.cached_output(fast_path.request_fingerprint(arguments))
    return _moment(_value_of("Expiration", kept.decode(errors="replace"))) if kept else None


def _signed_in_until(session: str) -> datetime | None:
    """Returns when the Identity Center token expires: the AWS CLI's file, named by its SHA-1."""
    from hashlib import sha1

    name = sha1(session.encode(), usedforsecurity=False).hexdigest()
    path = os.path.expanduser(f"~/.aws/sso/cache/{name}.json")  # noqa: PTH111  # pathlib is slow
    try:
        text = read_regular_file(path).decode()
        return _moment(_value_of("expiresAt", text[: 1 << 16]))
    except (OSError, ValueError):
        return None


def _value_of(key: str, text: str) -> str:
    """Returns the text of a key in JSON; "" if it has none."""
    _, _, rest = text.partition(f'"{key}"')
    return rest.partition('"')[2].partition('"')[0]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
