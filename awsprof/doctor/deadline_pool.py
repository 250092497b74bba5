"""Runs many calls in parallel, each with a deadline, so that none blocks the others."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Final, Generic, TypeVar

_THREADS: Final = 16
_POLL: Final = 0.1  # seconds between two checks for late items
_T = TypeVar("_T")
_A = TypeVar("_A")


class DeadlinePool(Generic[_T, _A]):
    """Calls ``work`` with each item that is added, in threads of its own, as soon as one is free.

    A call may take ``each`` seconds, and none starts after ``until`` (in time.monotonic). ``work``
    must not raise. Threads that hang are abandoned and end with the process.
    """

    def __init__(self, work: Callable[[_T], _A], *, each: float, until: float) -> None:
        self._work, self._each, self._until = work, each, until
        self._lock = Lock()  # guards the next three
        self._waiting: deque[_T] = deque()
        self._started: dict[_T, float] = {}  # those under way, with their start
        self._threads = 0  # that have not been abandoned
        self._left: set[_T] = set()
        self._answers: SimpleQueue[tuple[_T, _A]] = SimpleQueue()

    def add(self, item: _T) -> None:
        """Adds an item, which must not equal an earlier one."""
        self._left.add(item)
        with self._lock:
            self._waiting.append(item)
            self._start_thread()

    def results(self) -> Iterator[tuple[_T, _A | None]]:
        """Yields each item with its result, as they finish; None after ``each`` seconds.

        Stops at ``until``, even with items left.
        """
        while self._left and time.monotonic() < self._until:
            try:
                item, answer = self._answers.get(timeout=_POLL)
            except Empty:
                for late in self._abandon_late():
                    self._left.discard(late)
                    yield late, None
                continue
            self._left.discard(item)
            yield item, answer
        while not self._answers.empty():  # that came at the last moment
            yield self._answers.get()

    def _abandon_late(self) -> list[_T]:
        """Has other threads replace those that hang; returns their items."""
        with self._lock:
            now = time.monotonic()
            late = [item for item, start in self._started.items() if now - start > self._each]
            for item in late:
                del self._started[item]
                self._threads -= 1
                self._start_thread()
        return late

    def _start_thread(self) -> None:
        if self._waiting and self._threads < _THREADS:
            self._threads += 1
            Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or time.monotonic() >= self._until:
                    self._threads -= 1
                    return
                item = self._waiting.popleft()
                self._started[item] = time.monotonic()
            answer = self._work(item)
            with self._lock:
                if item not in self._started:  # abandoned
                    return
                del self._started[item]
                self._answers.put((item, answer))
