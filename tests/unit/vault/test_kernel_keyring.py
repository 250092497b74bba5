"""The real kernel keyring; other users, login sessions and containers in child processes."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof.vault import kernel_keyring
from tests.requirements import need, need_kernel_keyring
from tests.standins import subprocess_helpers

PAYLOAD = b'{"Version":1,"SecretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}'


@pytest.fixture
def prefix() -> Iterator[str]:
    """A prefix for this test's key names; deletes them afterwards."""
    need_kernel_keyring()
    mine = f"awsprof:test-{uuid.uuid4().hex}:"
    yield mine
    for name in kernel_keyring.key_names(mine):
        kernel_keyring.drop_key(name)


def line(name: str) -> str:
    """The lines of /proc/keys for that name; replaced keys linger there."""
    (serial,) = (key for t in kernel_keyring._TYPES if (key := kernel_keyring._search(t, name)) > 0)
    keys = Path("/proc/keys").read_text().splitlines()
    return next(x for x in keys if x.startswith(f"{serial:08x} "))


def test_what_is_put_is_found_until_dropped(prefix: str) -> None:
    assert kernel_keyring.get_key(prefix + "a") is None
    assert kernel_keyring.put_key(prefix + "a", PAYLOAD, 60) == "kept"
    assert kernel_keyring.put_key(prefix + "b", b"\0\xff", 60) == "kept"
    assert kernel_keyring.get_key(prefix + "a") == PAYLOAD
    assert kernel_keyring.key_names(prefix) == (prefix + "a", prefix + "b")
    kernel_keyring.drop_key(prefix + "a")
    kernel_keyring.drop_key(prefix + "a")
    assert kernel_keyring.get_key(prefix + "a") is None
    assert kernel_keyring.key_names(prefix) == (prefix + "b",)


def test_a_second_put_takes_the_place_of_the_first(prefix: str) -> None:
    kernel_keyring.put_key(prefix, b"x" * 9000, 3)
    kernel_keyring.put_key(prefix, PAYLOAD, 3600)
    assert kernel_keyring.get_key(prefix) == PAYLOAD
    assert kernel_keyring.key_names(prefix) == (prefix,)
    assert " perm " not in line(prefix)  # the timeout, not forever


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 32_000])
def test_any_size_that_is_of_use(prefix: str, size: int) -> None:
    room = size < 15_000 or kernel_keyring.has_big_keys() or os.getuid() == 0
    need(room, "big_key or root, for more than the 20,000 bytes of an ordinary user")
    payload = bytes(n % 256 for n in range(size))
    assert kernel_keyring.put_key(prefix, payload, 60) == "kept"
    assert kernel_keyring.get_key(prefix) == payload


def test_what_the_kernel_cannot_take_is_refused_and_the_former_is_gone(prefix: str) -> None:
    kernel_keyring.put_key(prefix, PAYLOAD, 60)
    assert kernel_keyring.put_key(prefix, b"x" * 2_000_000, 60) == "refused"
    assert kernel_keyring.get_key(prefix) is None


@pytest.mark.parametrize("seconds", [0, -1])
def test_nothing_is_kept_without_a_time_to_go(prefix: str, seconds: int) -> None:
    kernel_keyring.put_key(prefix, PAYLOAD, 60)
    assert kernel_keyring.put_key(prefix, PAYLOAD, seconds) == "refused"
    assert kernel_keyring.get_key(prefix) is None


def test_it_goes_by_itself(prefix: str) -> None:
    kernel_keyring.put_key(prefix, PAYLOAD, 1)
    deadline = time.monotonic() + 5
    while kernel_keyring.get_key(prefix) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert kernel_keyring.key_names(prefix) == ()
    assert kernel_keyring.put_key(prefix, PAYLOAD, 60) == "kept"
    assert kernel_keyring.get_key(prefix) == PAYLOAD


def test_permissions_let_the_user_read_and_nobody_else(prefix: str) -> None:
    kernel_keyring.put_key(prefix, PAYLOAD, 60)
    assert " 3f0b0000 " in line(prefix)


