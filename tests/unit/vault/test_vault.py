"""What the vault adds to a keyring: read-back, uniform errors, the index, moves."""

import time
import traceback
from pathlib import Path

import pytest

from awsprof.errors import SecretNotFound, VaultError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.chunked_store import ChunkedStore
from awsprof.vault.index import Index
from awsprof.vault.keyring_store import KeyringStore
from awsprof.vault.vault import StoreVault, Vault, move_secrets, open_vault
from tests.standins import subprocess_helpers
from tests.standins.broken_keyrings import Limited, Sound
from tests.standins.memory_vault import MemoryVault

ODD = "tests.standins.broken_keyrings."
KEY_ID, OTHER_ID = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def odd(name: str) -> Vault:
    return open_vault(NonInteractive(), ODD + name)


@pytest.fixture
def sound() -> Vault:
    Sound.entries.clear()
    return odd("Sound")


@pytest.mark.parametrize(
    ("name", "what"),
    [("ForgetfulKeyring", "returned a different one"), ("Mangling", "returned a different one")],
)
def test_a_keyring_that_loses_what_it_took_is_found_out(name: str, what: str) -> None:
    vault = odd(name)
    with pytest.raises(VaultError, match=what) as caught:
        vault.put(KEY_ID, SECRET)
    assert "settings vault" in caught.value.fix
    assert not vault.holds(KEY_ID)
    assert Index.load().entries() == ()


def test_a_keyring_that_does_not_delete_is_found_out() -> None:
    vault = odd("Undying")
    vault.put(KEY_ID, SECRET)
    with pytest.raises(VaultError, match="still holds"):
        vault.delete(KEY_ID)
    assert Index.load().find(KEY_ID) is not None


@pytest.mark.parametrize(
    ("name", "message", "fix"),
    [
        ("Locked", "is locked", "unlock it"),
        ("Dismissed", "is locked", "unlock it"),
        ("Uninitialised", "cannot be reached", "desktop session"),
        ("Unavailable", "cannot be reached", "desktop session"),
        ("ItemLost", "cannot be reached", "desktop session"),
        ("NoBus", "cannot be reached", "settings vault file"),
        ("Raising", "cannot be reached", "desktop session"),
        ("None_", "found no keyring", "settings vault file"),
        ("Surprising", "ZeroDivisionError", "settings vault"),
        ("Numbers", "not text", "settings vault"),
        ("Quoting", "did not keep the secret", "written to"),
    ],
)
def test_whatever_a_keyring_raises_is_one_sentence_and_the_mend(
    name: str, message: str, fix: str
) -> None:
    vault = odd(name)
    with pytest.raises(VaultError, match=message) as caught:
        vault.put(KEY_ID, SECRET)
    assert not isinstance(caught.value, SecretNotFound)
    assert fix in caught.value.fix
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET.reveal() not in told
    if name != "Quoting":
        with pytest.raises(VaultError, match=message):
            vault.holds(KEY_ID)


def test_a_keyring_that_never_answers_is_given_up_and_the_process_ends() -> None:
    code = f"""
        import time
        from awsprof.prompting import NonInteractive
        from awsprof.errors import VaultError
        from awsprof.vault.vault import open_vault
        vault = open_vault(NonInteractive(), {ODD + "Hanging"!r})
        start = time.monotonic()
        try:
            vault.get("AKIA")
        except VaultError as exc:
            print(round(time.monotonic() - start), exc)
    """
    start = time.monotonic()
    assert (
        subprocess_helpers.run(code).strip() == f"2 {ODD}Hanging did not answer within 2 seconds."
    )
    assert time.monotonic() - start < 10


def test_what_is_not_there_is_told_from_what_cannot_be_read(sound: Vault) -> None:
    with pytest.raises(SecretNotFound, match="holds no secret of AKIA") as caught:
        sound.get(KEY_ID)
    assert "add the key again" in caught.value.fix
    with pytest.raises(SecretNotFound):
        sound.delete(KEY_ID)


def test_a_keyring_that_was_reset_is_told_from_one_that_never_had_it(sound: Vault) -> None:
    sound.put(KEY_ID, SECRET)
    Sound.entries.clear()
    with pytest.raises(SecretNotFound, match=r"it was stored on 20\d\d-"):
        sound.get(KEY_ID)


def test_a_secret_of_another_keyring_is_not_called_missing(sound: Vault) -> None:
    Index.load().record(KEY_ID, backend="keyring.backends.SecretService.Keyring")
    with pytest.raises(VaultError, match="is in Secret Service, but awsprof now") as caught:
        sound.get(KEY_ID)
    assert not isinstance(caught.value, SecretNotFound)
    assert "awsprof settings vault keyring.backends.SecretService.Keyring" in caught.value.fix


