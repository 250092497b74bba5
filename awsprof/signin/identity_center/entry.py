"""The way in: a browser on this machine where it can come back to us, else a code for any browser.

One sign-in for a session, however many profiles, threads and processes wait for it.
"""

from collections.abc import Callable
from typing import Final

from awsprof import locks, paths
from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import AwsprofError, PersonNeeded
from awsprof.profiles.model import SsoSession
from awsprof.shells import word
from awsprof.signin.identity_center import device, pkce, registration, renewal, token_cache, vanity
from awsprof.signin.identity_center.token_cache import Token

Agree = Callable[[str], bool]
"""Asks a person yes or no."""

_LIMIT: Final = 660  # seconds: what a person has, and a little more


def token_of(session: SsoSession, asker: Asker, *, agree: Agree | None = None) -> Token:
    """The token that is there, renewed where it must be; else the person signs in."""
    found = renewal.usable(session)
    if found is not None:
        return found
    return _alone(session, asker, _portal(session, agree), anew=False, device_code=False)


def sign_in(
    session: SsoSession, asker: Asker, *, device_code: bool = False, agree: Agree | None = None
) -> Token:
    """Have the person sign in anew, whatever token there is."""
    return _alone(session, asker, _portal(session, agree), anew=True, device_code=device_code)


def _portal(session: SsoSession, agree: Agree | None) -> str:
    """The access portal; where the start URL only leads to it the person has to agree."""
    portal = vanity.portal_of(session)
    mend = f"awsprof login --session {word(session.name)}"
    if portal == session.start_url:
        return portal
    leads = f"{clean(session.start_url)} leads to {clean(portal)}"
    if agree is None:
        raise PersonNeeded(f"{leads}, and nobody was asked about it.", mend)
    if not agree(f"{leads}. Is that yours?"):
        raise PersonNeeded("Nobody signed in there.", f"{mend}, where it is yours after all")
    return portal


def _alone(
    session: SsoSession, asker: Asker, portal: str, *, anew: bool, device_code: bool
) -> Token:
    before = token_cache.load(session)
    lock = paths.locks_dir() / f"sso-entry-{token_cache.file_of(session).stem}.lock"
    with locks.hold(lock, purpose=f"signing in to {session.name}", timeout=_LIMIT):
        now = token_cache.signed_in(session)
        if now is not None and (now != before or not anew):
            return now  # somebody else's sign-in, which we waited for
        token_cache.require_writable(session)
        way = device.sign_in if device_code or not pkce.possible() else pkce.sign_in
        try:
            return way(session, asker, portal)
        except AwsprofError as exc:
            if exc.code != "InvalidClientException":
                raise
        registration.forget(session)  # what is kept is void: once more with a new one
        return way(session, asker, portal)
