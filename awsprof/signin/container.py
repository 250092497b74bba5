"""The container credential endpoint on 127.0.0.1: for a child whose credentials must renew.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
"""

import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from awsprof.errors import AwsprofError
from awsprof.signin.credentials import Credentials

_WITHOUT_END: Final = timedelta(hours=1)  # SDKs want an end: a key that has none is asked for anew


@contextmanager
def serving(credentials: Callable[[], Credentials]) -> Iterator[dict[str, str]]:
    """Answer whoever bears our token, for a while; the variables that lead an SDK here.

    ``credentials`` is called for each question. The files are led away from: a ``[default]`` in
    them would come first.
    """
    server = _Server(credentials)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{server.host}/",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": server.token,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, credentials: Callable[[], Credentials]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.credentials = credentials
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
            self._send(403, {"code": "AccessDenied", "message": "not for you"})
            return
        try:
            found = self.server.credentials()
        except AwsprofError as exc:
            self._send(500, {"code": exc.code or "Failed", "message": f"{exc.message} {exc.fix}"})
            return
        expires = found.expires or datetime.now(UTC) + _WITHOUT_END
        body = {
            "AccessKeyId": found.access_key_id,
            "SecretAccessKey": found.secret.reveal(),
            # botocore and the JavaScript SDK want one, and sign without it where it is empty.
            "Token": found.token.reveal() if found.token else "",
            "Expiration": f"{expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        self._send(200, body)

    def _send(self, status: int, body: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""
