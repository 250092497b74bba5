"""Temporary credentials in the kernel keyring: lifetime, eviction order, cost of a hit."""

import os
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.vault import kernel_keyring, session_cache
from awsprof.vault.session_cache import SessionCache
from tests.requirements import need, need_kernel_keyring
from tests.standins import subprocess_helpers

PAYLOAD = b'{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE"}'


@pytest.fixture
def cache() -> Iterator[SessionCache]:
    need_kernel_keyring()
    mine = SessionCache()
    yield mine
    mine.forget()


def ahead(**time_: float) -> datetime:
    return datetime.now(UTC) + timedelta(**time_)


def left(cache: SessionCache, key: str) -> float:
    """The remaining lifetime in whole minutes, rounded down."""
    file = Path(paths.data_dir()) / "sessions" / key
    if file.exists():
        return (file.stat().st_mtime - time.time()) // 60
    names = [cache._name(maker, key) for maker in ("person", "machine")]
    (serial,) = (
        k for n in names for t in kernel_keyring._TYPES if (k := kernel_keyring._search(t, n)) > 0
    )
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
    time.sleep(2.8)  # timeouts are whole seconds
    assert cache.get("key") is None


@pytest.mark.parametrize("key", ["proven/x", "variables/x", "code/x"])
def test_what_is_no_session_lives_as_long_as_it_says(cache: SessionCache, key: str) -> None:
    cache.put(key, PAYLOAD, ahead(minutes=5.5), needs_person=False)
    assert left(cache, key) == 5


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


def test_some_are_forgotten_or_all(cache: SessionCache) -> None:
    for key in ("base/1", "base/2", "other/1"):
        cache.put(key, PAYLOAD, ahead(hours=1), needs_person=key.endswith("1"))
    assert cache.forget({"base/1", "base/2"}) == 2
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


# An ordinary user's quota is 20,000 bytes and 200 keys; root's is never reached.
_BEGIN = """
folder = pathlib.Path(f"/tmp/awsprof-test-{os.getpid()}")
os.environ["AWSPROF_HOME"] = str(folder)
cache = session_cache.SessionCache()
now = datetime.now(UTC)
def payload(key):
    return key.encode() * 300  # 1,500 bytes, as a session of AWS's has
def put(key, person=False, hours=2):
    return cache.put(key, payload(key), now + timedelta(hours=hours), needs_person=person)
def whole(keys):
    return [key for key in keys if cache.get(key) != payload(key)] == []
def fill():
    "Other programs of this user take all that there is."
    n = 0
    while n < 300 and kernel_keyring.put_key(f"theirs:{n}", b"x" * 900, 60) == "kept":
        n += 1
    while n < 600 and kernel_keyring.put_key(f"theirs:{n}", b"x", 60) == "kept":
        n += 1
    assert n < 600, "there seems to be no quota"
    return [f"theirs:{i}" for i in range(n)]
theirs = []
try:
"""


def as_one_with_a_quota(code: str) -> None:
    limits = [Path(f"/proc/sys/kernel/keys/max{what}") for what in ("keys", "bytes")]
    usual = [limit.read_text().strip() for limit in limits] == ["200", "20000"]
    need(usual, "the kernel's usual quota for keys, 200 and 20000 in /proc/sys/kernel/keys")
    body = textwrap.indent(textwrap.dedent(code), "    ")
    end = "\nfinally:\n    cache.forget()\n    [kernel_keyring.drop_key(name) for name in theirs]\n"
    end += "    left = sorted(folder.rglob('*'), reverse=True) + [folder]\n"
    end += (
        "    [path.rmdir() if path.is_dir() else path.unlink() for path in left if path.exists()]\n"
    )
    subprocess_helpers.as_ordinary_user(f"{_BEGIN}{body}{end}", subprocess_helpers.ordinary_uid(2))


@pytest.mark.usefixtures("cache")
def test_two_hundred_roles_in_rotation_are_all_there_and_so_are_the_codes() -> None:
    as_one_with_a_quota("""
        people = [f"mfa/{n}" for n in range(5)]
        roles = [f"role/{n:03}" for n in range(200)] + [f"alias/{n:03}" for n in range(200)]
        assert all(put(key, person=True) for key in people)
        for _ in range(2):
            assert all(put(key) for key in roles)
        assert whole(people) and whole(roles)
        big = kernel_keyring.has_big_keys()
        few = session_cache._MOST_BIG if big else session_cache._MOST_SMALL
        # the sessions of codes, and the key of the rest
        assert len(kernel_keyring.key_names("awsprof:")) <= 6 + few
    """)


