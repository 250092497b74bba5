"""Wait until other programs have closed a file, on Windows.

There a file that a program has open cannot be replaced or deleted, and one that is being deleted
cannot be opened: the call fails with "Access denied". Programs that read ``~/.aws`` close it after
milliseconds, a virus scanner after about a second. Other systems have no such rule.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Final, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

_REPLACE_S: Final = 5.0
_OPEN_S: Final = 0.5  # a file without permission to read fails in the same way: do not wait long
_PAUSES: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)  # seconds; the last one repeats


def when_closed(function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Calls a function that replaces or deletes a file, again for up to 5 s while one has it open.

    Raises the last PermissionError then.
    """
    return _retry(lambda: function(*args, **kwargs), _REPLACE_S)


def when_in_place(function: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Calls a function that opens a file, again for up to half a second while it is replaced."""
    return _retry(lambda: function(*args, **kwargs), _OPEN_S)


def _retry(call: Callable[[], _R], limit: float) -> _R:
    if sys.platform != "win32":
        return call()
    return retry_denied(call, limit)


def retry_denied(call: Callable[[], _R], limit: float) -> _R:
    """Calls until it raises no PermissionError, for up to ``limit`` seconds."""
    until = time.monotonic() + limit
    pauses = _pauses()
    while True:
        try:
            return call()
        except PermissionError:
            if time.monotonic() >= until:
                raise
        time.sleep(next(pauses))


def _pauses() -> Iterator[float]:
    yield from _PAUSES
    while True:
        yield _PAUSES[-1]
