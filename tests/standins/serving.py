"""The stand-in on a port of loopback: requests in, what it says out."""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.standins import organizations, s3
from tests.standins.loopback import Redirect, Refused, Request

if TYPE_CHECKING:
    from tests.standins.aws import Aws


def _answered(aws: Aws, request: Request) -> tuple[int, str, dict[str, str]]:
    json_call = "x-amz-target" in request.headers
    query = request.path == "/" and request.method == "POST" and not json_call
    try:
        if "s3" in s3.scope(request):
            status, text = s3.answer(aws, request)
        elif query:
            status, text = aws.query(request)
        elif json_call:
            status, text = 200, organizations.answer(aws, request)
        else:
            status, text = 200, json.dumps(aws.rest(request))
        aws.answering()
        return status, text, {}
    except Redirect as exc:
        return 302, "", {"location": exc.location}
    except Refused as exc:
        if json_call:
            told = json.dumps({"__type": exc.code, "message": exc.message})
            return exc.status, told, {}
        return exc.status, _told(exc, query), {"x-amzn-ErrorType": exc.code}


def _told(error: Refused, query: bool) -> str:
    if query:
        return (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{error.code}</Code><Message>{error.message}</Message></Error>"
            "<RequestId>0</RequestId></ErrorResponse>"
        )
    if error.status == 200:  # as a hotel's network answers
        return "<html><body>Sign in to the Wi-Fi</body></html>"
    return json.dumps({"error": error.message, "message": error.message})


@contextmanager
def serving(aws: Aws, tls: ssl.SSLContext | None = None) -> Iterator[Aws]:
    """Serve ``aws`` on a port of loopback for a while."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(*_answered(aws, Request(self.command, self.path, headers, body)))

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer

        def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
            data = text.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(timestamp or time.time() + aws.ahead)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    aws.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    ended, end = socket.socketpair()
    thread = threading.Thread(target=_serve, args=(server, ended), daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        end.close()
        thread.join()
        ended.close()
        server.server_close()


def _serve(server: ThreadingHTTPServer, ended: socket.socket) -> None:
    """What serve_forever does, but for its polling: each test would wait for that at its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        selector.register(ended, selectors.EVENT_READ)
        while all(key.fileobj is server for key, _ in selector.select()):
            server.handle_request()
