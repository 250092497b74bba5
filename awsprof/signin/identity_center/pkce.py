"""Signing in to Identity Center with a browser on this machine, which comes back to us by itself.

Source: RFC 7636 (PKCE) and RFC 8252 (loopback), as the OIDC API of Identity Center has them.
"""

import base64
import hashlib
import hmac
import html
import os
import secrets
import sys
import time
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import PersonNeeded
from awsprof.profiles.model import SsoSession
from awsprof.signin import sts
from awsprof.signin.explain import explain
from awsprof.signin.identity_center import token_cache
from awsprof.signin.identity_center.registration import CODE, registered
from awsprof.signin.identity_center.token_cache import Token

_PATH: Final = "/oauth/callback"
_LIMIT: Final = 600  # seconds that the person has
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>awsprof</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 18px/1.5 system-ui, sans-serif; display: grid; place-items: center;
  min-height: 90vh; margin: 0 1.5rem; text-align: center }}
h1 {{ font-size: 1.6rem; margin: 0 }} p {{ margin: .5rem 0; opacity: .75 }}
</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""


def possible() -> bool:
    """Whether a browser here could come back to us: a screen, no SSH, and no WSL in between."""
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return False
    if sys.platform in {"darwin", "win32"}:
        return True
    if "microsoft" in os.uname().release.lower():  # WSL: its loopback may not be the browser's
        return False
    return any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))


def sign_in(session: SsoSession, asker: Asker) -> Token:
    """Have the person sign in in a browser; the token is cached where the AWS CLI finds it too.

    PersonNeeded where nobody does so in 10 minutes, or somebody says no.
    """
    try:
        return _sign_in(session, asker)
    except Exception as exc:
        raise explain(exc, profile=f"--session {session.name}") from exc


def _sign_in(session: SsoSession, asker: Asker) -> Token:
    client = sts.client(sts.session_for(None), "sso-oidc", None, session.region)
    registration = registered(client, session, CODE, f"http://127.0.0.1{_PATH}")
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
            f"    {url}\n\nor run: awsprof login --session {session.name} --device-code"
        )
        webbrowser.open(url)
        code = listener.wait(session)
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


class _Listener(HTTPServer):
    """Waits on 127.0.0.1 for the browser to come back with our state; ignores all else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = secrets.token_urlsafe(32)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http://{self.host}{_PATH}"
        self.code: str | None = None
        self.refusal: str | None = None

    def wait(self, session: SsoSession) -> str:
        """The code. PersonNeeded where none comes, or the person refused."""
        mend = f"awsprof login --session {session.name}, with --device-code where no browser opens"
        deadline = time.monotonic() + _LIMIT
        while self.code is None and self.refusal is None:
            self.timeout = deadline - time.monotonic()
            if self.timeout <= 0:
                raise PersonNeeded("Nobody signed in in the browser in 10 minutes.", mend)
            self.handle_request()
        if self.code is None:
            said = clean(self.refusal or "")
            raise PersonNeeded(f"The sign-in was refused in the browser ({said}).", mend)
        return self.code

    def handle_error(self, *_: Any) -> None:
        """Whoever broke off is no business of the person's."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 5  # seconds for one request: a connection that says nothing keeps nobody out

    def do_GET(self) -> None:
        """The browser, coming back."""
        parts = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        ours = hmac.compare_digest(given.get("state", "").encode(), self.server.state.encode())
        if parts.path != _PATH or self.headers.get("Host") != self.server.host or not ours:
            self.send_error(404)
            return
        if given.get("code"):
            self.server.code = given["code"]
            self._page("You are signed in", "You may close this tab.")
        else:
            self.server.refusal = given.get("error", "no code came")
            self._page("You are not signed in", f"It was refused: {self.server.refusal}")

    def _page(self, title: str, text: str) -> None:
        body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: what comes here bears a code."""
