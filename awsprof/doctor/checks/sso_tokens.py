"""Checks of sign-ins: the tokens of Identity Center in the cache, and those of `aws login`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from awsprof.auth.identity_center import token_cache
from awsprof.doctor.check_helpers import (
    profile_fault,
    session_fault,
    sessions_in_question,
    waiting,
    with_key,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import FileError
from awsprof.shells import shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from datetime import datetime

    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import SsoSession


def _used(context: CheckContext) -> Iterator[SsoSession]:
    """The sessions that a profile in question uses, and that are whole."""
    used = {profile.get("sso_session") for profile in context.profiles}
    return (s for s in sessions_in_question(context) if s.name in used and s.start_url and s.region)


def _raw(session: SsoSession) -> dict[str, Any]:
    try:
        return token_cache.read_token_file(session)
    except FileError:  # sso-token-expired says so
        return {}


def _registered_until(session: SsoSession) -> datetime | None:
    try:
        return token_cache.parse_time(_raw(session)["registrationExpiresAt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@offline_check(Severity.ERROR)
def sso_token_expired(context: CheckContext) -> Iterator[Fault]:
    """Nobody is signed in to Identity Center: there is no token, or it ended and is not renewed.

    SDKs read the token from ~/.aws/sso/cache, and say "the SSO session has expired" or "Error
    loading SSO Token". All profiles on the session wait for one sign-in.

    awsprof login --session NAME.
    """
    for session in _used(context):
        told = sign_in_ended(session, context.now)
        if told is not None:
            fix = f"awsprof login --session {shell_word(session.name)}"
            yield waiting(context, session_fault(session, "", told, fix), session)


def sign_in_ended(session: SsoSession, now: datetime) -> str | None:
    """Why nobody is signed in to the session at ``now``, and nothing renews it; None otherwise."""
    try:
        token, until = token_cache.load_token(session), _registered_until(session)
    except FileError as exc:
        return f"whether anybody is signed in cannot be seen: {exc.message}"
    if token is None:
        return "nobody has signed in yet."
    renewable = token.renewable and until and until > now
    if token.expires > now or renewable:
        return None
    return f"the sign-in ended at {token.expires:%Y-%m-%d %H:%M} UTC."


@offline_check(Severity.WARNING)
def sso_token_mismatch(context: CheckContext) -> Iterator[Fault]:
    """The token in the cache was given by another Identity Center than the session names now.

    The cache knows a session by its name alone. Its start URL or region was changed since, or
    another config has a session of the same name; Identity Center refuses the token.

    Sign in anew: awsprof login --session NAME.
    """
    for session in _used(context):
        data = _raw(session)
        pairs = (("startUrl", session.start_url), ("region", session.region))
        for field, here in pairs:
            cached = data.get(field)
            if isinstance(cached, str) and cached.rstrip("/#") != here.rstrip("/#"):
                told = f"the token is for {sanitize(cached)}, the session for {sanitize(here)}."
                fix = f"awsprof login --session {shell_word(session.name)}"
                yield waiting(context, session_fault(session, "", told, fix), session)
                break


@offline_check(Severity.WARNING)
def sso_registration_expired(context: CheckContext) -> Iterator[Fault]:
    """The sign-in holds still, and cannot be renewed: the registration of this machine ended.

    A registration lasts 90 days. SDKs and the AWS CLI renew a token with it; without, the sign-in
    ends in the middle of work.

    Sign in anew at a time that suits you: awsprof login --session NAME.
    """
    for session in _used(context):
        try:
            token, until = token_cache.load_token(session), _registered_until(session)
        except FileError:  # sso-token-expired says so
            continue
        if token is None or not token.renewable or token.expires <= context.now:
            continue
        if until is not None and until <= context.now:
            told = f"its registration ended on {until:%Y-%m-%d}, so it is not renewed."
            fix = f"awsprof login --session {shell_word(session.name)}"
            yield waiting(context, session_fault(session, "", told, fix), session)


@offline_check(Severity.ERROR)
def login_needs_crt(context: CheckContext) -> Iterator[Fault]:
    """A profile was made by `aws login`, which boto3 reads with the AWS Common Runtime alone.

    The AWS CLI brings it along. A Python without it stops with MissingDependencyException.

    pip install 'botocore[crt]', where boto3 is installed.
    """
    if any(True for _ in with_key(context, "login_session")) and not _has_runtime():
        for profile, _ in with_key(context, "login_session"):
            yield profile_fault(
                profile,
                "login_session",
                "boto3 needs the AWS Common Runtime for it, which this Python has not.",
                "pip install 'botocore[crt]'",
            )


def _has_runtime() -> bool:
    try:
        return find_spec("awscrt") is not None
    except ValueError:  # somebody has said that it is not there
        return False
