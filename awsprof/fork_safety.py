"""Locks that a forked child finds open, and lazy attributes that hold none.

A child has only the thread that forked; a lock that another one held stays locked in it for ever.
So do the locks of ``functools.cached_property``, one for each class up to Python 3.11.
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
    """A reentrant lock between threads; in a forked child nobody holds it, unless who forked did.

    ``on_fork`` is called in the child, for what the lock guards and a lost thread had begun.
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
        """In the child: open it, where the thread that held it is gone."""
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


class lazy_attribute(Generic[_T]):  # it is used as property is
    """An attribute that is worked out where it is first read, once, and then stands in its place.

    As ``functools.cached_property`` of Python 3.11, with a lock for each object in place of one for
    each class, and one that a forked child finds open.
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
                place.pop(lock_name, None)  # whoever waits for it finds the value
        result: _T = place[self._name]
        return result
