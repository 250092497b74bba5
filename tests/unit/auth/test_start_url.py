"""Start URLs of an organization's own: followed over HTTPS, told, and kept as they were given."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from awsprof.auth.identity_center import login, start_url, token_cache
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession
from tests.standins.authority import authority
from tests.standins.aws import Aws
from tests.standins.cli_runner import run
from tests.standins.prompter import FakePrompter

PORTAL = "https://example.awsapps.com/start"
LEADS = {
    "/aws": "/again",
    "/again": f"{PORTAL}/?x=1#/",
    "/gov": "https://start.us-gov-home.awsapps.com/directory/example",
    "/china": "https://start.home.awsapps.cn/directory/example",
    "/new": "https://ssoins-0123456789abcdef.portal.eu-west-1.app.aws",
    "/plain": "http://example.awsapps.com/start",
    "/evil": "https://example.awsapps.com.evil.example/start",
    "/loop": "/loop?",
}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A host of an organization's own, by TLS, whose pages lead elsewhere."""
    context, bundle = authority(tmp_path)

    class Leading(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            to = LEADS.get(self.path.split("?")[0])
            self.send_response(302 if to else 200)
            if to:
                self.send_header("Location", to)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Leading)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def session_at(url: str, home: Path) -> SsoSession:
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text(f"[sso-session corp]\nsso_start_url = {url}\nsso_region = eu-west-1\n")
    return Catalog.load().session("corp")


@pytest.mark.parametrize(
    ("path", "portal"),
    [
        ("/aws", PORTAL),
        ("/gov", LEADS["/gov"]),
        ("/china", LEADS["/china"]),
        ("/new", LEADS["/new"]),
    ],
)
def test_it_is_followed_to_the_portal_of_any_partition(
    host: str, home: Path, path: str, portal: str
) -> None:
    assert start_url.resolve_start_url(session_at(f"{host}{path}", home)) == portal


@pytest.mark.parametrize("path", ["/plain", "/evil", "/loop"])
def test_what_leads_elsewhere_is_refused(host: str, home: Path, aws: Aws, path: str) -> None:
    with pytest.raises(CredentialsError, match=r"not an AWS access portal|could not be reached"):
        login.sign_in(session_at(f"{host}{path}", home), FakePrompter())
    assert aws.calls == []


def test_what_leads_nowhere_and_what_is_aws_s_own_stays(host: str, home: Path) -> None:
    assert start_url.resolve_start_url(session_at(f"{host}/start", home)) == f"{host}/start"
    assert start_url.resolve_start_url(session_at(PORTAL, home)) == PORTAL


def test_where_nobody_answers_it_is_told(home: Path) -> None:
    with pytest.raises(CredentialsError, match="could not be reached") as error:
        start_url.resolve_start_url(session_at("https://127.0.0.1:9/aws", home))
    assert error.value.fix


@pytest.mark.parametrize("url", ["https://[bad/start", "http://[::1/start", "https://a\u2100b/"])
def test_what_is_no_url_is_told_with_the_session(home: Path, aws: Aws, url: str) -> None:
    session_at(url, home)
    said = run("login", "--session", "corp", code=3).stderr
    assert "sso_start_url of the session corp is not a URL" in said
    assert aws.calls == []


def test_the_person_agrees_and_the_url_stays_as_it_was_given(
    host: str, home: Path, aws: Aws
) -> None:
    aws.approve_at_once = True
    session, asked = session_at(f"{host}/aws", home), list[str]()

    def agree(question: str) -> bool:
        asked.append(question)
        return len(asked) > 1

    with pytest.raises(InteractionRequired, match="You did not sign in"):
        login.sign_in(session, FakePrompter(), agree=agree)
    assert aws.calls == []
    login.sign_in(session, FakePrompter(), agree=agree)
    assert asked[0] == f"{host}/aws redirects to {PORTAL}. Is that your access portal?"
    assert aws.start_urls == [PORTAL]
    assert json.loads(token_cache.token_path(session).read_text())["startUrl"] == f"{host}/aws"


def test_a_script_is_not_led_astray(host: str, home: Path, aws: Aws) -> None:
    session_at(f"{host}/aws", home)
    said = run("login", "--session", "corp", code=4).stderr
    assert "no terminal to ask on" in said
    assert aws.calls == []


def test_a_credentials_file_that_botocore_cannot_parse_stops_no_sign_in(
    home: Path, aws: Aws
) -> None:
    aws.approve_at_once = True
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text("this is no line\n")
    start = "https://d-1234567890.awsapps.com/start"
    (home / ".aws" / "config").write_text(
        f"[sso-session corp]\nsso_start_url = {start}\nsso_region = eu-west-1\n"
    )
    session = Catalog.load().session("corp")
    token = login.sign_in(session, FakePrompter(), device_code=True)
    assert token == token_cache.load_token(session)
    assert "arn:aws-cn:" in run("policy", "manage-own-keys", "--partition", "aws-cn").stdout
