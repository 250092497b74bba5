"""Signing in by a real browser, and the session's life in other programs' hands after it."""

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import ClassVar

import pytest

from awsprof.awsapi.browser import opener
from tests.interop.clients import installed_client
from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.cli_runner import run, working

FLAGS = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run"


def installed_chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    need(found is not None, "chromium")
    return str(found)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Chromium as the browser of this machine; where it leaves the page that it ends at."""
    chromium = installed_chromium()
    shown, program = tmp_path / "page", tmp_path / "browser"
    program.write_text(
        f"#!/bin/sh\nexec '{chromium}' {FLAGS} --user-data-dir='{tmp_path}/chromium'"
        f" --dump-dom \"$1\" > '{shown}' 2> '{shown}.errors'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{program} %s")
    return shown


class _Console(BaseHTTPRequestHandler):
    """A console that signs in by a cookie, and notes the cookie that each visit brings."""

    brought: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        _, what, name = self.path.split("/") if self.path.count("/") == 2 else ("", "", "")
        if what == "visit":
            self.brought.append((name, self.headers.get("Cookie", "")))
        self.send_response(200)
        if what == "sign-in":
            self.send_header("Set-Cookie", f"session={name}; Path=/; Max-Age=3600")
        self.end_headers()
        self.wfile.write(b"<html>signed in</html>")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def console() -> Iterator[str]:
    _Console.brought.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Console) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_two_chrome_profiles_keep_two_sessions_side_by_side(
    console: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As awsprof starts Chrome: the second console signs nobody out of the first."""
    chromium = installed_chromium()
    ended, program = tmp_path / "ended", tmp_path / "google-chrome"
    program.write_text(
        f"#!/bin/sh\nps -o pid=,pgid= -p $$ >> '{tmp_path}/groups'\n"
        f"'{chromium}' {FLAGS} --user-data-dir='{tmp_path}/chrome' --dump-dom \"$@\""
        f" > /dev/null 2>&1\necho x >> '{ended}'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    names = ("dev", "prod é/2")
    for visits, (what, name) in enumerate(product(("sign-in", "visit"), names), 1):
        opener("chrome-profiles", name)(f"{console}/{what}/{names.index(name)}")
        deadline = time.monotonic() + 60
        while not (ended.exists() and len(ended.read_text().split()) == visits):
            assert time.monotonic() < deadline, "chromium does not end"
            time.sleep(0.1)
    assert _Console.brought == [("0", "session=0"), ("1", "session=1")]
    groups = [line.split() for line in (tmp_path / "groups").read_text().splitlines()]
    assert all(pid == group for pid, group in groups)  # so that a Ctrl-C closes no browser


def text_of(page: Path) -> str:
    deadline = time.monotonic() + 60
    while not (page.exists() and "</html>" in page.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return page.read_text()


def test_a_session_of_a_browser_goes_from_hand_to_hand(
    aws: Aws, home: Path, page: Path, tmp_path: Path
) -> None:
    aws.approve_at_once = True
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    start = ("--start-url", f"{aws.url}/start", "--sso-region", "eu-west-1")
    role = ("--account", "345678901234", "--role", "ReadOnly", "--region", "eu-west-1")
    run("add", "sso", "prod", "--session", "corp", *start, *role, "--no-verify", "--yes")
    aws.lasts = 200  # so that whoever comes next has to renew it

    said = run("login", "prod").stderr
    assert "AWSReservedSSO_ReadOnly" in said
    assert "/device_authorization" not in aws.calls
    shown = text_of(page)
    assert "You are signed in" in shown
    assert "You may close this tab" in shown

    for client in ("AWS CLI 1", "JavaScript"):
        renewed = aws.calls.count("/token")
        answer = installed_client(client, tmp_path).ask(["prod"])["prod"]
        assert "AWSReservedSSO_ReadOnly" in answer.arn, answer.error
        assert aws.calls.count("/token") == renewed + 1
    aws.lasts, renewed = 28800, aws.calls.count("/token")
    given = json.loads(run("credential-process", "prod").stdout)
    assert given["SessionToken"]
    assert len(working()) == 1
    assert aws.calls.count("/token") == renewed + 1
