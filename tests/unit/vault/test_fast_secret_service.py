"""A secret of the real GNOME Keyring by the short way: what `keyring` reads, or nothing."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import Parser
from keyring.backend import KeyringBackend
from keyring.core import load_keyring

from awsprof.vault import dbus
from awsprof.vault.fast_secret_service import read_unlocked
from tests.standins.secret_service import SecretService

KEY_ID, OTHER_ID = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="peer credentials are Linux's")


def _store() -> KeyringBackend:
    """The backend itself: another test may have made `keyring` choose none in this process."""
    return load_keyring("keyring.backends.SecretService.Keyring")


def read(service: SecretService, user: str = KEY_ID) -> str | None:
    address = service.environment["DBUS_SESSION_BUS_ADDRESS"]
    return read_unlocked(address, "awsprof", user, limit_s=0.5)


def test_it_is_what_keyring_stored(secret_service: SecretService) -> None:
    for user, secret in ((KEY_ID, SECRET), (OTHER_ID, SECRET[::-1]), ("x", "ä€ " * 2000)):
        _store().set_password("awsprof", user, secret)
    _store().set_password("another service", KEY_ID, "another")
    assert read(secret_service) == SECRET
    assert read(secret_service, OTHER_ID) == SECRET[::-1]
    assert read(secret_service, "x") == "ä€ " * 2000
    assert read(secret_service, "y") is None
    _store().set_password("awsprof", KEY_ID, "new")
    assert read(secret_service) == "new"
    _store().delete_password("awsprof", KEY_ID)
    assert read(secret_service) is None


def test_of_two_entries_it_takes_neither(secret_service: SecretService) -> None:
    import secretstorage

    _store().set_password("awsprof", KEY_ID, SECRET)
    connection = secretstorage.dbus_init()
    collection = secretstorage.get_default_collection(connection)
    more = {"username": KEY_ID, "service": "awsprof", "more": "x"}
    collection.create_item("another", more, b"another")
    connection.close()
    assert read(secret_service) is None


def test_locked_frozen_or_gone_it_asks_and_waits_for_nobody(secret_service: SecretService) -> None:
    _store().set_password("awsprof", KEY_ID, SECRET)
    secret_service.lock()
    with secret_service.monitored() as heard:
        assert read(secret_service) is None
        said = heard()
    assert secret_service.locked
    assert "member=Get\n" in said
    assert "member=Unlock" not in said
    assert "member=GetSecret" not in said
    secret_service.unlock()
    assert read(secret_service) == SECRET
    secret_service.freeze()
    start = time.monotonic()
    assert read(secret_service) is None
    assert 0.4 < time.monotonic() - start < 5
    secret_service.thaw()
    secret_service.kill()
    assert read(secret_service) is None
    secret_service.close()
    assert read(secret_service) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("unix:path=/run/user/1000/bus", "/run/user/1000/bus"),
        ("unix:path=/run/x/bus,guid=0123", "/run/x/bus"),
        ("unix:abstract=/tmp/dbus-x,guid=0123", b"\0/tmp/dbus-x"),
        ("unix:path=/tmp/a%20b", None),
        ("unix:path=/a;unix:path=/b", None),
        ("unix:dir=/tmp", None),
        ("tcp:host=127.0.0.1,port=1", None),
        ("unixexec:path=/bin/sh", None),
        ("autolaunch:", None),
        ("", None),
    ],
)
def test_only_a_local_socket_is_asked(address: str, place: str | bytes | None) -> None:
    assert dbus.socket_path(address) == place


@contextmanager
def answering(folder: Path, answer: bytes) -> Iterator[str]:
    """The address of a bus that says the same to everybody, and what it heard in ``folder``."""
    server = socket.socket(socket.AF_UNIX)
    place = os.path.relpath(folder / "bus")  # its whole path may be too long for a socket
    server.bind(place)
    server.listen()

    def serve() -> None:
        try:
            client, _ = server.accept()
            with client:
                client.sendall(answer)
                client.recv(4096)
        except OSError:
            return  # it went before it had all of the answer

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"unix:path={place}"
    finally:
        with socket.socket(socket.AF_UNIX) as last:
            last.connect_ex(place)
        thread.join(10)
        server.close()
        (folder / "bus").unlink()


@given(st.binary(max_size=200), st.booleans())
def test_whatever_a_bus_answers_nothing_is_raised(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, signed_in: bool
) -> None:
    answer = (b"OK 0123\r\n" if signed_in else b"") + data
    with answering(tmp_path_factory.mktemp("bus"), answer) as address:
        assert read_unlocked(address, "awsprof", KEY_ID, limit_s=0.1) is None


def test_another_users_bus_is_told_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)  # the bus is still run by who runs the test
    place = os.path.relpath(tmp_path / "bus")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen()
        assert read_unlocked(f"unix:path={place}", "awsprof", KEY_ID, limit_s=0.1) is None
        client, _ = server.accept()
        with client:
            assert client.recv(100) == b""


@given(st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0"))
       , st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=4))  # fmt: skip
def test_a_message_means_to_others_what_it_means_to_us(texts: dict[str, str]) -> None:
    sent: list[bytes] = []

    class Bus(dbus.SessionBus):
        def __init__(self) -> None:
            self._serial = 6

        def _send(self, data: bytes) -> None:
            sent.append(data)

        def _receive(self) -> tuple[int, int, dbus.Reader]:
            return 2, 7, dbus.Reader(b"")

    to = ("com.example.Name", "/com/example", "com.example.Kind", "Method")
    Bus().call(*to, ("a{ss}", dbus.text_map(texts)))
    Bus().call(*to, ("s", dbus.text("plain")), ("v", dbus.text("x")))
    parser = Parser()
    parser.add_data(b"".join(sent))
    first, second = parser.get_next_message(), parser.get_next_message()
    assert first.body == (texts,)
    assert second.body == ("plain", ("s", "x"))
    assert first.header.serial == 7
    fields = {field.name: value for field, value in first.header.fields.items()}
    assert (fields["destination"], fields["path"]) == to[:2]
    assert (fields["interface"], fields["member"]) == to[2:]
