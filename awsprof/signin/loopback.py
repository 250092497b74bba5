"""A listener on 127.0.0.1 that waits for one browser to come, and a page that it shows there.

Source: RFC 8252, section 7.3 (loopback interface redirection).
"""

import html
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

_LOOK: Final = 0.5  # seconds between looks at the clock
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


class Listener(HTTPServer):
    """Answers on a port of 127.0.0.1 until its handler says that who was waited for has come."""

    def __init__(self, handler: type["Handler"]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.came = False

    def wait(self, seconds: float) -> bool:
        """Answer until somebody came, for so many seconds at most; whether they did."""
        deadline = time.monotonic() + seconds
        while not self.came:
            if time.monotonic() > deadline:
                return False
            self.timeout = _LOOK
            self.handle_request()
        return True

    def handle_error(self, *_: Any) -> None:
        """Whoever broke off is no business of the person's."""


class Handler(BaseHTTPRequestHandler):
    """One request; what it may not ask for is answered with 404."""

    timeout = 5  # seconds for one request: a connection that says nothing keeps nobody out

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
