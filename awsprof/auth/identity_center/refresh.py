"""A token that is about to end, renewed without a person where Identity Center gave the means.

Under a lock: two that renew at once would use one refresh token twice, and lose the session.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from awsprof import locks, paths
from awsprof.auth.identity_center import token_cache
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import sts
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.session_names import login_arguments
from awsprof.errors import CredentialsError, FileError, InteractionRequired
from awsprof.failure_sharing import SharedFailure
from awsprof.profiles.model import SsoSession
from awsprof.text import sanitize

_SOON: Final = timedelta(minutes=15)  # as botocore has it
_ENDED: Final = frozenset(
    {"InvalidGrantException", "ExpiredTokenException", "InvalidClientException"}
)


def valid_token(session: SsoSession) -> Token | None:
    """The token, renewed where it soon ends; None where a person has to sign in.

    CredentialsError where it has ended, could be renewed, and AWS cannot be reached.
    """
    token = token_cache.load_token(session)
    if token is None or _lasts(token):
        if token is not None:
            token_cache.strip_bom(session)
        return token
    if not token.renewable:
        return _alive(token)
    try:
        token_cache.require_token_writable(session)
    except FileError:
        if _alive(token) is None:
            raise
        return token  # it still lives, and a new one could not be kept
    lock = paths.locks_dir() / f"sso-renewal-{token_cache.token_path(session).stem}.lock"
    failure = SharedFailure(lock, since=0)  # whoever asks: the token is the same
    with locks.hold_lock(lock, purpose=f"renewing the session {session.name}", timeout=60):
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


def require_token(session: SsoSession, *, profile: str) -> Token:
    """As ``usable``; InteractionRequired, with how to sign ``profile`` in, where there is none."""
    token = valid_token(session)
    if token is not None:
        return token
    never = token_cache.load_token(session) is None  # or what is there is half of one
    raise InteractionRequired(
        f"Nobody is signed in to {sanitize(session.name)} of Identity Center."
        if never
        else f"The session {sanitize(session.name)} of Identity Center has ended.",
        f"awsprof login {login_arguments(profile)}",
        code="sso-token-expired",
    )


def _renewed(session: SsoSession, token: Token) -> Token | None:
    data = token_cache.read_token_file(session)
    try:
        if token_cache.parse_time(data["registrationExpiresAt"]) <= datetime.now(UTC):
            return _alive(token)
        client = sts.make_client(
            sts.sso_botocore_session(session), "sso-oidc", None, session.region
        )
        ours = {"clientId": data["clientId"], "clientSecret": data["clientSecret"]}
        answer: dict[str, Any] = client.create_token(
            grantType="refresh_token", refreshToken=data["refreshToken"], **ours
        )
    except (KeyError, ValueError):
        return _alive(token)  # half of what renewing needs
    except Exception as exc:
        said = translate_error(exc, profile=f"--session {session.name}")
        raise CredentialsError(said.message, said.fix, code=said.code) from exc
    kept = {"registrationExpiresAt": data["registrationExpiresAt"], **ours}
    return token_cache.store_token(session, answer, kept)


def _lasts(token: Token) -> bool:
    return token.expires - datetime.now(UTC) > _SOON


def _alive(token: Token) -> Token | None:
    return token if token.expires > datetime.now(UTC) else None
