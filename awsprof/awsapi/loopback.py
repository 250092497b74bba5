"""A listener on 127.0.0.1 that answers only the browser of this user.

The browser opens a loopback URL that redirects to the sign-in URL, so the sign-in URL is not in the
process list. If the system tells which user a connection belongs to, other users are refused.
Otherwise the loopback URL is passed in a file that only this user can read, unless other users
cannot see the browser's arguments.

Source: RFC 8252, section 7.3 (loopback interface redirection).
"""

import html
import os
import secrets
import shutil
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from awsprof import paths
from awsprof.awsapi import browser, peer_uid
from awsprof.errors import InteractionRequired

_LOOK: Final = 0.5  # seconds between checks of the deadline
_POLL: Final = 0.1  # seconds until the server notices a shutdown
_HEAD: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>awsprof</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
"""
_PAGE: Final = (
    _HEAD
    + """<style>
:root {{ color-scheme: light dark }}
body {{ font: 18px/1.5 system-ui, sans-serif; display: grid; place-items: center;
  min-height: 90vh; margin: 0 1.5rem; text-align: center }}
h1 {{ font-size: 1.6rem; margin: 0 }} p {{ margin: .5rem 0; opacity: .75 }}
</style></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body></html>
"""
)
_REDIRECT_PAGE: Final = (
    _HEAD
    + """<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}"></head>
<body><p><a href="{url}">Go on</a></p></body></html>
"""
)


class Listener(ThreadingHTTPServer):
    """An HTTP server on a free port of 127.0.0.1; a context manager that serves while entered.

    Each connection has its own thread, so a silent one does not block the others. A handler calls
    ``mark_done`` when it has the request that ``wait`` waits for; later requests are answered too.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.forwards: dict[str, str] = {}
        self._refused_users: set[int] = set()
        self._done = threading.Event()
        self._ending = ExitStack()

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self.serve_forever, args=(_POLL,), daemon=True)
        thread.start()
        self._ending.callback(self.server_close)
        self._ending.callback(self.shutdown)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.close()

    @property
    def refused_users(self) -> str:
        """The other users of this machine who tried to connect, comma-separated; may be empty."""
        return ", ".join(peer_uid.user_name(uid) for uid in sorted(self._refused_users))

    def mark_done(self) -> None:
        """Ends ``wait``: the expected request was answered."""
        self._done.set()

    def wait(self, seconds: float) -> bool:
        """Waits up to ``seconds`` for ``mark_done``; returns True if it was called."""
        deadline = time.monotonic() + seconds
        while not self._done.wait(_LOOK):
            if time.monotonic() > deadline:
                return False
        return True

    def redirect_url(self, to: str, *, as_argument: bool = False) -> str:
        """Returns the URL to open so that the browser is redirected to ``to``, unseen by others.

        ``as_argument``: the browser gets the URL as an argument (browser.hides_address).
        Raises InteractionRequired if the file for it cannot be written.
        """
        path = f"/{secrets.token_urlsafe(32)}"
        self.forwards[path] = to
        url = f"http://{self.host}{path}"
        if peer_uid.can_tell_peer() or browser.hides_address(as_argument=as_argument):
            return url
        return self._file(url).as_uri()

    def _file(self, url: str) -> Path:
        try:
            paths.data_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="sign-in-", dir=paths.data_dir()))  # 0700
            self._ending.callback(shutil.rmtree, folder, ignore_errors=True)
            page = folder / "sign-in.html"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with open(os.open(page, flags, 0o600), "w") as file:  # noqa: PTH123  # a descriptor
                file.write(_REDIRECT_PAGE.format(url=html.escape(url)))
        except OSError as exc:
            raise InteractionRequired(
                f"The redirect page cannot be written: {exc.strerror}.",
                f"make {paths.display_path(paths.data_dir())} a folder that you can write",
            ) from exc
        return page

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Returns True if the connection is from this user; records other users."""
        if sys.platform == "win32" or not peer_uid.can_tell_peer():
            return True
        uid = peer_uid.peer_uid(client_address, ("127.0.0.1", self.server_port))
        if uid == os.geteuid():
            return True
        if browser.in_wsl() and uid in {None, 0}:
            # Windows' browser connects through root's relay, or a socket without an owner.
            return True
        if uid is not None:
            self._refused_users.add(uid)
        return False

    def handle_error(self, *_: Any) -> None:
        """Prints nothing: a connection that breaks off does not matter to you."""


class Handler(BaseHTTPRequestHandler):
    """Handles a request: a redirect, or what a subclass answers, or 404."""

    server: Listener
    timeout = 5  # seconds without data on a connection

    def do_GET(self) -> None:
        """Answers a GET; 404 if its Host header is not this server (DNS rebinding)."""
        if self.headers.get("Host") != self.server.host:
            self.send_error(404)
            return
        # The token is random, so the timing of this lookup reveals nothing useful.
        target = self.server.forwards.get(self.path)
        if target is not None:
            self._forward(target)
        elif not self.answer(urlsplit(self.path)):
            self.send_error(404)

    def answer(self, url: SplitResult) -> bool:
        """Answers a path that is not a redirect; returns False for an unknown path."""
        return False

    def forwarded(self) -> None:
        """Notes that a redirect was sent."""

    def _forward(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.forwarded()

    def page(self, title: str, text: str) -> None:
        """Sends an HTML page with a title and a sentence."""
        body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Logs nothing: request paths contain authorization codes."""
