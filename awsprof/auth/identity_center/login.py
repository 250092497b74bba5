"""Signs in to Identity Center: in a browser on this machine, or else with a device code.

One sign-in serves all profiles, threads and processes that wait for the session.
"""

from collections.abc import Callable, Iterable
from typing import Final

from awsprof import locks, paths
from awsprof.auth.identity_center import (
    device_flow,
    pkce,
    refresh,
    registration,
    start_url,
    token_cache,
)
from awsprof.auth.identity_center.token_cache import Token
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.profiles.catalog import Chain
from awsprof.profiles.model import SsoSession
from awsprof.prompting import Prompter
from awsprof.shells import shell_word
from awsprof.text import sanitize

Agree = Callable[[str], bool]
"""Asks you a yes/no question."""

_LIMIT: Final = pkce.SIGN_IN_LIMIT_S + 60  # seconds until another sign-in must have ended


def get_token(session: SsoSession, prompter: Prompter, *, agree: Agree | None = None) -> Token:
    """Returns the cached token, renewed if necessary; without one, signs in."""
    found = refresh.valid_token(session, prompter.show)
    if found is not None:
        return found
    return _alone(session, prompter, _portal(session, agree), anew=False, device_code=False)


def sign_in_to_sessions(
    chains: Iterable[Chain], prompter: Prompter, *, agree: Agree | None = None
) -> None:
    """Signs in to the sessions of these chains, each once, where no token is valid."""
    sessions = {chain.session.name: chain.session for chain in chains if chain.session is not None}
    for session in sessions.values():
        get_token(session, prompter, agree=agree)


def sign_in(
    session: SsoSession,
    prompter: Prompter,
    *,
    device_code: bool = False,
    agree: Agree | None = None,
) -> Token:
    """Signs in, even if there is a valid token."""
    return _alone(session, prompter, _portal(session, agree), anew=True, device_code=device_code)


def _portal(session: SsoSession, agree: Agree | None) -> str:
    """Returns the access portal; if the start URL redirects to it, you must agree."""
    portal = start_url.resolve_start_url(session)
    fix = f"awsprof login --session {shell_word(session.name)}"
    if portal == session.start_url:
        return portal
    redirect = f"{sanitize(session.start_url)} redirects to {sanitize(portal)}"
    if agree is None:
        raise InteractionRequired(f"{redirect}, which you have not confirmed.", fix)
    if not agree(f"{redirect}. Is that your access portal?"):
        raise InteractionRequired("You did not sign in.", f"{fix}, if it is your portal after all")
    return portal


def _alone(
    session: SsoSession, prompter: Prompter, portal: str, *, anew: bool, device_code: bool
) -> Token:
    before = token_cache.load_token(session)
    lock = paths.locks_dir() / f"sso-entry-{token_cache.token_path(session).stem}.lock"
    with locks.hold_lock(
        lock, purpose=f"signing in to {session.name}", timeout=_LIMIT, tell=prompter.show
    ):
        now = token_cache.live_token(session)
        if now is not None and (now != before or not anew):
            return now  # another process has signed in meanwhile
        token_cache.require_token_writable(session)
        sign_in = (
            device_flow.sign_in_by_device_code
            if device_code or not pkce.pkce_possible()
            else pkce.sign_in_by_browser
        )
        try:
            return sign_in(session, prompter, portal)
        except AwsprofError as exc:
            if exc.code != "InvalidClientException":
                raise
        registration.forget_registration(session)  # it is no longer valid: retry with a new one
        return sign_in(session, prompter, portal)
