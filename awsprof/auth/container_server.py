"""A container credentials endpoint on 127.0.0.1, for a child whose credentials must renew.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

import hmac
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from awsprof import paths
from awsprof.awsapi import peer_uid
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.network import is_network_error
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired, UsageError
from awsprof.session_margins import RENEW_BEFORE_S

_WITHOUT_END: Final = timedelta(hours=1)  # expiration reported for a key that does not expire
_FRESH_S: Final = 5.0  # credentials younger than this are not refreshed
_LONGEST_S: Final = 300.0  # credentials older than this wait for the refresh
_AT_ONCE: Final = 1024  # length of the accept queue


@contextmanager
def serve_container_credentials(credentials: Callable[[], Credentials]) -> Iterator[dict[str, str]]:
    """Serves credentials to holders of a token who run as this user or root.

    Yields the environment variables for an SDK.

    ``credentials`` is called when the last ones need a refresh. The variables hide both config
    files from the SDK, since a ``[default]`` profile would take precedence; awsprof still reads
    them.
    """
    server = _Server(credentials)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{server.host}/",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": server.token,
            **paths.hiding_variables(),
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answers:
    """The last credentials, refreshed by one thread at a time."""

    def __init__(self, make: Callable[[], Credentials]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._last: Credentials | None = None
        self._failed: AwsprofError | None = None
        self._at = 0.0

    def get(self) -> Credentials:
        """Returns the credentials. An AwsprofError is raised to all that waited for the refresh."""
        asked_at = time.monotonic()
        last, age = self._last, asked_at - self._at
        if last is not None and _lives(last) and age < _LONGEST_S:
            if age >= _FRESH_S and self._making.acquire(blocking=False):
                self._renew_beside()
            return last
        with self._making:
            if self._at >= asked_at and self._failed is not None:
                raise self._failed
            if self._last is None or not _lives(self._last) or self._at < asked_at:
                self._fetch()
            assert self._last is not None  # noqa: S101  # _fetch set it, or raised
            return self._last

    def _renew_beside(self) -> None:
        try:
            threading.Thread(target=self._renew, daemon=True).start()
        except RuntimeError:  # no thread can be started: the last credentials serve until they end
            self._making.release()

    def _renew(self) -> None:
        try:
            with suppress(AwsprofError):  # it is raised when the last credentials expire
                self._fetch()
        finally:
            self._making.release()

    def _fetch(self) -> None:
        try:
            self._last, self._failed = self._make(), None
        except AwsprofError as exc:
            self._failed = exc
            raise
        finally:
            self._at = time.monotonic()


def _lives(found: Credentials) -> bool:
    if found.expires is None:
        return True
    return (found.expires - datetime.now(UTC)).total_seconds() > RENEW_BEFORE_S


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = _AT_ONCE

    def __init__(self, credentials: Callable[[], Credentials]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = _Answers(credentials)
        self.token = secrets.token_urlsafe(32)
        self.host = f"127.0.0.1:{self.server_address[1]}"

    def is_for(self, client: tuple[str, int]) -> bool:
        """Returns False if another user connected, as far as the system tells; root may."""
        if sys.platform == "win32" or not peer_uid.can_tell_peer():
            return True
        uid = peer_uid.peer_uid(client, ("127.0.0.1", self.server_port))
        return uid in {None, 0, os.geteuid()}

    def handle_error(self, *_: Any) -> None:
        """Prints nothing: a child that disconnects does not matter to you."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # seconds to receive a request

    def do_GET(self) -> None:
        """Answers an SDK's request for credentials."""
        given = self.headers.get("Authorization", "").encode()
        ours = hmac.compare_digest(given, self.server.token.encode())
        if not ours or self.headers.get("Host") != self.server.host:
            self._refuse(403, "AccessDenied", "wrong token or Host header")
            return
        if not self.server.is_for(self.client_address):
            self._refuse(403, "AccessDenied", "awsprof exec --serve answers its own user alone")
            return
        if self.path != "/":
            self._refuse(404, "NotFound", "credentials are at /")
            return
        try:
            found = self.server.answers.get()
        except AwsprofError as exc:
            self._refuse(_status(exc), exc.code or "Failed", exc.line)
            return
        self._send(200, _body(found, self.headers))

    def _other(self) -> None:
        self._refuse(405, "MethodNotAllowed", "use GET", Allow="GET")

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _other

    def _refuse(self, status: int, code: str, message: str, **headers: str) -> None:
        # Go reads them in lower case, JavaScript in upper case.
        body = {"code": code, "message": message, "Code": code, "Message": message}
        self._send(status, body, **headers)

    def _send(self, status: int, body: dict[str, str], **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Logs nothing."""


def _body(found: Credentials, headers: Any) -> dict[str, str]:
    expires = found.expires or datetime.now(UTC) + _WITHOUT_END
    body = {
        "AccessKeyId": found.access_key_id,
        "SecretAccessKey": found.secret.reveal(),
        "Expiration": f"{expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if found.token is not None:
        body["Token"] = found.token.reveal()
    elif _wants_token(headers):
        body["Token"] = ""
    if found.account:
        body["AccountId"] = found.account
    return body


_PYTHON_LIBRARIES = ("python-urllib3/", "aiohttp/", "python-httpx/")


def _wants_token(headers: Any) -> bool:
    """Returns True if the SDK requires a Token field even for a key without one.

    botocore and the JavaScript SDK do, and sign without an empty token; Java would sign with it,
    which AWS rejects. (So would Rust, which rejects an answer without one too: it cannot take such
    a key from an endpoint.) No SDK sends its name: botocore sends the User-Agent of urllib3, in
    aiobotocore that of aiohttp or httpx; only JavaScript sends none and keeps the connection alive.
    """
    agent = headers.get("User-Agent")
    if agent is not None:
        return any(library in str(agent) for library in _PYTHON_LIBRARIES)
    plain = "Accept-Encoding" not in headers and "Accept" not in headers
    return plain and bool(headers.get("Connection") == "keep-alive")


def _status(exc: AwsprofError) -> int:
    """Returns the HTTP status: 5xx, which SDKs retry, only if a retry may help and asks nobody."""
    if isinstance(exc, InteractionRequired):
        return 401
    if isinstance(exc, UsageError):
        return 404
    if isinstance(exc, CredentialsError):
        return 503 if is_network_error(exc) else 403
    return 500
