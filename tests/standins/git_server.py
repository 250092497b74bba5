"""Git repositories by HTTPS with a password, served by git's own http-backend on loopback."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

USER, PASSWORD = "bob", "hunter2hunter2"  # made up


class GitServer:
    """``url`` is where it is; ``redirect`` sends every request elsewhere, if it is set."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"https://127.0.0.1:{port}"
        self.redirect = ""
        self.requests = 0

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
        """What `git http-backend` says to a request, as a CGI program does."""
        path, _, query = path.partition("?")
        env = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": method,
            "REMOTE_USER": USER,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
        }
        words = ["git", "http-backend"]
        return subprocess.run(words, input=body, env=env, capture_output=True, check=True).stdout


@contextmanager
def serving_git(folder: Path, tls: ssl.SSLContext) -> Iterator[GitServer]:
    """Serve the repositories below ``folder`` for a while, to who knows the password."""
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            git.requests += 1
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if git.redirect:
                self._send(302, [("Location", git.redirect + self.path)], b"")
            elif headers.get("authorization") != expected:
                self._send(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            else:
                head, _, data = git.respond(self.command, self.path, headers, body).partition(
                    b"\r\n\r\n"
                )
                lines = [line.partition(": ") for line in head.decode().split("\r\n")]
                found = {name: value for name, _, value in lines}
                status = int(found.pop("Status", "200").split()[0])
                self._send(status, list(found.items()), data)

        do_POST = do_GET

        def _send(self, status: int, headers: list[tuple[str, str]], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    git = GitServer(folder, server.server_address[1])
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield git
    finally:
        server.shutdown()
        server.server_close()
