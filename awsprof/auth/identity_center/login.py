"""The way in: a browser on this machine where it can come back to us, else a code for any browser.

One sign-in for a session, however many profiles, threads and processes wait for it.
"""

from collections.abc import Callable
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
from awsprof.profiles.model import SsoSession
from awsprof.prompting import Prompter
from awsprof.shells import shell_word
from awsprof.text import sanitize

Agree = Callable[[str], bool]
"""Asks a person yes or no."""

_LIMIT: Final = 660  # seconds: what a person has, and a little more


def get_token(session: SsoSession, prompter: Prompter, *, agree: Agree | None = None) -> Token:
    """The token that is there, renewed where it must be; else the person signs in."""
    found = refresh.valid_token(session)
    if found is not None:
        return found
    return _alone(session, prompter, _portal(session, agree), anew=False, device_code=False)


def sign_in(
    session: SsoSession,
    prompter: Prompter,
    *,
    device_code: bool = False,
    agree: Agree | None = None,
) -> Token:
    """Have the person sign in anew, whatever token there is."""
    return _alone(session, prompter, _portal(session, agree), anew=True, device_code=device_code)


def _portal(session: SsoSession, agree: Agree | None) -> str:
    """The access portal; where the start URL only leads to it the person has to agree."""
    portal = start_url.resolve_start_url(session)
    mend = f"awsprof login --session {shell_word(session.name)}"
    if portal == session.start_url:
        return portal
    leads = f"{sanitize(session.start_url)} leads to {sanitize(portal)}"
    if agree is None:
        raise InteractionRequired(f"{leads}, and nobody was asked about it.", mend)
    if not agree(f"{leads}. Is that yours?"):
        raise InteractionRequired("Nobody signed in there.", f"{mend}, where it is yours after all")
    return portal


def _alone(
    session: SsoSession, prompter: Prompter, portal: str, *, anew: bool, device_code: bool
) -> Token:
    before = token_cache.load_token(session)
    lock = paths.locks_dir() / f"sso-entry-{token_cache.token_path(session).stem}.lock"
    with locks.hold_lock(lock, purpose=f"signing in to {session.name}", timeout=_LIMIT):
        now = token_cache.live_token(session)
        if now is not None and (now != before or not anew):
            return now  # somebody else's sign-in, which we waited for
        token_cache.require_token_writable(session)
        fetcher = (
            device_flow.sign_in_by_device_code
            if device_code or not pkce.pkce_possible()
            else pkce.sign_in_by_browser
        )
        try:
            return fetcher(session, prompter, portal)
        except AwsprofError as exc:
            if exc.code != "InvalidClientException":
                raise
        registration.forget_registration(session)  # what is kept is void: once more with a new one
        return fetcher(session, prompter, portal)
