"""The stand-in on a port of loopback: requests in, what it says out."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar

from tests.standins.loopback import Redirect, Refused, Request


class Served(Protocol):
    """What is served: STS and IAM by query, Identity Center by rest."""

    url: str
    answering: Callable[[], object]

    def query(self, request: Request) -> tuple[int, str]:
        """STS and IAM."""
        ...

    def rest(self, request: Request) -> Any:
        """Identity Center."""
        ...


_Served = TypeVar("_Served", bound=Served)


@contextmanager
def serving(aws: _Served) -> Iterator[_Served]:
    """Serve ``aws`` on a port of loopback for a while."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body)
            query = self.path == "/" and self.command == "POST"
            try:
                status, text = aws.query(request) if query else (200, json.dumps(aws.rest(request)))
                aws.answering()
                self._send(status, text, {})
            except Redirect as exc:
                self._send(302, "", {"location": exc.location})
            except Refused as exc:
                if query:
                    text = (
                        "<ErrorResponse><Error><Type>Sender</Type>"
                        f"<Code>{exc.code}</Code><Message>{exc.message}</Message></Error>"
                        "<RequestId>0</RequestId></ErrorResponse>"
                    )
                else:
                    text = json.dumps({"error": exc.message, "message": exc.message})
                self._send(exc.status, text, {"x-amzn-ErrorType": exc.code})

        do_GET = do_POST = _answer

        def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
            data = text.encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    aws.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
