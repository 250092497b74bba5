"""The way in: a browser on this machine where it can come back to us, else a code for any browser.

One sign-in for a session, however many profiles, threads and processes wait for it.
"""

from typing import Final

from awsprof import locks, paths
from awsprof.asking import Asker
from awsprof.errors import AwsprofError
from awsprof.profiles.model import SsoSession
from awsprof.signin.identity_center import device, pkce, registration, renewal, token_cache
from awsprof.signin.identity_center.token_cache import Token

_LIMIT: Final = 660  # seconds: what a person has, and a little more


def token_of(session: SsoSession, asker: Asker) -> Token:
    """The token that is there, renewed where it must be; else the person signs in."""
    return renewal.usable(session) or _alone(session, asker, anew=False, device_code=False)


def sign_in(session: SsoSession, asker: Asker, *, device_code: bool = False) -> Token:
    """Have the person sign in anew, whatever token there is."""
    return _alone(session, asker, anew=True, device_code=device_code)


def _alone(session: SsoSession, asker: Asker, *, anew: bool, device_code: bool) -> Token:
    before = token_cache.load(session)
    lock = paths.locks_dir() / f"sso-entry-{token_cache.file_of(session).stem}.lock"
    with locks.hold(lock, purpose=f"signing in to {session.name}", timeout=_LIMIT):
        now = token_cache.signed_in(session)
        if now is not None and (now != before or not anew):
            return now  # somebody else's sign-in, which we waited for
        way = device.sign_in if device_code or not pkce.possible() else pkce.sign_in
        try:
            return way(session, asker)
        except AwsprofError as exc:
            if exc.code != "InvalidClientException":
                raise
        registration.forget(session)  # what is kept is void: once more with a new one
        return way(session, asker)
