"""Waiting until AWS knows a new key everywhere, by a clock of the test's own."""

from collections.abc import Callable

import pytest

from awsprof.accesskeys.propagation import wait_until_accepted
from awsprof.errors import CredentialsError


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def answers(*known: bool) -> Callable[[], int]:
    """A call that goes well, or finds the key unknown; at the end it goes on as it last did."""
    told = 0

    def call() -> int:
        nonlocal told
        told += 1
        if not known[min(told, len(known)) - 1]:
            raise CredentialsError("not known", code="InvalidClientTokenId")
        return told

    return call


def wait(call: Callable[[], int], clock: Clock) -> int:
    return wait_until_accepted(call, now=lambda: clock.now, sleep=clock.sleep)


@pytest.mark.parametrize(
    ("known", "calls"),
    [
        ((True,), 3),
        ((False, False, True), 5),
        ((True, True, False, True), 6),  # one machine knows it, and the next does not
        ((True, False, True, False, True), 7),
    ],
)
def test_it_has_to_go_well_some_times_in_a_row(known: tuple[bool, ...], calls: int) -> None:
    assert wait(answers(*known), Clock()) == calls


def test_it_ends_where_aws_never_knows_it() -> None:
    clock = Clock()
    with pytest.raises(CredentialsError, match="after 90 seconds") as told:
        wait(answers(False), clock)
    assert 90 <= clock.now < 95
    assert "run it again" in told.value.fix


def test_what_is_no_question_of_time_is_told_at_once() -> None:
    clock = Clock()

    def call() -> int:
        raise CredentialsError("wrong", code="SignatureDoesNotMatch")

    with pytest.raises(CredentialsError, match="wrong"):
        wait(call, clock)
    assert clock.now == 0
