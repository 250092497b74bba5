"""Many things done at once, each within its time; whoever hangs holds up nobody else."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, TypeVar

_HANDS: Final = 16
_LOOK: Final = 0.1  # seconds between two looks at who takes too long
_T = TypeVar("_T")
_A = TypeVar("_A")


def run_with_deadlines(
    items: Iterable[_T], work: Callable[[_T], _A], *, each: float, until: float
) -> Iterator[tuple[_T, _A | None]]:
    """Each item and what ``work`` gives for it, as they come; None for what takes over ``each``.

    It ends at ``until`` (of time.monotonic), whatever is left. ``work`` raises nothing. Threads
    that hang are left behind, and end with the process.
    """
    waiting = deque(items)
    left = set(waiting)
    began: dict[_T, float] = {}
    answers: SimpleQueue[tuple[_T, _A]] = SimpleQueue()

    def hand() -> None:
        while waiting and time.monotonic() < until:
            try:
                item = waiting.popleft()
            except IndexError:  # another hand took the last one
                return
            began[item] = time.monotonic()
            answers.put((item, work(item)))

    for _ in range(min(_HANDS, len(left))):
        Thread(target=hand, daemon=True).start()
    while left and time.monotonic() < until:
        try:
            item, answer = answers.get(timeout=_LOOK)
        except Empty:
            late = [i for i in left if time.monotonic() - began.get(i, until) > each]
            for item in late:
                left.discard(item)
                Thread(target=hand, daemon=True).start()  # in the place of the one that hangs
                yield item, None
            continue
        if item in left:
            left.discard(item)
            yield item, answer
