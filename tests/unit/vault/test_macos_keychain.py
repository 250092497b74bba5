"""The vault over keyring's macOS backend, on a stand-in of Security.framework's functions."""

import pytest

from awsprof.errors import VaultError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.vault import Vault, open_vault
from tests.standins import keychain
from tests.standins.keychain import Keychain

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ITEM = ("awsprof", KEY_ID)


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Keychain:
    return keychain.install(monkeypatch)


@pytest.fixture
def vault(theirs: Keychain) -> Vault:
    return open_vault(NonInteractive(), "keyring.backends.macOS.Keyring")


def test_a_secret_is_an_item_of_the_keychain_and_goes_when_it_is_deleted(
    vault: Vault, theirs: Keychain
) -> None:
    assert vault.title == "macOS Keychain"
    vault.put(KEY_ID, SECRET)
    assert theirs.items == {ITEM: SECRET.reveal().encode()}
    assert vault.get(KEY_ID) == SECRET
    vault.put(KEY_ID, Secret("another"))
    assert theirs.items == {ITEM: b"another"}
    vault.delete(KEY_ID)
    assert not vault.holds(KEY_ID)
    assert theirs.items == {}


@pytest.mark.parametrize("text", ["x" * 50_000, "pässwörd ☃", "line\nline"])
def test_a_secret_of_any_length_and_letters_comes_back(vault: Vault, text: str) -> None:
    vault.put(KEY_ID, Secret(text))
    assert vault.get(KEY_ID).reveal() == text


@pytest.mark.parametrize(
    ("status", "says", "fix"),
    [
        (keychain.DENIED, "is locked", "enter its password"),
        (keychain.LOCKED, "is locked", "security unlock-keychain"),
        (keychain.AUTH_FAILED, "does not let this Python read", "Keychain Access"),
    ],
)
def test_a_refusal_says_what_to_do_and_loses_nothing(
    vault: Vault, theirs: Keychain, status: int, says: str, fix: str
) -> None:
    vault.put(KEY_ID, SECRET)
    theirs.status = status
    with pytest.raises(VaultError) as read:
        vault.get(KEY_ID)
    assert says in read.value.message
    assert fix in (read.value.fix or "")
    with pytest.raises(VaultError) as written:
        vault.put(KEY_ID, Secret("another"))
    assert "another" not in str(written.value)
    theirs.status = 0
    assert vault.get(KEY_ID) == SECRET
