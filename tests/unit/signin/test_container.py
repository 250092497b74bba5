"""The endpoint that `exec --serve` offers: each question is answered anew, so that jobs renew."""

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from awsprof.errors import PersonNeeded
from awsprof.secret import Secret
from awsprof.signin.container import serving
from awsprof.signin.credentials import Credentials


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

    with serving(renewed) as endpoint:
        first, second = ask(endpoint), ask(endpoint)
    assert (first["AccessKeyId"], first["Expiration"]) == ("ASIA0", "2026-11-26T12:00:00Z")
    assert (second["AccessKeyId"], second["Expiration"]) == ("ASIA1", "2026-11-26T13:00:00Z")
    assert endpoint["AWS_CONFIG_FILE"] == endpoint["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_where_a_person_is_needed_the_child_is_told() -> None:
    def nobody() -> Credentials:
        raise PersonNeeded("The session has ended.", "awsprof login prod", code="sso-token-expired")

    with (
        serving(nobody) as endpoint,
        pytest.raises(urllib.error.HTTPError, match="500") as error,
    ):
        ask(endpoint)
    with error.value as answer:
        said = json.load(answer)
    assert said == {
        "code": "sso-token-expired",
        "message": "The session has ended. awsprof login prod",
    }
