"""Checks of sign-ins: the tokens of Identity Center in the cache, and those of `aws login`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from awsprof.clean import clean
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.lookups import fault, having, of_session, sessions, waiting
from awsprof.errors import FileProblem
from awsprof.shells import word
from awsprof.signin.identity_center import token_cache

if TYPE_CHECKING:
    from datetime import datetime

    from awsprof.doctor.scene import Scene
    from awsprof.profiles.model import SsoSession


def _used(scene: Scene) -> Iterator[SsoSession]:
    """The sessions that a profile in question uses, and that are whole."""
    used = {profile.get("sso_session") for profile in scene.profiles}
    return (s for s in sessions(scene) if s.name in used and s.start_url and s.region)


def _raw(session: SsoSession) -> dict[str, Any]:
    try:
        return token_cache.raw(session)
    except FileProblem:  # sso-token-expired says so
        return {}


def _registered_until(session: SsoSession) -> datetime | None:
    try:
        return token_cache.moment(_raw(session)["registrationExpiresAt"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@check(Severity.ERROR)
def sso_token_expired(scene: Scene) -> Iterator[Fault]:
    """Nobody is signed in to Identity Center: there is no token, or it ended and is not renewed.

    SDKs read the token from ~/.aws/sso/cache, and say "the SSO session has expired" or "Error
    loading SSO Token". All profiles on the session wait for one sign-in.

    awsprof login --session NAME.
    """
    for session in _used(scene):
        told = ended(session, scene.now)
        if told is not None:
            fix = f"awsprof login --session {word(session.name)}"
            yield waiting(scene, of_session(session, "", told, fix), session)


def ended(session: SsoSession, now: datetime) -> str | None:
    """Why nobody is signed in to the session at ``now``, and nothing renews it; None otherwise."""
    try:
        token, until = token_cache.load(session), _registered_until(session)
    except FileProblem as exc:
        return f"whether anybody is signed in cannot be seen: {exc.message}"
    if token is None:
        return "nobody has signed in yet."
    renewable = token.renewable and until and until > now
    if token.expires > now or renewable:
        return None
    return f"the sign-in ended at {token.expires:%Y-%m-%d %H:%M} UTC."


@check(Severity.WARNING)
def sso_token_mismatch(scene: Scene) -> Iterator[Fault]:
    """The token in the cache was given by another Identity Center than the session names now.

    The cache knows a session by its name alone. Its start URL or region was changed since, or
    another config has a session of the same name; Identity Center refuses the token.

    Sign in anew: awsprof login --session NAME.
    """
    for session in _used(scene):
        data = _raw(session)
        pairs = (("startUrl", session.start_url), ("region", session.region))
        for field, here in pairs:
            cached = data.get(field)
            if isinstance(cached, str) and cached.rstrip("/#") != here.rstrip("/#"):
                told = f"the token is for {clean(cached)}, the session for {clean(here)}."
                fix = f"awsprof login --session {word(session.name)}"
                yield waiting(scene, of_session(session, "", told, fix), session)
                break


@check(Severity.WARNING)
def sso_registration_expired(scene: Scene) -> Iterator[Fault]:
    """The sign-in holds still, and cannot be renewed: the registration of this machine ended.

    A registration lasts 90 days. SDKs and the AWS CLI renew a token with it; without, the sign-in
    ends in the middle of work.

    Sign in anew at a time that suits you: awsprof login --session NAME.
    """
    for session in _used(scene):
        try:
            token, until = token_cache.load(session), _registered_until(session)
        except FileProblem:  # sso-token-expired says so
            continue
        if token is None or not token.renewable or token.expires <= scene.now:
            continue
        if until is not None and until <= scene.now:
            told = f"its registration ended on {until:%Y-%m-%d}, so it is not renewed."
            fix = f"awsprof login --session {word(session.name)}"
            yield waiting(scene, of_session(session, "", told, fix), session)


@check(Severity.ERROR)
def login_needs_crt(scene: Scene) -> Iterator[Fault]:
    """A profile was made by `aws login`, which boto3 reads with the AWS Common Runtime alone.

    The AWS CLI brings it along. A Python without it stops with MissingDependencyException.

    pip install 'botocore[crt]', where boto3 is installed.
    """
    if any(True for _ in having(scene, "login_session")) and not _has_runtime():
        for profile, _ in having(scene, "login_session"):
            yield fault(
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
