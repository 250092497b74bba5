"""Threads that a Ctrl-C leaves behind at once, also where one of them reads or hangs."""

import subprocess
import sys
import threading
import time

import pytest

from awsprof.awsapi.thread_pool import DaemonPool


def test_in_order_and_so_many_at_once() -> None:
    at_once, most, lock, four = 0, 0, threading.Lock(), threading.Barrier(4)

    def work(n: int) -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        four.wait(30)
        with lock:
            at_once -= 1
        return n * n

    with DaemonPool(4) as threads:
        assert threads.map(work, range(20)) == [n * n for n in range(20)]
    assert most == 4


def test_one_alone_is_done_here_so_that_ctrl_c_reaches_it() -> None:
    with DaemonPool(4) as threads:
        assert threads.map(lambda _: threading.current_thread(), [0]) == [threading.main_thread()]


def test_what_is_raised_is_raised_and_nothing_is_waited_for() -> None:
    hangs = threading.Event()

    def work(n: int) -> None:
        if n:
            hangs.wait(60)
        raise ValueError(n)

    began = time.monotonic()
    with pytest.raises(ValueError, match="0"), DaemonPool(4) as threads:
        threads.map(work, range(4))
    assert time.monotonic() - began < 30
    hangs.set()


INTERRUPTED = """
import signal, sys, threading, time
from awsprof.awsapi.thread_pool import DaemonPool
main = threading.main_thread().ident
threading.Timer(1, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
try:
    with DaemonPool(4) as threads:
        threads.map(lambda n: time.sleep(60), range(9))
except KeyboardInterrupt:
    sys.exit(7)
"""


def test_one_interrupt_ends_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], timeout=30, check=False)
    assert done.returncode == 7
