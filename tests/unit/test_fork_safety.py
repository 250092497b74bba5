"""A forked child finds every lock of ours open, whatever other threads of its parent did."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from awsprof.auth.thread_singleflight import SingleFlight
from awsprof.fork_safety import ForkSafeLock, lazy_attribute
from awsprof.profiles.catalog import Catalog
from tests.requirements import need


def in_a_child(work: "object") -> int:
    """The exit code of a forked child that does it; it is killed after 20 seconds."""
    need(hasattr(os, "fork"), "fork")
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(20)
            work()  # type: ignore[operator]
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Slow:
    """Something that is worked out slowly, once."""

    def __init__(self) -> None:
        self.made = 0
        self.begun = threading.Event()
        self.goes_on = threading.Event()

    @lazy_attribute
    def value(self) -> int:
        self.begun.set()
        assert self.goes_on.wait(20)
        self.made += 1
        return 42


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_what_another_thread_was_at_is_done_again_in_the_child() -> None:
    slow, lock, once = Slow(), ForkSafeLock(), SingleFlight[int]()

    def hold() -> None:
        with lock:
            once.of("key", lambda: slow.value)

    thread = threading.Thread(target=hold)
    thread.start()
    assert slow.begun.wait(10)

    def child() -> None:
        slow.goes_on = threading.Event()  # the one that the thread waits for is nobody's here
        slow.goes_on.set()
        with lock:
            assert slow.value == 42
        assert once.of("key", lambda: 7) == 7

    assert in_a_child(child) == 0
    slow.goes_on.set()
    thread.join()
    assert slow.made == 1
    assert once.of("key", lambda: 7) == 42


def test_many_threads_work_it_out_once() -> None:
    slow = Slow()
    threads = [threading.Thread(target=lambda: slow.value) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert slow.begun.wait(10)
    time.sleep(0.1)  # the others come while it is worked out
    slow.goes_on.set()
    for thread in threads:
        thread.join()
    assert slow.made == 1


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_children_read_400_profiles_while_threads_of_the_parent_do(home: Path) -> None:
    config = home / ".aws" / "config"
    config.parent.mkdir(mode=0o700)
    config.write_text("".join(f"[profile p{n}]\nregion = eu-west-1\n" for n in range(400)))
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            assert len(Catalog.load().profiles) == 400
            assert Catalog.load().unreadable == ()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()

    def child() -> None:
        assert len(Catalog.load().profiles) == 400
        assert not Catalog.load().unreadable

    try:
        assert [in_a_child(child) for _ in range(8)] == [0] * 8
    finally:
        done.set()
        for thread in threads:
            thread.join()
