"""The listener for a browser: this user is served whatever else comes, and nobody else is."""

from __future__ import annotations

import http.client
import os
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from awsprof import paths
from awsprof.auth import console
from awsprof.auth.identity_center import pkce
from awsprof.awsapi import browser, peer_uid
from awsprof.awsapi.loopback import Listener
from awsprof.errors import InteractionRequired
from tests.requirements import need
from tests.standins.users import SECOND, need_root, python_as

THERE = "http://127.0.0.1:9/there?SigninToken=secret"
ASK = """
import sys, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_): return None
try:
    print(urllib.request.build_opener(Stay).open(sys.argv[1], timeout=5).read())
except urllib.error.HTTPError as exc:
    print(exc.code, exc.headers.get("Location"))
except OSError as exc:
    print("nothing", exc)
"""


def status(listener: Listener, path: str, host: str | None = None) -> tuple[int, str | None]:
    client = http.client.HTTPConnection(listener.host, timeout=5)
    with closing(client):
        client.request("GET", path, headers={"Host": host or listener.host})
        answer = client.getresponse()
        return answer.status, answer.getheader("Location")


def address_of(listener: Listener) -> tuple[str, int]:
    host, port = listener.host.split(":")
    return host, int(port)


def path_of(url: str) -> str:
    return urlsplit(url).path


def test_the_link_is_at_its_own_address_alone() -> None:
    with Listener(console._Forward) as listener:
        url = listener.redirect_url(THERE)
        assert status(listener, "/") == (404, None)
        assert status(listener, path_of(url)[:-1]) == (404, None)
        assert status(listener, "/favicon.ico") == (404, None)
        assert status(listener, path_of(url), "evil.example") == (404, None)
        assert not listener.wait(0)
        assert status(listener, path_of(url)) == (302, THERE)
        assert listener.wait(5)
        assert status(listener, path_of(url)) == (302, THERE)  # a second tab of the same person
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url).close()


def test_connections_that_say_nothing_or_too_much_keep_nobody_out() -> None:
    with Listener(console._Forward) as listener:
        url = listener.redirect_url(THERE)
        silent = [socket.create_connection(address_of(listener)) for _ in range(50)]
        loud = socket.create_connection(address_of(listener))
        loud.sendall(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n")
        odd = socket.create_connection(address_of(listener))
        odd.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")  # TLS
        begun = time.monotonic()
        assert status(listener, path_of(url)) == (302, THERE)
        assert time.monotonic() - begun < 4  # the silent ones are given 5 seconds
        for each in (*silent, loud, odd):
            each.close()


def test_another_user_gets_nothing_and_is_told_of() -> None:
    need_root()
    with Listener(console._Forward) as listener:
        url = listener.redirect_url(THERE)
        assert "secret" not in python_as(SECOND, ASK, url)
        assert python_as(SECOND, ASK, url).startswith("nothing")
        assert not listener.wait(0)
        assert status(listener, path_of(url)) == (302, THERE)
        assert listener.refused_users == f"user ID {SECOND}"


def test_another_user_can_neither_refuse_nor_forge_a_sign_in() -> None:
    need_root()
    with pkce._Listener() as listener:
        for result in ("error=access_denied", "code=theirs"):
            forged = f"{listener.url}?{result}&state={listener.state}"
            assert python_as(SECOND, ASK, forged).startswith("nothing")
            send_and_go = (
                "import socket,sys,urllib.parse as p\nu=p.urlsplit(sys.argv[1])\n"
                "s=socket.create_connection((u.hostname,u.port))\n"
                "s.sendall(f'GET {u.path}?{u.query} HTTP/1.1\\r\\nHost: {u.netloc}\\r\\n\\r\\n'"
                ".encode())\ns.close()"
            )
            python_as(SECOND, send_and_go, forged)
        assert not listener.wait(0.5)
        own = f"{urlsplit(listener.url).path}?code=ours&state={listener.state}"
        assert status(listener, own)[0] == 200
        assert listener.wait(5)
        assert listener.results.get() == {"code": "ours", "state": listener.state}


@pytest.mark.parametrize("silent", ["_uid_by_netlink", "_uid_in_tables"])
def test_an_owner_is_known_by_either_family_of_addresses(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(peer_uid.can_tell_peer(), "/proc/net/tcp")
    monkeypatch.setattr(peer_uid, silent, lambda client, server: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        here = server.getsockname()
        with socket.create_connection(here) as client:
            assert peer_uid.peer_uid(client.getsockname(), here) == os.geteuid()
        mapped = (
            "import socket,sys\ns=socket.socket(socket.AF_INET6)\n"
            "s.connect(('::ffff:127.0.0.1',int(sys.argv[1])))\n"
            "print(s.getsockname()[1],flush=True)\nsys.stdin.read()"
        )
        words = [sys.executable, "-c", mapped, str(here[1])]
        with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as child:
            assert child.stdout is not None
            assert (
                peer_uid.peer_uid(("127.0.0.1", int(child.stdout.readline())), here) == os.geteuid()
            )
        assert peer_uid.peer_uid(("127.0.0.1", 1), here) is None


def test_where_nobody_tells_the_owner_the_address_is_in_a_file_of_one_s_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer_uid, "can_tell_peer", lambda: False)
    before = os.umask(0)
    try:
        with Listener(console._Forward) as listener:
            url = listener.redirect_url(THERE)
            page = Path(urlsplit(url).path)
            assert url.startswith("file://")
            assert stat.S_IMODE(page.stat().st_mode) == 0o600
            assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
            text = page.read_text()
            assert "secret" not in text  # it leads to us, and we lead on
            leads_to = text.split("0; url=")[1].split('"')[0]
            assert status(listener, path_of(leads_to)) == (302, THERE)
        assert not page.parent.exists()
        assert stat.S_IMODE(paths.data_dir().stat().st_mode) == 0o700
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("platform", "own", "hidden"),
    [("win32", "", True), ("darwin", "", True), ("darwin", "firefox", False), ("linux", "", False)],
)
def test_where_an_address_is_hidden_from_others(
    platform: str, own: str, hidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv("BROWSER", own)
    assert browser.hides_address() is hidden
    assert browser.hides_address(as_argument=True) is (platform == "win32")


def test_what_is_no_page_is_not_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BROWSER", f"touch {tmp_path}/opened #%s")
    for url in ("javascript:alert(1)", "--help", "https://a\n.example", "data:text/html,x"):
        browser.open_browser(url)
    time.sleep(0.3)
    assert not (tmp_path / "opened").exists()


def test_many_tabs_get_their_own_answer() -> None:
    with pkce._Listener() as listener:
        own = f"{urlsplit(listener.url).path}?code=c&state={listener.state}"
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(status(listener, own)[0]))
            for _ in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [200] * 30


def test_a_file_that_cannot_be_written_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer_uid, "can_tell_peer", lambda: False)
    monkeypatch.setenv("AWSPROF_HOME", "/proc/none")
    with (
        Listener(console._Forward) as listener,
        pytest.raises(InteractionRequired, match="cannot be written"),
    ):
        listener.redirect_url(THERE)
