"""Runs a call once for all threads of this process that need its result; later callers wait.

For several processes, ``session_fetcher`` does the same with file locks.
"""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import get_ident
from typing import Generic, TypeVar

from awsprof.errors import CredentialsError
from awsprof.fork_safety import ForkSafeLock

_T = TypeVar("_T")


class SingleFlight(Generic[_T]):
    """Results by key. Exceptions are results too, so a failed call is not repeated."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock(self._forget_under_way)
        self._made: dict[Hashable, tuple[Future[_T], int]] = {}

    def _forget_under_way(self) -> None:
        # In a forked child, the threads that had started a call are gone.
        self._made = {key: made for key, made in self._made.items() if made[0].done()}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._made

    def forget(self, matches: Callable[[_T], bool]) -> None:
        """Drops the results that match, so that the next caller runs the call again."""
        with self._lock:
            for key, (future, _) in list(self._made.items()):
                if future.done() and future.exception() is None and matches(future.result()):
                    del self._made[key]

    def of(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Returns the result of ``make``, which only the first caller runs; raises its error."""
        with self._lock:
            first = key not in self._made
            if first:
                self._made[key] = Future(), get_ident()
            future, thread = self._made[key]
        if not first:
            if thread == get_ident() and not future.done():
                raise CredentialsError(
                    "The source profiles form a cycle, through a credential_process.",
                    "awsprof list --tree shows the source profiles",
                    code="process-calls-itself",
                )
            return future.result()
        try:
            future.set_result(make())
        except BaseException as exc:
            future.set_exception(exc)
            raise
        return future.result()
