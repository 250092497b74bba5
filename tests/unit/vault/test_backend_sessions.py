"""Sessions in the vault if there is no kernel keyring: expiry, and a list without secrets."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from awsprof import atomic
from awsprof.errors import FileError, VaultError
from awsprof.vault import kernel_keyring
from awsprof.vault.backend_sessions import BackendSessions
from awsprof.vault.session_cache import SessionCache
from tests.standins.memory_vault import MemoryVault

PAYLOAD = b'{"SessionToken": "made-up token"}'


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.fixture
def kept() -> MemoryVault:
    """The vault."""
    return MemoryVault()


@pytest.fixture
def cache(kept: MemoryVault, monkeypatch: pytest.MonkeyPatch) -> SessionCache:
    """The cache on a machine without the kernel's system calls."""
    monkeypatch.setattr(kernel_keyring, "_CALLS", {})
    assert not kernel_keyring.kernel_keyring_works()
    return SessionCache(lambda: kept)


def test_what_needed_a_person_is_kept_in_the_vault(
    cache: SessionCache, kept: MemoryVault, home: Path
) -> None:
    assert cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    assert cache.get("mfa/1") == PAYLOAD
    assert SessionCache(lambda: kept).get("mfa/1") == PAYLOAD
    for path in filter(Path.is_file, home.rglob("*")):
        assert b"made-up token" not in path.read_bytes()


def test_what_is_made_without_a_person_is_not_kept(cache: SessionCache, kept: MemoryVault) -> None:
    assert not cache.put("role/1", PAYLOAD, later(3600), needs_person=False)
    assert cache.get("role/1") is None
    assert kept.secrets == {}


def test_what_has_expired_is_gone_and_swept(cache: SessionCache, kept: MemoryVault) -> None:
    cache.put("mfa/1", PAYLOAD, later(-1), needs_person=True)
    assert cache.get("mfa/1") is None
    cache.put("mfa/2", PAYLOAD, later(3600), needs_person=True)
    assert list(kept.secrets) == ["session/mfa/2"]


def test_forgetting_takes_it_out_of_the_vault(cache: SessionCache, kept: MemoryVault) -> None:
    cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    cache.put("mfa/2", PAYLOAD, later(3600), needs_person=True)
    assert cache.forget({"mfa/1"}) == 1
    assert cache.get("mfa/1") is None
    assert cache.forget() == 1
    assert kept.secrets == {}


def test_a_vault_that_is_never_needed_is_never_opened(cache: SessionCache) -> None:
    def refuse() -> MemoryVault:
        raise AssertionError("it was opened")

    assert BackendSessions(refuse).get("mfa/1") is None


def test_a_vault_that_cannot_be_used_keeps_nothing_and_breaks_nothing(
    cache: SessionCache, kept: MemoryVault
) -> None:
    cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    kept.broken = True
    assert cache.get("mfa/1") is None
    assert not cache.put("mfa/2", PAYLOAD, later(3600), needs_person=True)


def test_what_a_vault_does_not_delete_stays_in_the_list_and_is_deleted_later(
    cache: SessionCache, kept: MemoryVault
) -> None:
    cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    kept.broken = True
    with pytest.raises(VaultError):
        cache.forget({"mfa/1"})
    cache.drop("mfa/1")
    kept.broken = False
    assert cache.get("mfa/1") == PAYLOAD  # and so does its entry in the list
    assert cache.forget() == 1
    assert kept.secrets == {}


def test_what_expires_while_the_vault_cannot_be_used_is_swept_later(
    cache: SessionCache, kept: MemoryVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 4000)
    kept.broken = True
    cache.drop("mfa/1")
    kept.broken = False
    cache.put("mfa/2", PAYLOAD, later(9000), needs_person=True)
    assert list(kept.secrets) == ["session/mfa/2"]


def test_half_a_note_is_none(cache: SessionCache, home: Path) -> None:
    cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    (note,) = home.rglob("sessions.json")
    note.write_text("{")
    assert cache.get("mfa/1") is None


def test_a_session_is_listed_before_it_is_stored(
    cache: SessionCache, kept: MemoryVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise FileError("The disk is full.", "make room")

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "write_file", full)
        assert not cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    assert kept.secrets == {}
    kept.broken = True
    assert not cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    kept.broken = False
    assert cache.kept_keys() == ()


def test_what_a_damaged_list_names_is_deleted(
    cache: SessionCache, kept: MemoryVault, home: Path
) -> None:
    cache.put("mfa/1", PAYLOAD, later(3600), needs_person=True)
    (note,) = home.rglob("sessions.json")
    note.write_text(note.read_text()[:-1])
    cache.put("mfa/2", PAYLOAD, later(3600), needs_person=True)
    assert list(kept.secrets) == ["session/mfa/2"]
