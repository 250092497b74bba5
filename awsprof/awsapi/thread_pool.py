"""A thread pool of daemon threads, so that one Ctrl-C ends the command."""

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
    """Up to ``count`` daemon threads, started on demand; a context manager.

    ``concurrent.futures`` joins its threads on exit from the block and again at interpreter exit,
    so a hanging call or prompt would need a Ctrl-C for each. Here, an exception abandons the
    threads, and they end with the process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = 0
        self._futures: list[Future[Any]] = []
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()

    def submit(self, work: Callable[[_T], _A], item: _T) -> Future[_A]:
        """Returns a future of ``work(item)``."""
        future: Future[_A] = Future()
        self._futures.append(future)
        self._waiting.put((future, lambda: work(item)))
        if self._begun < self._count:
            self._begun += 1
            Thread(target=self._run, name="awsprof", daemon=True).start()
        return future

    def map(self, work: Callable[[_T], _A], items: Iterable[_T]) -> list[_A]:
        """Returns ``work(item)`` for each item, in order; a single item runs in this thread."""
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
                future.exception()  # waits for it
            else:
                future.cancel()
        for _ in range(self._begun):
            self._waiting.put(None)
