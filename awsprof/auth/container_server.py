"""The container credential endpoint on 127.0.0.1: for a child whose credentials must renew.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from awsprof import paths
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.network import is_network_error
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired, UsageError

_WITHOUT_END: Final = timedelta(hours=1)  # SDKs want an end: a key that has none is asked for anew
_FRESH_S: Final = 5.0  # an answer that is younger is given to all who ask
_LONGEST_S: Final = 300.0  # one that is older is not given while a new one is made
_SOON: Final = timedelta(minutes=15)  # SDKs ask anew with so much left
_AT_ONCE: Final = 1024  # connections that may wait to be accepted


@contextmanager
def serve_container_credentials(credentials: Callable[[], Credentials]) -> Iterator[dict[str, str]]:
    """Answer whoever bears our token, for a while; the variables that lead an SDK here.

    ``credentials`` is called where what was given last is no more of just now. The files are led
    away from: a ``[default]`` in them would come first. awsprof itself still finds them.
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
    """What is answered: the last credentials while they are of just now, and made by one thread."""

    def __init__(self, make: Callable[[], Credentials]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._last: Credentials | None = None
        self._failed: AwsprofError | None = None
        self._at = 0.0

    def get(self) -> Credentials:
        """The credentials; AwsprofError where there are none, to all who asked at that time."""
        asked = time.monotonic()
        last, age = self._last, asked - self._at
        if last is not None and _lives(last) and age < _LONGEST_S:
            if age >= _FRESH_S and self._making.acquire(blocking=False):
                threading.Thread(target=self._renew, daemon=True).start()
            return last
        with self._making:
            if self._at >= asked and self._failed is not None:
                raise self._failed
            if self._last is None or not _lives(self._last) or self._at < asked:
                self._made()
            assert self._last is not None  # noqa: S101  # _made raises else
            return self._last

    def _renew(self) -> None:
        try:
            with suppress(AwsprofError):  # it is told when the last ones end
                self._made()
        finally:
            self._making.release()

    def _made(self) -> None:
        try:
            self._last, self._failed = self._make(), None
        except AwsprofError as exc:
            self._failed = exc
            raise
        finally:
            self._at = time.monotonic()


def _lives(found: Credentials) -> bool:
    return found.expires is None or found.expires - datetime.now(UTC) > _SOON


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = _AT_ONCE

    def __init__(self, credentials: Callable[[], Credentials]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = _Answers(credentials)
        self.token = secrets.token_urlsafe(32)
        self.host = f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """A child that went away in between is no business of the person's."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10  # seconds for a request to come in

    def do_GET(self) -> None:
        """The question of an SDK."""
        given = self.headers.get("Authorization", "").encode()
        ours = hmac.compare_digest(given, self.server.token.encode())
        if not ours or self.headers.get("Host") != self.server.host:
            self._refuse(403, "AccessDenied", "not for you")
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
        self._refuse(405, "MethodNotAllowed", "credentials are had by GET", Allow="GET")

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _other

    def _refuse(self, status: int, code: str, message: str, **headers: str) -> None:
        # Go reads them in lower case, JavaScript in upper case.
        told = {"code": code, "message": message, "Code": code, "Message": message}
        self._send(status, told, **headers)

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
        """Nothing."""


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


def _wants_token(headers: Any) -> bool:
    """Whether the SDK gives up an answer without a token, even of a key that has none.

    botocore and the JavaScript SDK do, and sign without it where it is empty; Java and Rust would
    sign an empty one, which AWS refuses. Neither of the two says its name: botocore has urllib3's,
    and JavaScript's is the one that has none and keeps the connection.
    """
    agent = headers.get("User-Agent")
    if agent is not None:
        return str(agent).startswith("python-urllib3/")
    plain = "Accept-Encoding" not in headers and "Accept" not in headers
    return plain and bool(headers.get("Connection") == "keep-alive")


def _status(exc: AwsprofError) -> int:
    """SDKs try again at 5xx: where that may help, and nobody is asked again by it."""
    if isinstance(exc, InteractionRequired):
        return 401
    if isinstance(exc, UsageError):
        return 404
    if isinstance(exc, CredentialsError):
        return 503 if is_network_error(exc) else 403
    return 500