def test_another_login_session_of_the_same_user_reads_and_replaces_it(prefix: str) -> None:
    uid = subprocess_helpers.ordinary_uid(0)
    put = f"assert kernel_keyring.put_key({prefix!r}, {PAYLOAD!r}, 60) == 'kept'"
    subprocess_helpers.as_ordinary_user(put, uid)
    other_session = f"""
        assert kernel_keyring._keyctl(1, None) > 0  # a session keyring that leads to no other
        print(kernel_keyring.get_key({prefix!r}).decode())
        assert kernel_keyring.put_key({prefix!r}, b"from there", 60) == "kept"
    """
    assert subprocess_helpers.as_ordinary_user(other_session, uid).strip() == PAYLOAD.decode()
    got = subprocess_helpers.as_ordinary_user(
        f"print(kernel_keyring.get_key({prefix!r})); kernel_keyring.drop_key({prefix!r})", uid
    )
    assert got.strip() == repr(b"from there")


def test_in_the_session_keyring_it_is_not_seen_from_another_session(prefix: str) -> None:
    kernel_keyring.put_key(prefix, PAYLOAD, 60)  # AWSPROF_KERNEL_KEYRING is "session" in all tests
    look = (
        "import sys; from awsprof.vault import kernel_keyring\n"
        "{}print(kernel_keyring.get_key(sys.argv[1]))"
    )
    assert subprocess_helpers.run(look.format(""), prefix).strip() == repr(PAYLOAD)
    assert (
        subprocess_helpers.run(look.format("kernel_keyring._keyctl(1, None)\n"), prefix).strip()
        == "None"
    )
    user = subprocess_helpers.run(look.format(""), prefix, env={"AWSPROF_KERNEL_KEYRING": "user"})
    assert user.strip() == "None"


def test_it_outlives_the_process_and_no_other_user_gets_at_it(prefix: str) -> None:
    uid, other = subprocess_helpers.ordinary_uid(0), subprocess_helpers.ordinary_uid(1)
    name = f"{prefix}theirs"
    put = f"assert kernel_keyring.put_key({name!r}, {PAYLOAD!r}, 60) == 'kept'"
    subprocess_helpers.as_ordinary_user(put, uid)
    serial = subprocess_helpers.as_ordinary_user(
        f"print(kernel_keyring._search(b'user', {name!r}))", uid
    )
    key = int(serial)
    if key > 0:  # a big_key has another type but the same permissions
        steal = (
            f"print(kernel_keyring._read({key}), kernel_keyring.get_key({name!r}),"
            f" kernel_keyring.key_names({prefix!r}))"
        )
        assert subprocess_helpers.as_ordinary_user(steal, other).strip() == "None None ()"
        assert kernel_keyring._read(key) is None  # nor root
    got = subprocess_helpers.as_ordinary_user(
        f"print(kernel_keyring.get_key({name!r})); kernel_keyring.drop_key({name!r})", uid
    )
    assert got.strip() == repr(PAYLOAD)


@pytest.mark.parametrize("error", ["EPERM", "ENOSYS", "EACCES"])
def test_where_a_container_refuses_nothing_is_kept_and_nothing_fails(
    error: str, prefix: str
) -> None:
    code = """
        from awsprof.vault import kernel_keyring
        print(kernel_keyring.kernel_keyring_works())
        print(kernel_keyring.put_key("awsprof:x", b"1", 9), kernel_keyring.get_key("awsprof:x"))
        print(kernel_keyring.key_names(""), kernel_keyring.drop_key("awsprof:x"))
    """
    assert subprocess_helpers.where_the_kernel_refuses(code, error).split() == [
        "False", "refused", "None", "()", "None",
    ]  # fmt: skip


def test_killed_at_any_moment_it_leaves_no_key_for_ever(prefix: str) -> None:
    code = (
        "import sys; from awsprof.vault import kernel_keyring\n"
        "n = 0\nprint('go', flush=True)\n"
        "while True:\n kernel_keyring.put_key(sys.argv[1] + str(n % 5), b'x' * 100, 60); n += 1"
    )
    for pause in (0.0, 0.003, 0.007, 0.02):
        with subprocess.Popen(
            [sys.executable, "-c", code, prefix], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(pause)
            child.kill()
        for name in kernel_keyring.key_names(prefix):
            assert " perm " not in line(name)
