"""Runs many calls in parallel, each with a deadline, so that none blocks the others."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, TypeVar

_THREADS: Final = 16
_POLL: Final = 0.1  # seconds between two checks for late items
_T = TypeVar("_T")
_A = TypeVar("_A")


def run_with_deadlines(
    items: Iterable[_T], work: Callable[[_T], _A], *, each: float, until: float
) -> Iterator[tuple[_T, _A | None]]:
    """Yields each item with the result of ``work``, as they finish; None after ``each`` seconds.

    Stops at ``until`` (in time.monotonic), even with items left. ``work`` must not raise. Threads
    that hang are abandoned and end with the process.
    """
    waiting = deque(items)
    left = set(waiting)
    started: dict[_T, float] = {}
    answers: SimpleQueue[tuple[_T, _A]] = SimpleQueue()

    def run() -> None:
        while waiting and time.monotonic() < until:
            try:
                item = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            started[item] = time.monotonic()
            answers.put((item, work(item)))

    for _ in range(min(_THREADS, len(left))):
        Thread(target=run, daemon=True).start()
    while left and time.monotonic() < until:
        try:
            item, answer = answers.get(timeout=_POLL)
        except Empty:
            late = [i for i in left if time.monotonic() - started.get(i, until) > each]
            for item in late:
                left.discard(item)
                Thread(target=run, daemon=True).start()  # replaces the thread that hangs
                yield item, None
            continue
        if item in left:
            left.discard(item)
            yield item, answer
