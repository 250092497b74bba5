"""Texts of any length in a keyring with short entries, as on Windows."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.errors import VaultError
from awsprof.vault.chunked_store import ChunkedStore
from awsprof.vault.keyring_store import KeyringStore
from tests.budgets import examples
from tests.standins.broken_keyrings import Limited


def entries() -> list[str]:
    return sorted(user for _, user in Limited.entries)


def limited() -> KeyringStore:
    backend = Limited()  # type: ignore[no-untyped-call]  # keyring's own constructor has no types
    return KeyringStore(backend, id_="limited", title="Limited", delete_first=True)


@pytest.fixture
def pieces() -> ChunkedStore:
    Limited.entries.clear()
    Limited.left_behind.clear()
    return ChunkedStore(limited())


def test_a_short_text_stands_as_it_is(pieces: ChunkedStore) -> None:
    pieces.set("awsprof", "AKIA", "x" * 1200)
    assert Limited.entries == {("awsprof", "AKIA"): "x" * 1200}
    assert pieces.get("awsprof", "AKIA") == "x" * 1200


def test_a_long_one_in_pieces_and_nothing_stays_of_it(pieces: ChunkedStore) -> None:
    text = "".join(chr(33 + n % 90) for n in range(5000))
    pieces.set("awsprof", "long", text)
    assert entries() == ["long", "long#1", "long#2", "long#3", "long#4", "long#5"]
    assert pieces.get("awsprof", "long") == text
    pieces.set("awsprof", "long", "short")
    assert entries() == ["long"]
    assert pieces.get("awsprof", "long") == "short"
    pieces.set("awsprof", "long", text)
    pieces.delete("awsprof", "long")
    assert entries() == []
    assert pieces.get("awsprof", "long") is None


def test_an_old_secret_is_deleted_before_a_new_one_is_set(pieces: ChunkedStore) -> None:
    pieces.set("awsprof", "AKIA", "old")
    pieces.set("awsprof", "AKIA", "new")
    assert Limited.left_behind == []


@settings(max_examples=examples(50), deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=3000), st.booleans())
def test_any_text_comes_back(text: str, looks_like_ours: bool) -> None:
    Limited.entries.clear()
    under = limited()
    store = ChunkedStore(under)
    wanted = "awsprof pieces 1 " * looks_like_ours + text + "😀" * 700 * looks_like_ours
    store.set("awsprof", "name", wanted)
    assert store.get("awsprof", "name") == wanted


@pytest.mark.parametrize("damage", ["missing", "another's", "head"])
def test_half_of_a_secret_is_an_error_and_never_an_answer(
    pieces: ChunkedStore, damage: str
) -> None:
    pieces.set("awsprof", "long", "x" * 3000)
    if damage == "missing":
        del Limited.entries["awsprof", "long#2"]
    elif damage == "another's":
        Limited.entries["awsprof", "long#2"] = "y" * 1200
    else:
        Limited.entries["awsprof", "long"] = "awsprof pieces 1 many abc"
    with pytest.raises(VaultError, match="missing or damaged"):
        pieces.get("awsprof", "long")
    pieces.set("awsprof", "long", "again")
    assert pieces.get("awsprof", "long") == "again"
