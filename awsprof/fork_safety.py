"""Locks that do not stay locked in a forked child, and a lazy attribute built on them.

A forked child has only the thread that forked; a lock held by another thread stays locked for ever.
So do the locks of ``functools.cached_property``, one per class up to Python 3.11.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Generic, TypeVar, overload

_T = TypeVar("_T")


class ForkSafeLock:
    """A reentrant thread lock. A forked child finds it free unless the forking thread held it.

    ``on_fork`` is called in the child to reset what the lock guards and a lost thread had begun.
    """

    def __init__(self, on_fork: Callable[[], object] | None = None) -> None:
        self._lock = threading.RLock()
        self._on_fork = on_fork
        _all.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def forked(self) -> None:
        """Replaces the lock, in the child, if the thread that held it is gone."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = threading.RLock()
        if self._on_fork is not None:
            self._on_fork()


_all: Final[weakref.WeakSet[ForkSafeLock]] = weakref.WeakSet()


def _after_fork() -> None:
    for lock in list(_all):
        lock.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class lazy_attribute(Generic[_T]):  # used like property
    """An attribute computed on first read and then stored on the instance.

    Like ``functools.cached_property`` of Python 3.11, but with a lock per instance instead of per
    class, and one that a forked child finds free.
    """

    def __init__(self, make: Callable[[Any], _T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> lazy_attribute[_T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...
    def __get__(self, instance: object | None, owner: type) -> lazy_attribute[_T] | _T:
        if instance is None:
            return self
        place, lock_name = instance.__dict__, f"_making_{self._name}"
        lock: ForkSafeLock = place.setdefault(lock_name, ForkSafeLock())
        with lock:
            if self._name not in place:
                place[self._name] = self._make(instance)
                place.pop(lock_name, None)  # waiting threads find the value
        result: _T = place[self._name]
        return result
