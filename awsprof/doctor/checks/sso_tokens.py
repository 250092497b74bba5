"""Checks of sign-ins: the cached tokens of Identity Center, and those of `aws login`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from awsprof.auth.identity_center import token_cache
from awsprof.doctor.check_helpers import (
    profile_fault,
    profiles_setting,
    selected_sso_sessions,
    session_fault,
    with_waiting_profiles,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import FileError
from awsprof.profiles.value_rules import value_problem
from awsprof.shells import shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from datetime import datetime

    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import SsoSession


def _sessions_in_use(context: CheckContext) -> Iterator[SsoSession]:
    """Yields the sessions to which one can sign in, and that a selected profile uses."""
    used = {profile.get("sso_session") for profile in context.profiles}
    return (s for s in selected_sso_sessions(context) if s.name in used and _is_complete(s))


def _is_complete(session: SsoSession) -> bool:
    """True unless another check says what has to come before a sign-in."""
    values = {"sso_start_url": session.start_url, "sso_region": session.region}
    return all(text and not value_problem(key, text) for key, text in values.items())


def _token_data(session: SsoSession) -> dict[str, Any]:
    try:
        return token_cache.read_token_file(session)
    except FileError:  # sso-token-expired reports it
        return {}


def _registered_until(session: SsoSession) -> datetime | None:
    try:
        return token_cache.parse_time(_token_data(session)["registrationExpiresAt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@offline_check(Severity.ERROR)
def sso_token_expired(context: CheckContext) -> Iterator[Fault]:
    """You are not signed in to Identity Center: the token is missing or has expired.

    SDKs read the token from ~/.aws/sso/cache, and say "the SSO session has expired" or "Error
    loading SSO Token". One sign-in serves all profiles of the session.

    To sign in: awsprof login --session NAME.
    """
    for session in _sessions_in_use(context):
        message = sign_in_ended(session, context.now)
        if message is not None:
            unreadable = _unreadable_fix(session)
            fix = unreadable or f"awsprof login --session {shell_word(session.name)}"
            fault = session_fault(session, "", message, fix)
            fault = replace(fault, sign_in=unreadable is None)
            yield with_waiting_profiles(context, fault, session)


def _unreadable_fix(session: SsoSession) -> str | None:
    """Returns how to make the token's file readable; None if it is."""
    try:
        token_cache.load_token(session)
    except FileError as exc:
        return exc.fix
    return None


def sign_in_ended(session: SsoSession, now: datetime) -> str | None:
    """Returns why the session has no valid sign-in at ``now``, or None if it has one.

    A sign-in that can be refreshed counts as valid.
    """
    try:
        token, until = token_cache.load_token(session), _registered_until(session)
    except FileError as exc:
        return f"awsprof cannot tell whether you are signed in: {exc.message}"
    if token is None:
        return "you have not signed in yet."
    renewable = token.renewable and until and until > now
    if token.expires > now or renewable:
        return None
    return f"your sign-in expired at {token.expires:%Y-%m-%d %H:%M} UTC."


@offline_check(Severity.WARNING)
def sso_token_mismatch(context: CheckContext) -> Iterator[Fault]:
    """The cached token is for another Identity Center than the session names.

    The cache identifies a session only by its name. Its start URL or region has changed since, or
    another config file has a session of the same name; Identity Center rejects the token.

    Sign in again: awsprof login --session NAME.
    """
    for session in _sessions_in_use(context):
        data = _token_data(session)
        pairs = (("startUrl", session.start_url), ("region", session.region))
        for field, expected in pairs:
            cached = data.get(field)
            if isinstance(cached, str) and cached.rstrip("/#") != expected.rstrip("/#"):
                message = (
                    f"the token is for {sanitize(cached)}, but the session is for"
                    f" {sanitize(expected)}."
                )
                fix = f"awsprof login --session {shell_word(session.name)}"
                yield with_waiting_profiles(
                    context, session_fault(session, "", message, fix), session
                )
                break


@offline_check(Severity.WARNING)
def sso_registration_expired(context: CheckContext) -> Iterator[Fault]:
    """You are signed in, but the sign-in cannot be refreshed: its registration has expired.

    A registration lasts 90 days. SDKs and the AWS CLI need it to refresh a token; without it your
    sign-in expires while you work.

    Sign in again when it suits you: awsprof login --session NAME.
    """
    for session in _sessions_in_use(context):
        try:
            token, until = token_cache.load_token(session), _registered_until(session)
        except FileError:  # sso-token-expired reports it
            continue
        if token is None or not token.renewable or token.expires <= context.now:
            continue
        if until is not None and until <= context.now:
            message = (
                f"its registration expired on {until:%Y-%m-%d}, so SDKs can't refresh the sign-in."
            )
            fix = f"awsprof login --session {shell_word(session.name)}"
            yield with_waiting_profiles(context, session_fault(session, "", message, fix), session)


@offline_check(Severity.ERROR)
def login_needs_crt(context: CheckContext) -> Iterator[Fault]:
    """A profile was created by `aws login`; boto3 needs the AWS Common Runtime to use it.

    The AWS CLI includes it. A Python without it stops with MissingDependencyException.

    Run pip install 'botocore[crt]' where boto3 is installed.
    """
    if any(True for _ in profiles_setting(context, "login_session")) and not _has_runtime():
        for profile, _ in profiles_setting(context, "login_session"):
            yield profile_fault(
                profile,
                "login_session",
                "boto3 needs the AWS Common Runtime for aws login, and it is not installed.",
                "pip install 'botocore[crt]'",
            )


def _has_runtime() -> bool:
    try:
        return find_spec("awscrt") is not None
    except ValueError:  # awscrt is in sys.modules without a spec
        return False
