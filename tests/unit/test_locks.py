"""Locks: nothing is lost under them, a killed holder frees them, a waiter learns who holds them."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsprof import locks
from awsprof.errors import FileError, LockTimeout

HOLD = """
import sys, time, pathlib
from awsprof import locks
with locks.hold_lock(pathlib.Path(sys.argv[1]), purpose="counting sheep"):
    print("held", flush=True)
    time.sleep(60)
"""
COUNT = """
import sys, pathlib
from awsprof import locks
lock, counter = map(pathlib.Path, sys.argv[1:])
for _ in range(25):
    with locks.hold_lock(lock, purpose="counting", timeout=60):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


def holder(lock: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, lock], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_eight_processes_lose_no_increment(tmp_path: Path) -> None:
    lock, counter = tmp_path / "lock", tmp_path / "counter"
    counter.write_text("0")
    running = [subprocess.Popen([sys.executable, "-c", COUNT, lock, counter]) for _ in range(8)]
    assert [process.wait(60) for process in running] == [0] * 8
    assert counter.read_text() == "200"


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count() -> None:
        for _ in range(25):
            with locks.hold_lock(tmp_path / "lock", purpose="counting"):
                counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        for running in [pool.submit(count) for _ in range(8)]:
            running.result()
    assert counter.read_text() == "200"


def test_a_waiter_learns_who_holds_it(tmp_path: Path) -> None:
    process = holder(tmp_path / "lock")
    try:
        with (
            pytest.raises(LockTimeout) as caught,
            locks.hold_lock(tmp_path / "lock", purpose="waiting", timeout=0.1),
        ):
            pass
    finally:
        end(process)
    assert f"process {process.pid}: counting sheep" in caught.value.message
    assert caught.value.fix


def test_a_killed_holder_frees_it(tmp_path: Path) -> None:
    process = holder(tmp_path / "lock")
    threading.Timer(0.2, end, [process]).start()
    started = time.monotonic()
    with locks.hold_lock(tmp_path / "lock", purpose="waiting"):
        assert time.monotonic() - started < 15
        assert (tmp_path / "lock").read_text() == f"{os.getpid()} waiting"


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locks.hold_lock(tmp_path / "lock", purpose="failing"):
        raise KeyError
    with locks.hold_lock(tmp_path / "lock", purpose="again", timeout=0):
        pass


FORK = """
import os, pathlib, signal, sys, time
from awsprof import locks
lock = pathlib.Path(sys.argv[1])
with locks.hold_lock(lock, purpose="forking"):
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
try:
    with locks.hold_lock(lock, purpose="again", timeout=0):
        pass
finally:
    os.kill(child, signal.SIGKILL)
"""


def test_a_fork_that_outlives_the_holder_does_not_keep_it(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FORK, tmp_path / "lock"], check=True, timeout=30)


def test_what_it_makes_is_private(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "folder" / "lock"
    with locks.hold_lock(lock, purpose="looking"):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (lock, *list(lock.parents)[:2])]
    assert modes == [0o600, 0o700, 0o700]


def test_a_symlink_is_never_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "lock").symlink_to(precious)
    with pytest.raises(FileError), locks.hold_lock(tmp_path / "lock", purpose="looking"):
        pass
    assert precious.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(FileError) as caught,
        locks.hold_lock(tmp_path / "file" / "lock", purpose="looking"),
    ):
        pass
    assert str(tmp_path / "file") in caught.value.message
    assert caught.value.fix
