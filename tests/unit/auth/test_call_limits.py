"""Bounds of a call to AWS, against a server that trickles, sends without end, or says nothing."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from awsprof.awsapi import call_limits, http
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """One that answers each connection by ``speak``."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            speak(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def trickled_head(connection: socket.socket) -> None:
    for byte in HEAD * 100:
        connection.sendall(bytes([byte]))
        time.sleep(0.1)


def trickled_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"<")
        time.sleep(0.1)


def silence(connection: socket.socket) -> None:
    time.sleep(20)


def huge(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def client(url: str, **bounds: Any) -> Any:
    session = botocore.session.Session()
    config = Config(retries={"total_max_attempts": 3}, read_timeout=15)
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "made up"}
    made = session.create_client("sts", "eu-west-1", endpoint_url=url, config=config, **keys)
    return call_limits.limit_client(made, **bounds)


@pytest.mark.parametrize("speak", [trickled_head, trickled_body, silence])
def test_a_call_ends_with_one_sentence_whatever_trickles_in(
    speak: Callable[[socket.socket], None],
) -> None:
    told: list[str] = []
    began = time.monotonic()
    with server(speak) as url:
        calling = client(url, limit_s=3, tell=told.append)
        with pytest.raises(CredentialsError, match="did not answer in full within 3 seconds"):
            calling.get_caller_identity()
    assert time.monotonic() - began < 12  # not three times a wait of 15 seconds
    assert told == [f"Waiting for {url.removeprefix('http://')} ..."]


def test_an_answer_without_end_is_given_up() -> None:
    with (
        server(huge) as url,
        pytest.raises(CredentialsError, match="larger than 16 MB"),
    ):
        client(url).get_caller_identity()


def test_who_answers_over_a_socket_counts_and_a_handler_does_not() -> None:
    result = b"<GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult>"
    body = b"<GetCallerIdentityResponse>%s</GetCallerIdentityResponse>" % result

    def speak(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with server(speak) as url:
        calling = client(url)
        with call_limits.record_calls() as calls:
            calling.get_caller_identity()
        assert call_limits.answered_by_network(calls)
        elsewhere = client("http://sts.example.invalid")
        elsewhere.meta.events.register("before-send", lambda request, **_: redirect(request, url))
        with call_limits.record_calls() as calls:
            elsewhere.get_caller_identity()
    assert not call_limits.answered_by_network(calls)
    assert not call_limits.answered_by_network([])


def redirect(request: Any, url: str) -> None:
    """Send it elsewhere than botocore chose."""
    request.url = f"{url}/"


@pytest.mark.parametrize("speak", [trickled_body, huge])
def test_a_page_that_no_client_asks_for_is_bounded_too(
    speak: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_limits, "LIMIT_S", 1.0)
    monkeypatch.setattr(call_limits, "LARGEST", 2**20)
    began = time.monotonic()
    with server(speak) as url, pytest.raises(CredentialsError) as failed:
        http.fetch(botocore.session.Session(), f"{url}/?secret", LoginTarget("corp"))
    assert failed.value.code in {"too-slow", "no-answer"}
    assert "secret" not in str(failed.value)
    assert time.monotonic() - began < 10
