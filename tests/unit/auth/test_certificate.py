"""Certificates and proxies: who stands between us and AWS, by a real TLS server and a proxy."""

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError

from awsprof.awsapi import botocore_sessions
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.certificate import issuer_of
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import AwsprofError
from awsprof.secret import Secret
from tests.standins.authority import ISSUER, authority
from tests.standins.proxy import leading_to

AWS = "https://sts.eu-west-1.amazonaws.com"
HERE = "127.0.0.1"


# Python's own HTTPServer leaves the socket of a handshake that failed to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A server whose certificate is by a company's own CA."""
    context, _ = authority(tmp_path)
    made = HTTPServer((HERE, 0), BaseHTTPRequestHandler)
    made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield HERE, made.server_address[1]
    made.shutdown()
    made.server_close()
    thread.join()


def said(url: str, monkeypatch: pytest.MonkeyPatch) -> AwsprofError:
    """What is told of a call to AWS at ``url``."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", url)
    key = Credentials("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    client = botocore_sessions.make_client(
        botocore_sessions.botocore_session(None), "sts", key, "eu-west-1"
    )
    with pytest.raises(BotoCoreError) as caught:
        client.get_caller_identity()
    return translate_error(caught.value, profile="p")


def test_the_issuer_of_what_a_server_shows(server: tuple[str, int]) -> None:
    assert issuer_of(*server) == ISSUER


def test_no_server_no_tls_and_no_answer_have_no_issuer(
    monkeypatch: pytest.MonkeyPatch, server: tuple[str, int]
) -> None:
    with socket.create_server((HERE, 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        assert issuer_of(HERE, port, timeout=0.2) is None
        assert time.monotonic() - began < 5
    assert issuer_of(HERE, port) is None  # closed now
    monkeypatch.setenv("HTTPS_PROXY", "http://[nonsense")
    assert issuer_of("aws.example", 443) is None


def test_an_unknown_ca_is_named_and_verification_stays_on(
    server: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = said(f"https://{HERE}:{server[1]}", monkeypatch)
    assert f"It was issued by {ISSUER}." in told.message
    assert "AWS_CA_BUNDLE" in told.fix
    assert "ca_bundle in each profile" in told.fix
    assert "verif" not in told.message + told.fix


def test_through_a_proxy_both_are_named_and_its_password_is_not(
    server: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with leading_to(server, "alice:hunter2") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://alice:hunter2@{proxy.address}")
        told = said(AWS, monkeypatch)
    assert f"through the proxy {proxy.address}. It was issued by {ISSUER}." in told.message
    assert "hunter2" not in told.message + told.fix
    assert {*proxy.asked} == {"sts.eu-west-1.amazonaws.com:443"}


def test_a_proxy_that_wants_a_password(
    server: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with leading_to(server, "alice:hunter2") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://alice:wrong@{proxy.address}")
        told = said(AWS, monkeypatch)
    assert told.message == f"The proxy {proxy.address} requires a user name and a password (407)."
    assert "alice" not in told.message + told.fix


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://alice:hunter2@127.0.0.1:1")
    told = said(AWS, monkeypatch)
    assert told.message == "The proxy 127.0.0.1:1 cannot be reached."
    assert "HTTPS_PROXY" in told.fix


@pytest.mark.parametrize("text", [None, "no certificate at all"], ids=["missing", "damaged"])
def test_a_ca_file_that_cannot_be_used_is_told_as_such(
    text: str | None, server: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    if text:
        bundle.write_text(text)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    told = said(f"https://{HERE}:{server[1]}", monkeypatch)
    assert "CA file that is set cannot be read" in told.message
    assert "AWS_CA_BUNDLE" in told.fix


def test_a_certificate_of_another_host(
    server: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with leading_to(server) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        told = said(AWS, monkeypatch)
    assert "has the certificate of another host" in told.message


def test_no_network_is_told_without_the_names_of_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    first, second = said(AWS, monkeypatch), said(AWS.replace("eu-west", "us-east"), monkeypatch)
    assert first.code == "no-network"
    assert (first.message, first.fix) == (second.message, second.fix)
    other = said("https://aws.example", monkeypatch)
    assert other.code == "EndpointConnectionError"
    assert "aws.example: the host name does not exist" in other.message
