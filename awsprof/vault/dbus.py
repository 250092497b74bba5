"""Calls on the D-Bus session bus, as few as ``fast_secret_service`` needs.

jeepney, which does all that D-Bus can, takes longer to import than a kept session takes to print.
Here are one method call after the other on a local socket of this user's, and the types that those
calls have. Source: the D-Bus specification ("Message Protocol", "Authentication Protocol").
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False  # importing it from typing would cost 3 ms
if TYPE_CHECKING:
    from _socket import socket

BUS = "org.freedesktop.DBus"
_RETURN, _ERROR = 2, 3  # kinds of messages
_CALL = b"l\1\2\1"  # little-endian, a call that starts no service, version 1
_REPLY_SERIAL = 5  # a field of the header
_HEAD = 16  # bytes before the header's fields
_MOST = 1 << 16  # bytes of a message; those that we expect have some hundred


class BusError(Exception):
    """The bus answered with an error, or with a message that breaks the D-Bus specification."""


def socket_path(address: str) -> str | bytes | None:
    """Returns the Unix socket's path in DBUS_SESSION_BUS_ADDRESS; None for other transports."""
    kind, _, rest = address.partition(":")
    if kind != "unix" or ";" in address or "%" in address:
        return None
    values = dict(part.partition("=")[::2] for part in rest.split(","))
    abstract = values.get("abstract")
    return values.get("path") or (b"\0" + abstract.encode() if abstract else None)


class SessionBus:
    """A connection; all of its calls together end within ``limit_s`` seconds.

    Raises BusError, TimeoutError or another OSError.
    """

    _socket: socket
    _deadline: float
    _serial: int
    _unread: bytes

    def __init__(self, place: str | bytes, limit_s: float) -> None:
        if sys.platform != "linux":
            raise BusError("no peer credentials")
        import _socket

        self._deadline, self._serial, self._unread = time.monotonic() + limit_s, 0, b""
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            self._socket.settimeout(self._left())
            self._socket.connect(place)
            peer = self._socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
            self._sign_in(os.geteuid(), int.from_bytes(peer[4:8], sys.byteorder))
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> SessionBus:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(
        self, name: str, path: str, interface: str, method: str, *arguments: tuple[str, bytes]
    ) -> Reader:
        """Returns the answer's values. An argument is its type and its bytes; v has a text."""
        self._serial += 1
        to = (name, path, interface, method)
        self._send(_message(self._serial, to, arguments))
        while True:
            kind, serial, values = self._receive()
            if serial == self._serial and kind in {_RETURN, _ERROR}:
                if kind == _ERROR:
                    raise BusError(method)
                return values

    def _sign_in(self, user: int, owner: int) -> None:
        if owner != user:
            raise BusError("another user's bus")
        self._send(b"\0AUTH EXTERNAL %s\r\n" % str(user).encode().hex().encode())
        while b"\n" not in self._unread:
            self._unread += self._some()
        line, _, self._unread = self._unread.partition(b"\n")
        if not line.startswith(b"OK "):
            raise BusError("refused")
        self._send(b"BEGIN\r\n")
        self.call(BUS, "/org/freedesktop/DBus", BUS, "Hello")

    def _receive(self) -> tuple[int, int, Reader]:
        """Returns the next message: its kind, the serial of the call it answers, its values."""
        head = self._take(_HEAD)
        body, fields = int.from_bytes(head[4:8], "little"), int.from_bytes(head[12:], "little")
        if head[:1] != b"l" or body > _MOST or fields > _MOST:
            raise BusError("unusual")
        header, serial = Reader(head + self._take(fields + -fields % 8)), 0
        values = Reader(self._take(body))
        header.at = _HEAD
        while header.at < _HEAD + fields:
            header.align(8)
            field, type_ = header.byte(), header.signature()
            if type_ == "u":
                number = header.number()
                serial = number if field == _REPLY_SERIAL else serial
            elif type_ == "g":
                header.signature()
            else:
                header.text()
        return head[1], serial, values

    def _take(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._unread += self._some()
        taken, self._unread = self._unread[:size], self._unread[size:]
        return taken

    def _some(self) -> bytes:
        self._socket.settimeout(self._left())
        data = self._socket.recv(4096)
        if not data:
            raise BusError("closed")
        return data

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(self._left())
        self._socket.sendall(data)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Reader:
    """Reads a message's values in turn; each begins where its type is aligned."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def align(self, size: int) -> None:
        """Skips to the next multiple of ``size`` bytes."""
        self.at += -self.at % size

    def byte(self) -> int:
        """Returns a byte (y)."""
        return self._next(1)[0]

    def number(self) -> int:
        """Returns a number of 4 bytes, or a boolean, or the length of an array (u, b, a)."""
        self.align(4)
        return int.from_bytes(self._next(4), "little")

    def text(self) -> str:
        """Returns a text or a path (s, o)."""
        return self._next(self.number() + 1)[:-1].decode()

    def data(self) -> bytes:
        """Returns an array of bytes (ay)."""
        return self._next(self.number())

    def signature(self) -> str:
        """Returns a signature (g), such as that before a variant's value."""
        return self._next(self.byte() + 1)[:-1].decode()

    def _next(self, size: int) -> bytes:
        part = self._data[self.at : self.at + size]
        if len(part) != size:
            raise BusError("short")
        self.at += size
        return part


def text(value: str) -> bytes:
    """Returns the bytes of a text or a path."""
    data = value.encode()
    return _number(len(data)) + data + b"\0"


def _signature(value: str) -> bytes:
    """Returns the bytes of a signature."""
    return bytes([len(value)]) + value.encode() + b"\0"


def text_map(values: dict[str, str]) -> bytes:
    """Returns the bytes of a map of texts (a{ss}), at the beginning of a message."""
    entries = b""
    for pair in values.items():
        entries = _joined(entries + bytes(-len(entries) % 8), *map(text, pair))
    return _number(len(entries)) + bytes(4) + entries  # each entry begins at a multiple of 8


def _message(
    serial: int, to: tuple[str, str, str, str], arguments: tuple[tuple[str, bytes], ...]
) -> bytes:
    name, path, interface, method = to
    types = "".join(type_ for type_, _ in arguments)
    body = fields = b""
    for type_, data in arguments:
        body = _joined(body + _signature("s") if type_ == "v" else body, data)
    for field, type_, value in (
        (1, "o", text(path)),
        (2, "s", text(interface)),
        (3, "s", text(method)),
        (6, "s", text(name)),
        (8, "g", _signature(types)),
    ):
        fields += bytes(-len(fields) % 8) + bytes([field]) + _signature(type_) + value
    head = _CALL + _number(len(body)) + _number(serial) + _number(len(fields)) + fields
    return head + bytes(-len(head) % 8) + body


def _joined(data: bytes, *values: bytes) -> bytes:
    """Encodes values, each aligned to 4 bytes."""
    for value in values:
        data += bytes(-len(data) % 4) + value
    return data


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")
