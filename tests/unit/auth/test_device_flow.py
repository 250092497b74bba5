"""The wait for a code to be approved: how often AWS is asked, and how the wait ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awsprof.auth.identity_center import device_flow, token_cache
from awsprof.errors import AwsprofError, InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import SsoSession
from tests.standins.aws import Aws, serving
from tests.standins.loopback import Refused, Request
from tests.standins.prompter import FakePrompter

LOGIN = "awsprof login --session corp"


class Scripted(Aws):
    """Answers each call for a token by the next word, and by a token where there is none left."""

    def __init__(self) -> None:
        super().__init__()
        self.approve_at_once = True
        self.script: list[str] = []

    def rest(self, request: Request) -> dict[str, Any]:
        if request.path == "/token" and self.script:
            self.calls.append("/token")
            raise Refused(self.script.pop(0), "scripted", 400)
        return super().rest(request)


class Clock:
    """A clock that goes on only where somebody sleeps; it keeps for how long they did."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """An AWS that keeps to a script."""
    with serving(Scripted()) as running:
        assert isinstance(running, Scripted)
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the wait goes by."""
    made = Clock()
    monkeypatch.setattr(device_flow, "time", made)
    return made


@pytest.fixture
def session(aws: Scripted, home: Path) -> SsoSession:
    """A session at that AWS."""
    text = f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    return Catalog.from_bytes(text.encode(), None).session("corp")


PENDING, SLOW = "AuthorizationPendingException", "SlowDownException"


def test_until_somebody_approves_aws_is_asked_at_its_own_pace(
    session: SsoSession, aws: Scripted, clock: Clock
) -> None:
    aws.script = [PENDING] * 3
    device_flow.sign_in_by_device_code(session, FakePrompter())
    assert aws.calls.count("/token") == 4
    assert clock.slept == [1, 1, 1]  # the interval that AWS gave


def test_where_aws_asks_for_it_every_wait_is_longer_by_five_seconds(
    session: SsoSession, aws: Scripted, clock: Clock
) -> None:
    aws.script = [PENDING, SLOW, PENDING, SLOW, PENDING]
    device_flow.sign_in_by_device_code(session, FakePrompter())
    assert clock.slept == [1, 6, 6, 11, 11]


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("AccessDeniedException", "refused in the browser"),
        ("ExpiredTokenException", "code was not approved in time"),
    ],
)
def test_an_end_without_a_token_is_told_and_leaves_no_file(
    session: SsoSession, aws: Scripted, clock: Clock, ends: str, told: str
) -> None:
    aws.script = [PENDING, ends]
    with pytest.raises(InteractionRequired, match=told) as error:
        device_flow.sign_in_by_device_code(session, FakePrompter())
    assert (error.value.fix, error.value.exit_code) == (LOGIN, 4)
    assert aws.calls.count("/token") == 2
    assert not token_cache.token_path(session).exists()


def test_the_wait_ends_with_the_code_where_nobody_says_anything(
    session: SsoSession, aws: Scripted, clock: Clock
) -> None:
    aws.script = [SLOW] * 1000
    with pytest.raises(InteractionRequired, match="code was not approved in time"):
        device_flow.sign_in_by_device_code(session, FakePrompter())
    assert 600 <= sum(clock.slept) < 700  # AWS said that the code is good for 600 seconds
    assert aws.calls.count("/token") == len(clock.slept)


def test_a_failed_sign_in_leaves_the_token_that_was_there(
    session: SsoSession, aws: Scripted, clock: Clock
) -> None:
    before = device_flow.sign_in_by_device_code(session, FakePrompter())
    aws.script = ["AccessDeniedException"]
    with pytest.raises(InteractionRequired):
        device_flow.sign_in_by_device_code(session, FakePrompter())
    kept = token_cache.live_token(session)
    assert kept is not None
    assert kept.access == before.access


def test_what_aws_says_besides_is_told_in_one_sentence(
    session: SsoSession, aws: Scripted, clock: Clock
) -> None:
    aws.script = ["InvalidClientException"]
    with pytest.raises(AwsprofError, match="InvalidClientException") as error:
        device_flow.sign_in_by_device_code(session, FakePrompter())
    assert "\n" not in error.value.message
    assert error.value.fix
