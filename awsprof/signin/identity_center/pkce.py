"""Signing in to Identity Center with a browser on this machine, which comes back to us by itself.

Source: RFC 7636 (PKCE) and RFC 8252 (loopback), as the OIDC API of Identity Center has them.
"""

import base64
import hashlib
import hmac
import queue
import secrets
from typing import Any, Final
from urllib.parse import SplitResult, parse_qs, urlencode

from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import PersonNeeded
from awsprof.profiles.model import SsoSession
from awsprof.shells import word
from awsprof.signin import browser, sts
from awsprof.signin.explain import explain
from awsprof.signin.identity_center import token_cache
from awsprof.signin.identity_center.registration import CODE, registered
from awsprof.signin.identity_center.token_cache import Token
from awsprof.signin.loopback import Handler, Listener

_PATH: Final = "/oauth/callback"
_LIMIT: Final = 600  # seconds that the person has


def possible() -> bool:
    """Whether a browser here could come back to us: not over SSH, and not out of WSL."""
    return browser.available() and not browser.in_wsl()


def sign_in(session: SsoSession, asker: Asker, portal: str | None = None) -> Token:
    """Have the person sign in in a browser; the token is cached where the AWS CLI finds it too.

    ``portal`` is where the start URL leads, if it is an organisation's own.
    PersonNeeded where nobody does so in 10 minutes, or somebody says no.
    """
    try:
        return _sign_in(session, asker, portal or session.start_url)
    except Exception as exc:
        raise explain(exc, profile=f"--session {session.name}") from exc


def _sign_in(session: SsoSession, asker: Asker, portal: str) -> Token:
    client = sts.client(sts.session_of(session), "sso-oidc", None, session.region)
    registration = registered(client, session, CODE, f"http://127.0.0.1{_PATH}", portal)
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode()).digest()
    with _Listener() as listener:
        asked = {
            "response_type": "code",
            "client_id": registration.client_id,
            "redirect_uri": listener.url,
            "state": listener.state,
            "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "scopes": " ".join(session.scopes),
        }
        url = f"{client.meta.endpoint_url}/authorize?{urlencode(asked)}"
        asker.show(
            f"Sign in to {session.name} in the browser that opens now. Where none does, open\n\n"
            f"    {url}\n\nor run: awsprof login --session {word(session.name)} --device-code"
        )
        browser.show(listener.lead(url))
        code = listener.code_for(session)
        if listener.strangers:
            asker.show(f"{listener.strangers} tried to get into this sign-in, and was not let in.")
        answer: dict[str, Any] = client.create_token(
            **registration.arguments(),
            grantType=CODE[0],
            code=code,
            redirectUri=listener.url,
            codeVerifier=verifier,
        )
    kept = {
        **registration.arguments(),
        "registrationExpiresAt": token_cache.at(registration.expires),
    }
    return token_cache.keep(session, answer, kept)


class _Listener(Listener):
    """Waits for the browser to come back with our state; ignores all else."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.state = secrets.token_urlsafe(32)
        self.url = f"http://{self.host}{_PATH}"
        self.results: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()

    def code_for(self, session: SsoSession) -> str:
        """The code. PersonNeeded where none comes, or the person refused."""
        again = f"awsprof login --session {word(session.name)}"
        mend = f"{again}; where no browser opens: {again} --device-code"
        if not self.wait(_LIMIT):
            asked = f" {self.strangers} tried to get in." if self.strangers else ""
            raise PersonNeeded(f"Nobody signed in in the browser in 10 minutes.{asked}", mend)
        result = self.results.get()
        code = result.get("code")
        if not code:
            said = clean(result.get("error", "no code came"))
            raise PersonNeeded(f"The sign-in was refused in the browser ({said}).", mend)
        return code


class _Handler(Handler):
    server: _Listener

    def answer(self, url: SplitResult) -> bool:
        """The browser, coming back: the first result counts, each is shown its own."""
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        ours = hmac.compare_digest(given.get("state", "").encode(), self.server.state.encode())
        if url.path != _PATH or not ours:
            return False
        self.server.results.put(given)
        try:
            if given.get("code"):
                self.page("You are signed in", "You may close this tab.")
            else:
                said = clean(given.get("error", "no code came"))
                self.page("You are not signed in", f"It was refused: {said}")
        finally:
            self.server.arrived()
        return True
