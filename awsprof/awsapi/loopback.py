"""A listener on 127.0.0.1 that serves the browser of this user, and nobody else.

The browser is sent to an address of ours, which leads it on: what signs somebody in stands in no
list of processes. Where the system tells whose a connection is, only this user's are answered;
where it does not, the address is handed over in a file that only this user can read, unless the
browser gets it in a way that others cannot see.

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

_LOOK: Final = 0.5  # seconds between looks at the clock
_POLL: Final = 0.1  # seconds until the server sees that it is to end
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
_LEADING: Final = (
    _HEAD
    + """<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}"></head>
<body><p><a href="{url}">Go on</a></p></body></html>
"""
)


class Listener(ThreadingHTTPServer):
    """Answers this user on a port of 127.0.0.1, from ``with`` until its end.

    Each connection has its own thread, so that one that says nothing keeps nobody out. A handler
    calls ``arrived`` when whoever was waited for has come; later ones are answered as well.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.forwards: dict[str, str] = {}
        self._strangers: set[int] = set()
        self._came = threading.Event()
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
    def strangers(self) -> str:
        """The other users of this machine who tried to connect; empty where nobody did."""
        return ", ".join(peer_uid.user_name(uid) for uid in sorted(self._strangers))

    def arrived(self) -> None:
        """Whoever was waited for has come, and was answered."""
        self._came.set()

    def wait(self, seconds: float) -> bool:
        """Wait until somebody arrived, for so many seconds at most; whether they did."""
        deadline = time.monotonic() + seconds
        while not self._came.wait(_LOOK):
            if time.monotonic() > deadline:
                return False
        return True

    def lead(self, to: str) -> str:
        """What to start the browser with, so that it is led to ``to``, which nobody else learns.

        InteractionRequired where the file that this takes cannot be written.
        """
        path = f"/{secrets.token_urlsafe(32)}"
        self.forwards[path] = to
        url = f"http://{self.host}{path}"
        if peer_uid.can_tell_peer() or browser.hides_address():
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
                file.write(_LEADING.format(url=html.escape(url)))
        except OSError as exc:
            raise InteractionRequired(
                f"The page that leads the browser on cannot be written: {exc.strerror}.",
                f"make {paths.display_path(paths.data_dir())} a folder that you can write",
            ) from exc
        return page

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether the connection is of this user; who else tried is noted."""
        if sys.platform == "win32" or not peer_uid.can_tell_peer():
            return True
        uid = peer_uid.peer_uid(client_address, ("127.0.0.1", self.server_port))
        if uid == os.geteuid():
            return True
        if browser.in_wsl() and uid in {None, 0}:
            return True  # Windows' browser comes through root's relay, or as nobody's socket
        if uid is not None:
            self._strangers.add(uid)
        return False

    def handle_error(self, *_: Any) -> None:
        """Whoever broke off is no business of the person's."""


class Handler(BaseHTTPRequestHandler):
    """One request: an address that leads on, or what a subclass answers; 404 for all else."""

    server: Listener
    timeout = 5  # seconds that a connection may say nothing

    def do_GET(self) -> None:
        """Answer a browser; requests that name another host are not meant for us."""
        if self.headers.get("Host") != self.server.host:
            self.send_error(404)
            return
        # Each character of a token is random: which one differs tells nothing of use.
        leads_to = self.server.forwards.get(self.path)
        if leads_to is not None:
            self._forward(leads_to)
        elif not self.answer(urlsplit(self.path)):
            self.send_error(404)

    def answer(self, url: SplitResult) -> bool:
        """Answer another path than those that lead on; False where there is no such."""
        return False

    def forwarded(self) -> None:
        """The browser was led on."""

    def _forward(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.forwarded()

    def page(self, title: str, text: str) -> None:
        """Show a page with a title and a sentence."""
        body = _PAGE.format(title=html.escape(title), text=html.escape(text)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: what comes here bears a code."""
