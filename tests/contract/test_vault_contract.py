"""What every vault promises, put to each of them: GNOME's keyring, our file, a short one, memory.

The fake that other tests stand on passes the same suite as the real ones, or it proves nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from awsprof.errors import SecretNotFound, VaultError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.chunked_store import ChunkedStore
from awsprof.vault.keyring_store import KeyringStore
from awsprof.vault.vault import StoreVault, Vault, open_vault
from tests.standins import secret_service as standin
from tests.standins.broken_keyrings import Limited
from tests.standins.memory_vault import MemoryVault

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


@pytest.fixture(params=["Secret Service", "encrypted file", "limited keyring", "memory"])
def vault(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Vault]:
    """An empty vault of each kind."""
    monkeypatch.setenv("AWSPROF_HOME", str(tmp_path / "ours"))
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse")
    match request.param:
        case "Secret Service":
            with standin.running() as service:
                for name, value in service.environment.items():
                    monkeypatch.setenv(name, value)
                yield open_vault(NonInteractive(), "keyring.backends.SecretService.Keyring")
        case "encrypted file":
            yield open_vault(NonInteractive(), "file")
        case "limited keyring":
            Limited.entries.clear()
            backend = Limited()  # type: ignore[no-untyped-call]  # keyring's own has no types
            store = KeyringStore(backend, id_="limited", title="Limited", delete_first=True)
            yield StoreVault(ChunkedStore(store))
        case _:
            yield MemoryVault()


def test_it_has_a_name_for_people_and_one_for_the_index(vault: Vault) -> None:
    assert vault.title
    assert vault.backend
    assert not vault.title.endswith(".")


def test_what_is_put_comes_back(vault: Vault) -> None:
    assert not vault.holds(KEY_ID)
    vault.put(KEY_ID, SECRET)
    assert vault.holds(KEY_ID)
    assert vault.get(KEY_ID) == SECRET
    assert vault.get(KEY_ID) == SECRET


def test_a_second_one_takes_the_place_of_the_first(vault: Vault) -> None:
    vault.put(KEY_ID, SECRET)
    vault.put(KEY_ID, Secret("another"))
    assert vault.get(KEY_ID) == Secret("another")
    vault.put(KEY_ID, Secret("another"))
    vault.delete(KEY_ID)
    assert not vault.holds(KEY_ID)  # nothing older shows up beneath


def test_what_is_missing_is_said_to_be_missing(vault: Vault) -> None:
    for call in (vault.get, vault.delete):
        with pytest.raises(SecretNotFound, match=KEY_ID) as caught:
            call(KEY_ID)
        assert caught.value.fix
        assert caught.value.exit_code == VaultError.exit_code


def test_names_do_not_meet(vault: Vault) -> None:
    names = ["AKIA", "AKIAI", "akia", "history/0123", "history/0123#1", "a b", "ü"]
    for name in names:
        vault.put(name, Secret(f"of {name}"))
    assert [vault.get(name) for name in names] == [Secret(f"of {name}") for name in names]
    vault.delete("AKIA")
    assert [vault.holds(name) for name in names] == [False] + [True] * 6


@pytest.mark.parametrize(
    "text",
    ["x", "  spaced\n", "'\"\\$`%", "gerät ☃ 😀", "x" * 1200, "x" * 1201, "0123456789" * 1000,
     "😀" * 2000],
    ids=["short", "spaces", "quotes", "unicode", "1200", "1201", "long", "long unicode"],
)  # fmt: skip
def test_any_text_comes_back_as_it_was(vault: Vault, text: str) -> None:
    vault.put("history/text", Secret(text))
    assert vault.get("history/text").reveal() == text


def test_no_error_shows_a_secret(vault: Vault) -> None:
    vault.put(KEY_ID, SECRET)
    with pytest.raises(SecretNotFound) as caught:
        vault.get(KEY_ID + "X")
    assert SECRET.reveal() not in f"{caught.value!r}{caught.value.fix}{vault!r}"
