"""A company's proxy on loopback, which leads every CONNECT to one server, whatever its name."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """The proxy; ``asked`` are the hosts that somebody wanted to get to."""

    def __init__(self, to: tuple[str, int], password: str | None) -> None:
        self._to = to
        self._wanted = base64.b64encode(password.encode()).decode() if password else ""
        self.asked: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        """Answer until the listener is closed."""
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(near,), daemon=True).start()

    def _answer(self, near: socket.socket) -> None:
        with near:
            head = b""
            while b"\r\n\r\n" not in head:
                more = near.recv(4096)
                if not more:
                    return
                head += more
            text = head.decode()
            self.asked.append(text.split(" ")[1])
            if self._wanted not in text:
                near.sendall(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nConnection: close\r\n"
                    b'Proxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n'
                )
                return
            with socket.create_connection(self._to) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_carry, args=(far, near), daemon=True)
                back.start()
                _carry(near, far)
                back.join()


def _carry(from_: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := from_.recv(65536):
            to.sendall(data)
    with suppress(OSError):
        to.shutdown(socket.SHUT_WR)


@contextmanager
def leading_to(to: tuple[str, int], password: str | None = None) -> Iterator[Proxy]:
    """A proxy for a while; ``password`` is "name:password", where it wants one."""
    proxy = Proxy(to, password)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
        thread.join()
