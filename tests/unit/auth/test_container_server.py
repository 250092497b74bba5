"""The endpoint that `exec --serve` offers: each question is answered anew, so that jobs renew."""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from awsprof import paths
from awsprof.auth.container_server import serve_container_credentials
from awsprof.awsapi.credentials import Credentials
from awsprof.errors import (
    AwsprofError,
    CredentialsError,
    InteractionRequired,
    UnknownProfile,
    VaultError,
)
from awsprof.secret import Secret


def ask(endpoint: dict[str, str]) -> Any:
    token = {"Authorization": endpoint["AWS_CONTAINER_AUTHORIZATION_TOKEN"]}
    url = endpoint["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    with urllib.request.urlopen(urllib.request.Request(url, headers=token)) as answer:
        return json.load(answer)


def test_each_question_is_answered_anew() -> None:
    ends = datetime(2026, 11, 26, 12, tzinfo=UTC)
    made: list[Credentials] = []

    def renewed() -> Credentials:
        end = ends + timedelta(hours=len(made))
        made.append(Credentials(f"ASIA{len(made)}", Secret("x"), Secret("y"), end))
        return made[-1]

    with serve_container_credentials(renewed) as endpoint:
        first, second = ask(endpoint), ask(endpoint)
    assert (first["AccessKeyId"], first["Expiration"]) == ("ASIA0", "2026-11-26T12:00:00Z")
    assert (second["AccessKeyId"], second["Expiration"]) == ("ASIA1", "2026-11-26T13:00:00Z")
    assert endpoint["AWS_CONFIG_FILE"] == endpoint["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_where_a_person_is_needed_the_child_is_told() -> None:
    def nobody() -> Credentials:
        raise InteractionRequired(
            "The session has ended.", "awsprof login prod", code="sso-token-expired"
        )

    with (
        serve_container_credentials(nobody) as endpoint,
        pytest.raises(urllib.error.HTTPError, match="401") as error,
    ):
        ask(endpoint)
    with error.value as answer:
        said = json.load(answer)
    message = "The session has ended. To fix it: awsprof login prod"
    code = "sso-token-expired"
    assert said == {"code": code, "message": message, "Code": code, "Message": message}


def raw(endpoint: dict[str, str], method: str = "GET", path: str = "/", **headers: str) -> Any:
    """Status and answer, with the headers that are given alone."""
    host = endpoint["AWS_CONTAINER_CREDENTIALS_FULL_URI"].split("/")[2]
    asking = http.client.HTTPConnection(host, timeout=30)
    token = endpoint["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    asking.request(method, path, headers={"Authorization": token, **headers})
    with asking.getresponse() as answer:
        return answer.status, json.loads(answer.read() or b"{}")


BARE = Credentials("AKIAIOSFODNN7EXAMPLE", Secret("made up"))


def test_a_token_that_is_absent_stays_absent_but_for_who_gives_up_without() -> None:
    with serve_container_credentials(lambda: BARE) as endpoint:
        for agent in ("aws-sdk-java/2.31", "aws-sdk-rust/1.8", "aws-sdk-go-v2/1.36", "curl/8"):
            assert "Token" not in raw(endpoint, **{"User-Agent": agent})[1]
        assert "Token" not in raw(endpoint)[1]
        for agent in ("python-urllib3/2.8.0", "Python/3.11 aiohttp/3.14.5", "python-httpx/0.28"):
            assert raw(endpoint, **{"User-Agent": agent})[1]["Token"] == ""


def test_what_is_asked_otherwise_is_refused_as_http_has_it() -> None:
    with serve_container_credentials(lambda: BARE) as endpoint:
        assert raw(endpoint, path="/x?y")[0] == 404
        assert raw(endpoint, "POST")[0] == raw(endpoint, "HEAD")[0] == 405
        assert raw(endpoint, Authorization="x")[0] == 403
        assert raw(endpoint, Host="localhost")[0] == 403


def failing(error: AwsprofError) -> Callable[[], Credentials]:
    def fail() -> Credentials:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CredentialsError("Refused.", code="AccessDenied"), 403),
        (CredentialsError("Nobody.", code="EndpointConnectionError"), 503),
        (UnknownProfile("None."), 404),
        (VaultError("Locked."), 500),
    ],
)
def test_sdks_try_again_where_it_may_help_alone(error: AwsprofError, status: int) -> None:
    with serve_container_credentials(failing(error)) as endpoint:
        assert raw(endpoint)[0] == status


def test_five_hundred_at_once_are_answered_by_one_question() -> None:
    made: list[float] = []

    def slow() -> Credentials:
        made.append(time.monotonic())
        time.sleep(0.3)
        return Credentials("ASIA", Secret("x"), Secret("y"), datetime.now(UTC) + timedelta(hours=1))

    with serve_container_credentials(slow) as endpoint:
        with ThreadPoolExecutor(500) as pool:
            answers = [*pool.map(lambda _: raw(endpoint)[0], range(500))]
        assert answers == [200] * 500
        assert len(made) == 1


def test_a_failure_is_told_to_all_who_asked_at_that_time() -> None:
    asked: list[float] = []

    def fail() -> Credentials:
        asked.append(time.monotonic())
        time.sleep(1)
        raise CredentialsError("Refused.", code="AccessDenied")

    with serve_container_credentials(fail) as endpoint:
        with ThreadPoolExecutor(50) as pool:
            assert {*pool.map(lambda _: raw(endpoint)[0], range(50))} == {403}
        assert len(asked) <= 2  # a thread that came late


def test_awsprof_itself_still_finds_the_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_container_credentials(lambda: BARE) as endpoint:
        for name, value in endpoint.items():
            monkeypatch.setenv(name, value)
    assert os.environ["AWS_CONFIG_FILE"] == os.devnull  # as an SDK there finds them
    assert paths.config_file() == home / ".aws" / "config"
    assert paths.credentials_file() == home / ".aws" / "credentials"
    paths.reveal_hidden_files()
    assert os.environ["AWS_CONFIG_FILE"] == str(home / ".aws" / "config")
    assert paths.hidden_file_paths() == {}
    monkeypatch.setenv("AWS_CONFIG_FILE", "/elsewhere")
    paths.reveal_hidden_files()
    assert paths.config_text() == "/elsewhere"