def test_the_index_lists_access_keys_alone(sound: Vault) -> None:
    sound.put(KEY_ID, SECRET)
    sound.put("history/0123", SECRET)
    assert [(e.key_id, e.backend) for e in Index.load().entries()] == [(KEY_ID, ODD + "Sound")]
    sound.delete(KEY_ID)
    sound.delete("history/0123")
    assert Index.load().entries() == ()


def test_a_broken_index_does_not_hide_what_is_missing(sound: Vault, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "index.toml").write_text("[")
    with pytest.raises(SecretNotFound):
        sound.get(KEY_ID)


def test_putting_what_is_there_already_does_not_touch_it() -> None:
    Limited.entries.clear()
    Limited.left_behind.clear()
    backend = Limited()  # type: ignore[no-untyped-call]  # keyring's own constructor has no types
    vault = StoreVault(ChunkedStore(KeyringStore(backend, id_="limited", title="Limited")))
    vault.put(KEY_ID, SECRET)
    vault.put(KEY_ID, SECRET)
    assert Limited.left_behind == []


def test_moving_takes_all_along_and_leaves_nothing(sound: Vault) -> None:
    sound.put(KEY_ID, SECRET)
    sound.put("history/0123", Secret("other"))
    target = MemoryVault()
    assert move_secrets(sound, target, [KEY_ID, "history/0123"]) == (KEY_ID, "history/0123")
    assert target.get(KEY_ID) == SECRET
    assert target.get("history/0123") == Secret("other")
    assert Sound.entries == {}


def test_moving_notes_the_new_place(sound: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse")
    sound.put(KEY_ID, SECRET)
    Index.load().record(KEY_ID, "123456789012", backend=sound.backend)
    file = open_vault(NonInteractive(), "file")
    move_secrets(sound, file, [KEY_ID])
    found = Index.load().find(KEY_ID)
    assert found is not None
    assert (found.backend, found.account) == ("file", "123456789012")
    assert file.get(KEY_ID) == SECRET


class Failing(MemoryVault):
    """Fails at the call ``verb`` for ``name``."""

    def __init__(self, verb: str, name: str) -> None:
        super().__init__(title=f"{verb} {name}", backend=f"failing {verb}")
        self.verb, self.name = verb, name

    def put(self, key_id: str, secret: Secret) -> None:
        if (self.verb, self.name) == ("put", key_id):
            raise VaultError("It is full.", "make room")
        super().put(key_id, secret)

    def delete(self, key_id: str) -> None:
        if (self.verb, self.name) == ("delete", key_id):
            raise VaultError("It is locked.", "unlock it")
        super().delete(key_id)


def test_a_move_that_fails_half_way_leaves_all_where_it_was() -> None:
    source, target = MemoryVault(), Failing("put", OTHER_ID)
    source.secrets = {KEY_ID: SECRET, OTHER_ID: Secret("other")}
    target.secrets = {KEY_ID: Secret("an older one")}
    with pytest.raises(VaultError, match=r"^Nothing was moved .*: It is full\.$") as caught:
        move_secrets(source, target, [KEY_ID, OTHER_ID])
    assert caught.value.fix == "make room"
    assert source.secrets == {KEY_ID: SECRET, OTHER_ID: Secret("other")}
    assert target.secrets == {KEY_ID: Secret("an older one")}


def test_a_source_that_does_not_let_go_keeps_all() -> None:
    source, target = Failing("delete", OTHER_ID), MemoryVault()
    source.secrets = {KEY_ID: SECRET, OTHER_ID: Secret("other")}
    with pytest.raises(VaultError, match="Nothing was moved"):
        move_secrets(source, target, [KEY_ID, OTHER_ID])
    assert source.secrets == {KEY_ID: SECRET, OTHER_ID: Secret("other")}
    assert target.secrets == {}


def test_a_name_that_nobody_has_stops_the_move_before_anything_is_done() -> None:
    source, target = MemoryVault(), MemoryVault(backend="other")
    source.secrets = {KEY_ID: SECRET}
    with pytest.raises(SecretNotFound):
        move_secrets(source, target, [KEY_ID, OTHER_ID])
    assert (list(source.secrets), list(target.secrets)) == ([KEY_ID], [])


def test_a_move_that_was_killed_is_finished_by_the_next() -> None:
    source, target = MemoryVault(), MemoryVault(backend="other")
    source.secrets, target.secrets = {OTHER_ID: Secret("other")}, {KEY_ID: SECRET}
    assert move_secrets(source, target, [KEY_ID, OTHER_ID]) == (OTHER_ID,)
    assert (list(source.secrets), sorted(target.secrets)) == ([], [OTHER_ID, KEY_ID])
    assert move_secrets(target, target, [KEY_ID]) == ()
