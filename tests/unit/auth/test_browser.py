"""Signing in with a browser on this machine: a real listener, a browser that follows redirects."""

import http.client
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from awsprof.auth.identity_center import login, pkce, refresh, token_cache
from awsprof.auth.identity_center.portal import Portal
from awsprof.awsapi import loopback
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession
from tests.standins.aws import Aws
from tests.standins.cli_runner import run
from tests.standins.prompter import FakePrompter

BROWSER = """#!{python}
import os, sys, urllib.request
with urllib.request.urlopen(sys.argv[1]) as page, open("{page}.part", "w") as file:
    file.write(page.read().decode())
os.rename("{page}.part", "{page}")
"""


@pytest.fixture
def session(aws: Aws, home: Path) -> SsoSession:
    """A session whose person agrees at once."""
    aws.approve_at_once = True
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    )
    return Catalog.load().session("corp")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the browser leaves what it shows at last."""
    shown = tmp_path / "page.html"
    program = tmp_path / "browser"
    program.write_text(BROWSER.format(python=sys.executable, page=shown))
    program.chmod(0o755)
    # The ampersand has webbrowser not wait for it, as a real one is not waited for.
    monkeypatch.setenv("BROWSER", f"{program} %s &")
    return shown


def test_the_browser_comes_back_and_says_so(session: SsoSession, aws: Aws, page: Path) -> None:
    said = run("login", "--session", "corp").stderr
    assert "in the browser that opens now" in said
    assert "ok signed in to corp until" in said
    deadline = time.monotonic() + 30
    while not page.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "You are signed in" in page.read_text()
    assert "You may close this tab" in page.read_text()
    token = token_cache.load_token(session)
    assert token is not None
    assert token.renewable
    assert Portal(session, token).accounts() == ()


def test_a_duration_that_does_not_apply_is_refused_before_the_browser_opens(
    session: SsoSession, aws: Aws, page: Path, home: Path
) -> None:
    with (home / ".aws" / "config").open("a") as file:
        file.write("[profile dev]\nsso_session = corp\nsso_account_id = 345678901234\n")
        file.write("sso_role_name = ReadOnly\n")
    said = run("login", "dev", "--duration", "90m", code=2).stderr
    assert said.startswith("awsprof: Session options (duration) do not apply to dev")
    assert not page.exists()


def test_a_refusal_in_the_browser_is_told(session: SsoSession, aws: Aws, page: Path) -> None:
    aws.approve_at_once = False
    said = run("login", "--session", "corp", code=4).stderr
    assert "refused in the browser (access_denied)" in said
    assert "--device-code" in said


def test_no_command_is_named_for_a_session_that_is_not_in_the_config_file_yet(
    session: SsoSession, aws: Aws, page: Path
) -> None:
    aws.approve_at_once = False
    unwritten = replace(session, origin=session.origin._replace(line=0))
    person = FakePrompter()
    with pytest.raises(InteractionRequired, match="refused in the browser") as error:
        pkce.sign_in_by_browser(unwritten, person)
    assert error.value.fix == "try it again"
    assert "awsprof login" not in str(person.shown)


def test_a_browser_that_never_comes_back_is_not_waited_for_without_end(
    session: SsoSession, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        """Five minutes go by whenever somebody looks at it."""

        now = 0.0

        def monotonic(self) -> float:
            self.now += 300
            return self.now

    before = login.sign_in(session, FakePrompter(), device_code=True)
    monkeypatch.setenv("BROWSER", "/bin/true")
    monkeypatch.setattr(loopback, "time", Clock())
    with pytest.raises(InteractionRequired, match="within 10 minutes") as error:
        pkce.sign_in_by_browser(session, FakePrompter())
    assert "--device-code" in error.value.fix
    assert token_cache.load_token(session) == before


def get(host: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """The status, and where it leads."""
    client = http.client.HTTPConnection(host, timeout=5)
    try:
        client.request("GET", path, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.headers.get("location", "")
    finally:
        client.close()


def test_whoever_has_no_state_is_ignored(
    session: SsoSession, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody but the browser that we sent can end the sign-in, or put a code of theirs in."""
    monkeypatch.setenv("BROWSER", "/bin/false")
    answers: list[int] = []

    class Attacking(FakePrompter):
        def show(self, message: str) -> None:
            url = next(word for word in message.split() if "/authorize?" in word)
            asked = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
            self.thread = threading.Thread(target=self.come, args=(url, asked))
            self.thread.start()

        def come(self, url: str, asked: dict[str, str]) -> None:
            host = urlsplit(asked["redirect_uri"]).netloc
            state = asked["state"]
            for path, called in (
                ("/oauth/callback?code=theirs&state=theirs", host),
                ("/oauth/callback?code=theirs", host),
                (f"/else?code=theirs&state={state}", host),
                (f"/oauth/callback?code=theirs&state={state}", "evil.example"),
            ):
                answers.append(get(host, path, {"Host": called})[0])
            _, back = get(aws.url.removeprefix("http://"), url.removeprefix(aws.url), {})
            answers.append(get(host, back.removeprefix(f"http://{host}"), {})[0])

    person = Attacking()
    pkce.sign_in_by_browser(session, person)
    person.thread.join()
    assert answers == [404, 404, 404, 404, 200]