@pytest.mark.usefixtures("cache")
def test_more_sessions_with_a_code_than_the_kernel_takes_are_kept_too() -> None:
    as_one_with_a_quota("""
        people = [f"mfa/{n:03}" for n in range(60)]
        assert put("role/1")
        assert all(put(key, person=True) for key in people)
        assert whole([*people, "role/1"])
    """)


@pytest.mark.usefixtures("cache")
def test_where_others_fill_the_quota_what_needed_a_person_goes_to_the_vault() -> None:
    as_one_with_a_quota("""
        vault = memory_vault.MemoryVault()
        assert not kernel_keyring.is_nearly_full()
        theirs = fill()
        assert kernel_keyring.is_nearly_full()
        assert not put("mfa/1", person=True)
        assert not put("role/1")
        cache = session_cache.SessionCache(lambda: vault)
        assert put("mfa/1", person=True)
        assert not put("role/1")
        assert whole(["mfa/1"]) and list(vault.secrets) == ["session/mfa/1"]
        cache.drop("mfa/1")
        assert cache.get("mfa/1") is None and vault.secrets == {}
    """)


@pytest.fixture
def crowded(cache: SessionCache) -> SessionCache:
    """A cache whose share of the keyring is full: new sessions go into files."""
    most = session_cache._MOST_BIG if kernel_keyring.has_big_keys() else session_cache._MOST_SMALL
    for number in range(most):
        assert cache.put(f"first/{number}", b"x", ahead(hours=1), needs_person=False)
    return cache


def files(cache: SessionCache) -> list[Path]:
    return sorted(p for p in (paths.data_dir() / "sessions").glob("*") if p.name != ".swept")


@pytest.fixture
def small(cache: SessionCache, monkeypatch: pytest.MonkeyPatch) -> SessionCache:
    """A cache on a kernel without big_key, where a user has 20,000 bytes for keys."""
    monkeypatch.setattr(kernel_keyring, "has_big_keys", lambda: False)
    return cache


def of_exec(count: int) -> list[str]:
    """The proofs and variables of so many profiles."""
    return [f"{kind}/{n}" for n in range(count) for kind in ("proven", "variables")]


def test_entries_of_exec_take_no_session_s_place_without_big_key(small: SessionCache) -> None:
    for key in of_exec(session_cache._MOST_SMALL):
        small.put(key, b"x", ahead(minutes=8), needs_person=False)
    for number in range(session_cache._MOST_SMALL):
        assert small.put(f"role/{number}", PAYLOAD, ahead(hours=1), needs_person=False)
    assert not [file for file in files(small) if file.name.startswith("role-")]
    assert small.put("role/more", PAYLOAD, ahead(hours=1), needs_person=False)
    assert "role-more" in [file.name for file in files(small)]


