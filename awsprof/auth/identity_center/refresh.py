"""Renews an Identity Center token that is about to expire, if it has a refresh token.

Under a lock: two processes that use one refresh token at once would lose the session.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from awsprof import locks, paths
from awsprof.auth.identity_center import token_cache
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import botocore_sessions
from awsprof.awsapi.errors.translate import translate_target_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError, FileError, InteractionRequired
from awsprof.failure_sharing import SharedFailure, command_start
from awsprof.notices import tell_once
from awsprof.profiles.model import SsoSession
from awsprof.session_margins import RENEW_BEFORE_S
from awsprof.text import clock_time, sanitize

_ENDED: Final = frozenset(
    {"InvalidGrantException", "ExpiredTokenException", "InvalidClientException"}
)


def valid_token(session: SsoSession, tell: Callable[[str], object] | None = None) -> Token | None:
    """Returns the token, renewed if it expires soon; None if you have to sign in.

    ``tell`` gets a sentence if it was not renewed because the new one could not be saved. Raises
    CredentialsError if it has expired and AWS cannot be reached to renew it.
    """
    token = token_cache.load_token(session)
    if token is None or _lasts(token):
        if token is not None:
            with suppress(FileError):  # we read it with its mark, and need not write
                token_cache.strip_bom(session)
        return token
    if not token.renewable:
        return _alive(token)
    try:
        token_cache.require_token_writable(session)
    except FileError as exc:
        if _alive(token) is None:
            raise
        if tell is not None:
            _tell_unrenewed(session, token, exc, tell)
        return token
    lock = paths.locks_dir() / f"sso-renewal-{token_cache.token_path(session).stem}.lock"
    # The token is the same for all callers: one that was refused is refused to each of them.
    failure = SharedFailure(lock, command_start(), own=True, final=_ENDED)
    with locks.hold_lock(
        lock, purpose=f"renewing the session {session.name}", timeout=60, tell=tell
    ):
        token = token_cache.load_token(session)
        if token is None or _lasts(token):
            return token
        try:
            failure.raise_known()
            return _renewed(session, token)
        except CredentialsError as exc:
            failure.note(exc)
            if exc.code in _ENDED or _alive(token) is not None:
                return _alive(token)
            raise


def _tell_unrenewed(
    session: SsoSession, token: Token, exc: FileError, tell: Callable[[str], object]
) -> None:
    until = clock_time(token.expires)
    tell_once(
        f"unrenewed {token_cache.token_path(session).stem} {token.expires}",
        f"You are signed in to {sanitize(session.name)} until {until} only: awsprof does not renew"
        f" what it cannot save. {exc.message} To fix it: {exc.fix}",
        tell,
    )


def require_token(
    session: SsoSession, target: LoginTarget, *, tell: Callable[[str], object] | None = None
) -> Token:
    """Returns a valid token; ``tell`` as for ``valid_token``.

    Raises InteractionRequired with how to sign ``target`` in.
    """
    token = valid_token(session, tell)
    if token is not None:
        return token
    never = token_cache.load_token(session) is None  # or the file is incomplete
    raise InteractionRequired(
        f"You are not signed in to {sanitize(session.name)} of Identity Center."
        if never
        else f"The session {sanitize(session.name)} of Identity Center has ended.",
        f"awsprof login {target.arguments}",
        code="sso-token-expired",
    )


def _renewed(session: SsoSession, token: Token) -> Token | None:
    data = token_cache.read_token_file(session)
    try:
        if token_cache.parse_time(data["registrationExpiresAt"]) <= datetime.now(UTC):
            return _alive(token)
        client = botocore_sessions.make_client(
            botocore_sessions.sso_botocore_session(session), "sso-oidc", None, session.region
        )
        ours = {"clientId": data["clientId"], "clientSecret": data["clientSecret"]}
        answer: dict[str, Any] = client.create_token(
            grantType="refresh_token", refreshToken=data["refreshToken"], **ours
        )
    except (KeyError, ValueError):
        return _alive(token)  # the client registration is incomplete
    except Exception as exc:
        said = translate_target_error(exc, LoginTarget(session.name, is_session=True))
        raise CredentialsError(said.message, said.fix, code=said.code) from exc
    kept = {"registrationExpiresAt": data["registrationExpiresAt"], **ours}
    return token_cache.store_token(session, answer, kept)


def _lasts(token: Token) -> bool:
    return (token.expires - datetime.now(UTC)).total_seconds() > RENEW_BEFORE_S


def _alive(token: Token) -> Token | None:
    return token if token.expires > datetime.now(UTC) else None
