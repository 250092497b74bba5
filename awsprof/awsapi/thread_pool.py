"""Many things done at once in threads that nobody has to wait for, as one Ctrl-C wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, TypeVar

_T = TypeVar("_T")
_A = TypeVar("_A")


class DaemonPool:
    """``count`` threads for what is submitted, each begun when it is needed.

    ``concurrent.futures`` waits for its threads when it is left, and once more when the process
    ends: a call that hangs, or a prompt that one of them reads, would take a Ctrl-C each. These are
    left behind where an exception ends the block, and end with the process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = 0
        self._futures: list[Future[Any]] = []
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()

    def submit(self, work: Callable[[_T], _A], item: _T) -> Future[_A]:
        """What ``work`` will give for ``item``."""
        future: Future[_A] = Future()
        self._futures.append(future)
        self._waiting.put((future, lambda: work(item)))
        if self._begun < self._count:
            self._begun += 1
            Thread(target=self._run, name="awsprof", daemon=True).start()
        return future

    def map(self, work: Callable[[_T], _A], items: Iterable[_T]) -> list[_A]:
        """What ``work`` gives for each item, in order; one alone is done in this thread."""
        waiting = list(items)
        if len(waiting) == 1:
            return [work(waiting[0])]
        return [future.result() for future in [self.submit(work, item) for item in waiting]]

    def _run(self) -> None:
        while (task := self._waiting.get()) is not None:
            future, work = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as exc:
                future.set_exception(exc)

    def __enter__(self) -> DaemonPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for future in self._futures:
            if kind is None:
                future.exception()  # it is done then
            else:
                future.cancel()
        for _ in range(self._begun):
            self._waiting.put(None)