def test_sessions_take_no_place_of_exec_without_big_key(small: SessionCache) -> None:
    for number in range(session_cache._MOST_SMALL + 3):
        assert small.put(f"role/{number}", PAYLOAD, ahead(hours=1), needs_person=False)
    for key in of_exec(session_cache._MOST_SMALL // 2):
        assert small.put(key, b"x", ahead(minutes=8), needs_person=False)
        assert kernel_keyring.get_key(small._name("machine", key)) is not None


def test_variables_are_in_the_keyring_or_nowhere(crowded: SessionCache) -> None:
    for key in of_exec(session_cache._MOST_BIG):
        crowded.put(key, b"x", ahead(minutes=8), needs_person=False)
    assert not crowded.put("variables/more", b"x", ahead(minutes=8), needs_person=False)
    assert crowded.get("variables/more") is None
    names = [file.name for file in files(crowded)]
    assert names and not [name for name in names if name.startswith("variables-")]
    # Nor when they make room for a session that needed a person.
    crowded._seal(crowded._name("machine", "variables/0"))
    assert not [file for file in files(crowded) if file.name.startswith("variables-")]


@pytest.mark.parametrize(
    ("minutes", "cached", "moved"), [(60, 40, 1), (180, 160, 155), (30, 20, 15)]
)
def test_what_moves_to_a_file_stays_no_longer_than_in_the_keyring(
    cache: SessionCache, minutes: int, cached: int, moved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    cache.put("role", PAYLOAD, ahead(minutes=minutes), needs_person=False)
    monkeypatch.setattr(time, "time", lambda: now + moved * 60)
    cache._seal(cache._name("machine", "role"))
    kernel_keyring.drop_key(cache._name("machine", "role"))
    (file,) = files(cache)
    assert abs(now + cached * 60 - file.stat().st_mtime) < 60
    assert cache.get("role") == PAYLOAD


def test_what_lies_in_files_says_nothing_without_the_key(crowded: SessionCache) -> None:
    crowded.put("role/1", PAYLOAD, ahead(hours=1), needs_person=False)
    (file,) = files(crowded)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert not {PAYLOAD[i : i + 8] for i in range(len(PAYLOAD) - 8)} & {
        file.read_bytes()[i : i + 8] for i in range(file.stat().st_size)
    }
    (name,) = (n for n in kernel_keyring.key_names("awsprof:") if n.endswith(":seal:key"))
    kernel_keyring.drop_key(name)
    assert crowded.get("role/1") is None
    crowded.put("role/2", PAYLOAD, ahead(hours=1), needs_person=False)
    assert crowded.get("role/2") == PAYLOAD
    assert crowded.get("role/1") is None


def test_every_changed_bit_and_every_other_name_is_found(crowded: SessionCache) -> None:
    crowded.put("role/1", PAYLOAD, ahead(hours=1), needs_person=False)
    (file,) = files(crowded)
    whole = file.read_bytes()
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        assert crowded.get("role/1") is None
        file.write_bytes(whole[:at])
        assert crowded.get("role/1") is None
    file.with_name("role-2").write_bytes(whole)
    assert crowded.get("role/2") is None
    file.write_bytes(whole)
    assert crowded.get("role/1") == PAYLOAD


def test_the_same_session_is_never_sealed_alike(crowded: SessionCache) -> None:
    seen = set()
    for _ in range(3):
        crowded.put("role/1", PAYLOAD, ahead(hours=1), needs_person=False)
        (file,) = files(crowded)
        seen.add(file.read_bytes()[32:40])
    assert len(seen) == 3


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 4096, 40_000])
def test_any_size_comes_back(crowded: SessionCache, size: int) -> None:
    payload = bytes(n % 256 for n in range(size))
    assert crowded.put("role/1", payload, ahead(hours=1), needs_person=False)
    assert crowded.get("role/1") == payload


def test_what_is_over_and_what_the_killed_left_is_swept(crowded: SessionCache) -> None:
    crowded.put("role/1", PAYLOAD, ahead(hours=1), needs_person=False)
    folder = paths.data_dir() / "sessions"
    left, over = folder / "role-2.17.abcd.new", folder / "role-3"
    for file in (left, over):
        file.write_bytes(b"x")
        os.utime(file, (time.time() - 9000, time.time() - 9000))
    os.utime(folder / ".swept", (0, 0))
    crowded.put("role/4", PAYLOAD, ahead(hours=1), needs_person=False)
    assert {file.name for file in files(crowded)} == {
        "role-1",
        "role-4",
        left.name,
    }  # still new


def test_a_folder_that_cannot_be_written_leaves_the_kernel(cache: SessionCache) -> None:
    paths.data_dir().mkdir(parents=True, exist_ok=True)
    (paths.data_dir() / "sessions").write_text("no folder")
    assert cache.put("role/1", PAYLOAD, ahead(hours=1), needs_person=False)
    assert cache.get("role/1") == PAYLOAD


def test_where_the_kernel_refuses_nothing_is_kept_and_nothing_fails() -> None:
    code = """
        from datetime import UTC, datetime, timedelta
        from awsprof.vault.session_cache import SessionCache
        cache = SessionCache()
        soon = datetime.now(UTC) + timedelta(hours=1)
        print(cache.put("k", b"x", soon, needs_person=True), cache.get("k"), cache.forget())
    """
    assert subprocess_helpers.where_the_kernel_refuses(code).split() == ["False", "None", "0"]


def test_a_hit_imports_next_to_nothing(cache: SessionCache) -> None:
    cache.put("key", PAYLOAD, ahead(hours=1), needs_person=False)
    code = """
        import sys
        from awsprof.vault.session_cache import SessionCache
        assert SessionCache().get("key")
        heavy = {"hmac", "json", "typing", "hashlib", "datetime", "threading", "keyring",
                 "cryptography",
                 "tomllib", "subprocess", "dataclasses", "importlib.metadata"}
        print(sorted(heavy & set(sys.modules)))
    """
    assert subprocess_helpers.run(code).strip() == "[]"
