"""Waiting until other programs have closed a file."""

import pytest

from awsprof.atomic import windows_sharing


def denied(times: int) -> list[BaseException | None]:
    return [PermissionError(13, "Access denied")] * times + [None]


class Call:
    """Raises each error of the list in turn; returns its number of calls once there is none."""

    def __init__(self, errors: list[BaseException | None]) -> None:
        self.errors = errors
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if (error := self.errors[self.calls - 1]) is not None:
            raise error
        return self.calls


def test_a_call_is_repeated_until_nobody_has_the_file_open() -> None:
    assert windows_sharing.retry_denied(Call(denied(3)), 5) == 4


def test_the_last_error_is_raised_after_the_limit() -> None:
    call = Call(denied(100_000))
    with pytest.raises(PermissionError):
        windows_sharing.retry_denied(call, 0.5)
    assert call.calls > 2


def test_other_errors_are_raised_at_once() -> None:
    call = Call([FileNotFoundError(), None])
    with pytest.raises(FileNotFoundError):
        windows_sharing.retry_denied(call, 5)
    assert call.calls == 1