@pytest.mark.parametrize(
    ("environment", "possible"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "1 2 3 4"}, False),
        ({"BROWSER": "/bin/true", "SSH_TTY": "/dev/pts/1"}, False),
    ],
    ids=str,
)
def test_where_no_browser_can_come_back_a_code_is_shown(
    environment: dict[str, str],
    possible: bool,
    session: SsoSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert pkce.pkce_possible() is possible
    if not possible:
        person = FakePrompter()
        login.sign_in(session, person)
        assert "ABCD-EFGH" in person.shown[0]


def test_a_token_is_renewed_without_a_person(session: SsoSession, aws: Aws) -> None:
    aws.lasts = 600
    first = login.sign_in(session, FakePrompter(), device_code=True)
    aws.lasts = 28800
    second = refresh.valid_token(session)
    assert second is not None
    assert second.access != first.access
    assert second.expires > datetime.now(UTC) + timedelta(hours=7)
    assert refresh.valid_token(session) == second
    person = FakePrompter()
    assert login.get_token(session, person) == second
    assert person.shown == []


def test_many_threads_use_a_refresh_token_once(session: SsoSession, aws: Aws) -> None:
    aws.lasts = 600
    login.sign_in(session, FakePrompter(), device_code=True)
    aws.lasts = 28800
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(refresh.valid_token(session)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(repr, found))) == 1
    assert aws.calls.count("/token") == 2


def test_a_session_that_ended_asks_for_a_person(session: SsoSession, aws: Aws) -> None:
    aws.lasts = 1
    login.sign_in(session, FakePrompter(), device_code=True)
    aws.forget_clients()
    time.sleep(1.1)
    assert refresh.valid_token(session) is None
    aws.lasts = 28800
    person = FakePrompter()
    assert login.get_token(session, person).expires > datetime.now(UTC)
    assert len(person.shown) == 1


def test_one_sign_in_serves_all_who_wait(session: SsoSession, aws: Aws) -> None:
    aws.approve_at_once = False

    class Slow(FakePrompter):
        def show(self, message: str) -> None:
            super().show(message)
            threading.Timer(0.5, aws.approve).start()

    person = Slow()
    threads = [threading.Thread(target=login.get_token, args=(session, person)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(person.shown) == 1


def test_the_registration_is_kept_and_made_anew_where_it_is_void(
    session: SsoSession, aws: Aws
) -> None:
    login.sign_in(session, FakePrompter(), device_code=True)
    login.sign_in(session, FakePrompter(), device_code=True)
    assert aws.calls.count("/client/register") == 1
    aws.forget_clients()
    login.sign_in(session, FakePrompter(), device_code=True)
    assert aws.calls.count("/client/register") == 2


def test_a_portal_that_is_busy_is_asked_again(session: SsoSession, aws: Aws) -> None:
    token = login.sign_in(session, FakePrompter(), device_code=True)
    aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    aws.broken["/assignment/accounts"] = (429, 2)
    assert len(Portal(session, token).accounts()) == 1


def test_a_portal_that_fails_is_told(
    session: SsoSession, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = login.sign_in(session, FakePrompter(), device_code=True)
    monkeypatch.setattr(time, "sleep", lambda _: None)  # it is asked again, more and more slowly
    aws.broken["/assignment/accounts"] = (500, 99)
    with pytest.raises(AwsprofError) as error:
        Portal(session, token).accounts()
    assert "\n" not in error.value.message
    assert error.value.fix
