"""Temporary credentials in the kernel: how long, what goes first, and what a hit costs."""

import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof.vault import kernel
from awsprof.vault.sessions import SessionCache
from tests.needs import need
from tests.standins import children

PAYLOAD = b'{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE"}'


@pytest.fixture
def cache() -> Iterator[SessionCache]:
    need(kernel.available(), "a Linux kernel that lets this process keep keys")
    mine = SessionCache()
    yield mine
    mine.forget()


def ahead(**time_: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time_)


def left(cache: SessionCache, key: str) -> float:
    """Minutes that the kernel will keep it; /proc/keys tells them rounded down."""
    names = [cache._name(maker, key) for maker in ("person", "machine")]
    (serial,) = (k for n in names for t in kernel._TYPES if (k := kernel._search(t, n)) > 0)
    keys = Path("/proc/keys").read_text().splitlines()
    text = next(x for x in keys if x.startswith(f"{serial:08x} ")).split()[3]
    return float(text[:-1]) * {"s": 1 / 60, "m": 1, "h": 60}[text[-1]]


@pytest.mark.parametrize("person", [True, False])
def test_what_is_put_comes_back_as_the_very_bytes(cache: SessionCache, person: bool) -> None:
    assert cache.get("key") is None
    assert cache.put("key", PAYLOAD, ahead(hours=1), needs_person=person)
    assert cache.get("key") == PAYLOAD


def test_twenty_minutes_before_the_end_it_is_gone(cache: SessionCache) -> None:
    cache.put("key", PAYLOAD, ahead(minutes=61.5), needs_person=False)
    assert left(cache, "key") == 41
    cache.put("key", PAYLOAD, ahead(hours=12), needs_person=True)
    assert left(cache, "key") == 11 * 60


def test_of_a_short_life_a_third_is_left(cache: SessionCache) -> None:
    cache.put("key", PAYLOAD, ahead(minutes=15.5), needs_person=False)
    assert left(cache, "key") == 10
    cache.put("key", PAYLOAD, ahead(seconds=4), needs_person=False)
    assert cache.get("key") == PAYLOAD
    time.sleep(2.8)  # the kernel counts whole seconds
    assert cache.get("key") is None


@pytest.mark.parametrize("seconds", [-3600, -1, 0, 1])
def test_what_has_no_time_left_is_not_kept(cache: SessionCache, seconds: int) -> None:
    cache.put("key", PAYLOAD, ahead(hours=1), needs_person=True)
    assert not cache.put("key", PAYLOAD, ahead(seconds=seconds), needs_person=True)
    assert cache.get("key") is None


def test_one_session_for_a_key_whoever_made_it(cache: SessionCache) -> None:
    cache.put("key", b"by a person", ahead(hours=1), needs_person=True)
    cache.put("key", b"by a machine", ahead(hours=1), needs_person=False)
    assert cache.get("key") == b"by a machine"
    cache.put("key", b"by a person", ahead(hours=1), needs_person=True)
    assert cache.get("key") == b"by a person"


def test_forgetting_by_the_beginning_of_the_key(cache: SessionCache) -> None:
    for key in ("base/1", "base/2", "other/1"):
        cache.put(key, PAYLOAD, ahead(hours=1), needs_person=key.endswith("1"))
    assert cache.forget("base/") == 2
    assert [cache.get(k) for k in ("base/1", "base/2", "other/1")] == [None, None, PAYLOAD]
    assert cache.forget() == 1


def test_another_folder_of_ours_sees_nothing_of_it(
    cache: SessionCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache.put("key", PAYLOAD, ahead(hours=1), needs_person=True)
    monkeypatch.setenv("AWSPROF_HOME", str(tmp_path / "elsewhere"))
    assert SessionCache().get("key") is None
    assert SessionCache().forget() == 0
    assert cache.get("key") == PAYLOAD


# The quota of an ordinary user is 20,000 bytes and 200 keys; that of root is never met.
_FILL = """
cache = sessions.SessionCache()
now = datetime.now(UTC)
def put(key, hours, person):
    return cache.put(key, b"x" * 1500, now + timedelta(hours=hours), needs_person=person)
def keys():
    return {name.split(":")[3] for name in kernel.names("awsprof:")}
def fill(letter, person, hours):
    "Until one more does not make more of them; those that were kept, in the order of their making."
    for n in range(220):
        before = len(keys())
        put(f"{letter}{n:03}", hours + n, person)
        if len(keys()) <= before:
            return [f"{letter}{n:03}" for n in range(n + 1)]
    raise SystemExit("there seems to be no quota")
try:
"""


def in_a_full_quota(code: str) -> None:
    limits = [Path(f"/proc/sys/kernel/keys/max{what}") for what in ("keys", "bytes")]
    usual = [limit.read_text().strip() for limit in limits] == ["200", "20000"]
    need(usual, "the kernel's usual quota for keys, 200 and 20000 in /proc/sys/kernel/keys")
    body = textwrap.indent(textwrap.dedent(code), "    ")
    children.as_ordinary_user(
        f"{_FILL}{body}\nfinally:\n    cache.forget()\n", children.ordinary_uid(2)
    )


@pytest.mark.usefixtures("cache")
def test_where_the_quota_is_full_what_needs_no_person_goes_nearest_to_its_end_first() -> None:
    in_a_full_quota("""
        people = {f"p{n}" for n in range(5)}
        assert all(put(key, 2, True) for key in people)
        made = fill("m", False, 3)
        assert made[-1] in keys() and made[0] not in keys(), keys()
        gone = set(made) - keys()
        assert gone == set(made[:len(gone)]) and len(gone) <= 2, gone
        assert put("p5", 2, True) and put("q", 1000, False)
        assert people | {"p5", "q", made[-1]} <= keys()
        rest = set(made) & keys()
        assert rest == set(made[-len(rest):])
    """)


@pytest.mark.usefixtures("cache")
def test_a_session_that_needed_a_person_never_goes_for_another() -> None:
    in_a_full_quota("""
        made = fill("p", True, 2)
        assert keys() == set(made[:-1])
        assert not put("m", 2000, False) and not put("q", 2000, True)
        assert keys() == set(made[:-1])
        assert put(made[0], 2000, True)  # renewing one in a full quota does not lose it
        assert keys() == set(made[:-1])
    """)


def test_where_the_kernel_refuses_nothing_is_kept_and_nothing_fails() -> None:
    code = """
        from datetime import UTC, datetime, timedelta
        from awsprof.vault.sessions import SessionCache
        cache = SessionCache()
        soon = datetime.now(UTC) + timedelta(hours=1)
        print(cache.put("k", b"x", soon, needs_person=True), cache.get("k"), cache.forget())
    """
    assert children.where_the_kernel_refuses(code).split() == ["False", "None", "0"]


def test_a_hit_imports_next_to_nothing(cache: SessionCache) -> None:
    cache.put("key", PAYLOAD, ahead(hours=1), needs_person=False)
    code = """
        import sys
        from awsprof.vault.sessions import SessionCache
        assert SessionCache().get("key")
        heavy = {"json", "typing", "hashlib", "datetime", "threading", "keyring", "cryptography",
                 "tomllib", "subprocess", "dataclasses", "importlib.metadata"}
        print(sorted(heavy & set(sys.modules)))
    """
    assert children.run(code).strip() == "[]"
