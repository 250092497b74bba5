"""The kernel's keyring, for real; other users, login sessions and containers in child processes."""

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof.vault import kernel
from tests.needs import need
from tests.standins import children

PAYLOAD = b'{"Version":1,"SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}'


@pytest.fixture
def prefix() -> Iterator[str]:
    """Names of this test's own, all gone after it."""
    need(kernel.available(), "a Linux kernel that lets this process keep keys")
    mine = f"awsprof:test-{uuid.uuid4().hex}:"
    yield mine
    for name in kernel.names(mine):
        kernel.drop(name)


def line(name: str) -> str:
    """What /proc/keys says of the key of that name; those it took the place of linger there."""
    (serial,) = (key for t in kernel._TYPES if (key := kernel._search(t, name)) > 0)
    keys = Path("/proc/keys").read_text().splitlines()
    return next(x for x in keys if x.startswith(f"{serial:08x} "))


def test_what_is_put_is_found_until_dropped(prefix: str) -> None:
    assert kernel.get(prefix + "a") is None
    assert kernel.put(prefix + "a", PAYLOAD, 60) == "kept"
    assert kernel.put(prefix + "b", b"\0\xff", 60) == "kept"
    assert kernel.get(prefix + "a") == PAYLOAD
    assert kernel.names(prefix) == (prefix + "a", prefix + "b")
    kernel.drop(prefix + "a")
    kernel.drop(prefix + "a")
    assert kernel.get(prefix + "a") is None
    assert kernel.names(prefix) == (prefix + "b",)


def test_a_second_put_takes_the_place_of_the_first(prefix: str) -> None:
    kernel.put(prefix, b"x" * 9000, 3)
    kernel.put(prefix, PAYLOAD, 3600)
    assert kernel.get(prefix) == PAYLOAD
    assert kernel.names(prefix) == (prefix,)
    assert " perm " not in line(prefix)  # its own time, not for ever


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 32_000])
def test_any_size_that_is_of_use(prefix: str, size: int) -> None:
    payload = bytes(n % 256 for n in range(size))
    assert kernel.put(prefix, payload, 60) == "kept"
    assert kernel.get(prefix) == payload


def test_what_the_kernel_cannot_take_is_refused_and_the_former_is_gone(prefix: str) -> None:
    kernel.put(prefix, PAYLOAD, 60)
    assert kernel.put(prefix, b"x" * 2_000_000, 60) == "refused"
    assert kernel.get(prefix) is None


@pytest.mark.parametrize("seconds", [0, -1])
def test_nothing_is_kept_without_a_time_to_go(prefix: str, seconds: int) -> None:
    kernel.put(prefix, PAYLOAD, 60)
    assert kernel.put(prefix, PAYLOAD, seconds) == "refused"
    assert kernel.get(prefix) is None


def test_it_goes_by_itself(prefix: str) -> None:
    kernel.put(prefix, PAYLOAD, 1)
    deadline = time.monotonic() + 5
    while kernel.get(prefix) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert kernel.names(prefix) == ()
    assert kernel.put(prefix, PAYLOAD, 60) == "kept"
    assert kernel.get(prefix) == PAYLOAD


def test_permissions_let_the_user_read_and_nobody_else(prefix: str) -> None:
    kernel.put(prefix, PAYLOAD, 60)
    assert " 3f0b0000 " in line(prefix)


def test_another_login_session_of_the_same_user_reads_and_replaces_it(prefix: str) -> None:
    uid = children.ordinary_uid(0)
    put = f"assert kernel.put({prefix!r}, {PAYLOAD!r}, 60) == 'kept'"
    children.as_ordinary_user(put, uid)
    other_session = f"""
        assert kernel._keyctl(1, None) > 0  # a session keyring that leads to no other
        print(kernel.get({prefix!r}).decode())
        assert kernel.put({prefix!r}, b"from there", 60) == "kept"
    """
    assert children.as_ordinary_user(other_session, uid).strip() == PAYLOAD.decode()
    got = children.as_ordinary_user(f"print(kernel.get({prefix!r})); kernel.drop({prefix!r})", uid)
    assert got.strip() == repr(b"from there")


def test_in_the_session_keyring_it_is_not_seen_from_another_session(prefix: str) -> None:
    kernel.put(prefix, PAYLOAD, 60)  # as AWSPROF_KERNEL_KEYRING has it in every test
    look = "import sys; from awsprof.vault import kernel\n{}print(kernel.get(sys.argv[1]))"
    assert children.run(look.format(""), prefix).strip() == repr(PAYLOAD)
    assert children.run(look.format("kernel._keyctl(1, None)\n"), prefix).strip() == "None"
    user = children.run(look.format(""), prefix, env={"AWSPROF_KERNEL_KEYRING": "user"})
    assert user.strip() == "None"


def test_it_outlives_the_process_and_no_other_user_gets_at_it(prefix: str) -> None:
    uid, other = children.ordinary_uid(0), children.ordinary_uid(1)
    name = f"{prefix}theirs"
    put = f"assert kernel.put({name!r}, {PAYLOAD!r}, 60) == 'kept'"
    children.as_ordinary_user(put, uid)
    serial = children.as_ordinary_user(f"print(kernel._search(b'user', {name!r}))", uid)
    key = int(serial)
    if key > 0:  # a big_key would stand under another type; the perms are the same
        steal = f"print(kernel._read({key}), kernel.get({name!r}), kernel.names({prefix!r}))"
        assert children.as_ordinary_user(steal, other).strip() == "None None ()"
        assert kernel._read(key) is None  # root neither
    got = children.as_ordinary_user(f"print(kernel.get({name!r})); kernel.drop({name!r})", uid)
    assert got.strip() == repr(PAYLOAD)


@pytest.mark.parametrize("error", ["EPERM", "ENOSYS", "EACCES"])
def test_where_a_container_refuses_nothing_is_kept_and_nothing_fails(
    error: str, prefix: str
) -> None:
    code = """
        from awsprof.vault import kernel
        print(kernel.available(), kernel.put("awsprof:x", b"1", 9), kernel.get("awsprof:x"),
              kernel.names(""), kernel.drop("awsprof:x"))
    """
    assert children.where_the_kernel_refuses(code, error).split() == [
        "False", "refused", "None", "()", "None",
    ]  # fmt: skip


def test_killed_at_any_moment_it_leaves_no_key_for_ever(prefix: str) -> None:
    code = (
        "import sys; from awsprof.vault import kernel\n"
        "n = 0\nprint('go', flush=True)\n"
        "while True:\n kernel.put(sys.argv[1] + str(n % 5), b'x' * 100, 60); n += 1"
    )
    for pause in (0.0, 0.003, 0.007, 0.02):
        with subprocess.Popen(
            [sys.executable, "-c", code, prefix], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(pause)
            child.kill()
        for name in kernel.names(prefix):
            assert " perm " not in line(name)
