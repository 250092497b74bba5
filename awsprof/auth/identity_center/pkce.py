"""Signs in to Identity Center in a browser on this machine, with a loopback redirect.

Source: RFC 7636 (PKCE) and RFC 8252 (loopback); IAM Identity Center OIDC API reference.
"""

import base64
import hashlib
import hmac
import queue
import secrets
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, urlencode

from awsprof.auth.identity_center import token_cache
from awsprof.auth.identity_center.registration import CODE, get_registration
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import botocore_sessions, browser
from awsprof.awsapi.errors.translate import translate_target_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.awsapi.loopback import Handler, Listener
from awsprof.errors import InteractionRequired
from awsprof.profiles.model import SsoSession
from awsprof.prompting import Prompter
from awsprof.shells import shell_word
from awsprof.text import sanitize

_PATH: Final = "/oauth/callback"
SIGN_IN_LIMIT_S: Final = 600
_MINUTES: Final = SIGN_IN_LIMIT_S // 60


def pkce_possible() -> bool:
    """Returns True if a browser here can reach the loopback address: not over SSH or in WSL."""
    return browser.can_open_browser() and not browser.in_wsl()


def sign_in_by_browser(session: SsoSession, prompter: Prompter, portal: str | None = None) -> Token:
    """Signs in in a browser; caches the token where the AWS CLI finds it too.

    ``portal`` is the access portal, if the start URL redirects to it. Raises InteractionRequired
    if you decline or do not sign in within ``SIGN_IN_LIMIT_S``.
    """
    try:
        return _sign_in(session, prompter, portal or session.start_url)
    except Exception as exc:
        raise translate_target_error(exc, LoginTarget(session.name, is_session=True)) from exc


def _sign_in(session: SsoSession, prompter: Prompter, portal: str) -> Token:
    client = botocore_sessions.make_client(
        botocore_sessions.sso_botocore_session(session), "sso-oidc", None, session.region
    )
    registration = get_registration(client, session, CODE, f"http://127.0.0.1{_PATH}", portal)
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode()).digest()
    with _Listener() as listener:
        query = {
            "response_type": "code",
            "client_id": registration.client_id,
            "redirect_uri": listener.url,
            "state": listener.state,
            "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "scopes": " ".join(session.scopes),
        }
        url = f"{client.meta.endpoint_url}/authorize?{urlencode(query)}"
        again = _login_command(session)
        prompter.show(
            f"Sign in to {session.name} in the browser that opens now. If none does, open\n\n"
            f"    {url}" + (f"\n\nor run: {again} --device-code" if again else "")
        )
        browser.open_browser(listener.redirect_url(url))
        code = listener.code_for(session)
        if listener.refused_users:
            prompter.show(_refusal_text(listener.refused_users))
        answer: dict[str, Any] = client.create_token(
            **registration.arguments(),
            grantType=CODE[0],
            code=code,
            redirectUri=listener.url,
            codeVerifier=verifier,
        )
    kept = {
        **registration.arguments(),
        "registrationExpiresAt": token_cache.format_time(registration.expires),
    }
    return token_cache.store_token(session, answer, kept)


def _login_command(session: SsoSession) -> str:
    """Returns the command that signs in to it; "" while the config file does not have it yet."""
    return f"awsprof login --session {shell_word(session.name)}" if session.origin.line else ""


class _Listener(Listener):
    """Waits for the browser's redirect with our ``state``; ignores other requests."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.state = secrets.token_urlsafe(32)
        self.url = f"http://{self.host}{_PATH}"
        self.results: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()

    def code_for(self, session: SsoSession) -> str:
        """Returns the authorization code. Raises InteractionRequired if there is none."""
        again = _login_command(session)
        fix = f"{again}; if no browser opens: {again} --device-code" if again else "try it again"
        if not self.wait(SIGN_IN_LIMIT_S):
            users = self.refused_users
            tried = f" {_refusal_text(users)}" if users else ""
            raise InteractionRequired(
                f"You did not sign in in the browser within {_MINUTES} minutes.{tried}",
                fix,
            )
        result = self.results.get()
        code = result.get("code")
        if not code:
            reason = sanitize(result.get("error", "no code"))
            raise InteractionRequired(f"The sign-in was refused in the browser ({reason}).", fix)
        return code


def _refusal_text(users: str) -> str:
    """Returns the sentence about other users' requests; ``users`` are names, with commas."""
    several = "," in users
    who = "Other users of this machine" if several else "Another user of this machine"
    was = "were" if several else "was"
    return f"{who}, {users}, tried to answer this sign-in's redirect, and {was} refused."


class _Handler(Handler):
    server: _Listener

    def answer(self, url: SplitResult) -> bool:
        """Answers the redirect: the first result counts, and each request sees its own."""
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        ours = hmac.compare_digest(given.get("state", "").encode(), self.server.state.encode())
        if url.path != _PATH or not ours:
            return False
        self.server.results.put(given)
        try:
            if given.get("code"):
                self.page("You are signed in", "You may close this tab.")
            else:
                said = sanitize(given.get("error", "no code came"))
                self.page("You are not signed in", f"It was refused: {said}")
        finally:
            self.server.mark_done()
        return True
