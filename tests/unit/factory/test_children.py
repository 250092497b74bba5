"""Sessions in threads, and in children that are forked or spawned meanwhile: 400 profiles."""

import faulthandler
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import awsprof
from tests.requirements import need
from tests.standins.aws import Aws

MANY = 400
CHILDREN = {"fork": 6, "spawn": 2}
_LIMIT_S = 60  # far more than they need: one that hangs needs all of it


@pytest.fixture
def users(home: Path, aws: Aws) -> list[str]:
    """400 profiles, each with a key of its own user in plain text; their names."""
    keys = {f"p{number}": aws.user(f"user{number}") for number in range(MANY)}
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text(
        "".join(
            f"[profile {name}]\nregion = eu-west-1\naws_access_key_id = {key.id}\n"
            f"aws_secret_access_key = {key.secret}\n"
            for name, key in keys.items()
        )
    )
    return list(keys)


def ask(name: str) -> str:
    arn: str = awsprof.session(name).client("sts").get_caller_identity()["Arn"]
    return arn.rpartition("/")[2].replace("user", "p")


def ask_in_threads(names: list[str]) -> None:
    """What a child does: ends with 0 if each profile is who it should be."""
    faulthandler.dump_traceback_later(_LIMIT_S * 0.8)  # where it hangs, if it does
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(ask, names)] == names
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", CHILDREN)
def test_no_child_hangs_whatever_threads_of_its_parent_do(users: list[str], method: str) -> None:
    need(method in multiprocessing.get_all_start_methods(), method)
    assert ask(users[0]) == users[0]  # all is imported: Python's own import locks survive a fork
    context: Any = multiprocessing.get_context(method)
    count, done = CHILDREN[method], threading.Event()

    def go_on(names: list[str]) -> None:
        while not done.is_set():
            for name in names:
                assert ask(name) == name
                if done.is_set():
                    return

    with ThreadPoolExecutor(3) as pool:
        busy = [pool.submit(go_on, users[at::3]) for at in range(3)]
        try:
            shares = [users[at : at + 8] for at in range(0, count * 8, 8)]
            children = [context.Process(target=ask_in_threads, args=(share,)) for share in shares]
            for child in children:
                child.start()
            for child in children:
                child.join(_LIMIT_S)
            codes = [child.exitcode for child in children]
            for child in children:
                child.kill()
        finally:
            done.set()
    assert codes == [0] * count
    for thread in busy:
        thread.result()
