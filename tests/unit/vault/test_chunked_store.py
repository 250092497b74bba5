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


class Refusing:
    """A keyring that refuses every change of one entry."""

    id = title = "refusing"

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self.refused = ""

    def ready(self, *, create: bool) -> None:
        """It is unlocked."""

    def get(self, service: str, user: str) -> str | None:
        """The text."""
        return self.entries.get(user)

    def set(self, service: str, user: str, text: str) -> None:
        """Keep it, or VaultError."""
        self._check(user)
        self.entries[user] = text

    def delete(self, service: str, user: str) -> None:
        """Forget it, or VaultError."""
        self._check(user)
        self.entries.pop(user, None)

    def _check(self, user: str) -> None:
        if user == self.refused:
            raise VaultError("It is refused.", "mend it")


@pytest.mark.parametrize("refused", ["name", "name#4", "name#5"])
def test_a_set_that_fails_leaves_the_former_text_and_nothing_else(refused: str) -> None:
    under = Refusing()
    store = ChunkedStore(under, 10)
    store.set("awsprof", "name", "a former long secret")
    before, under.refused = dict(under.entries), refused
    with pytest.raises(VaultError):
        store.set("awsprof", "name", "another secret, longer than that")
    assert {name: text for name, text in under.entries.items() if name != refused} == {
        name: text for name, text in before.items() if name != refused
    }
    under.refused = ""
    assert store.get("awsprof", "name") == "a former long secret"
    for text in ("another secret, longer than that", "one more long secret", "short"):
        store.set("awsprof", "name", text)
        assert store.get("awsprof", "name") == text
    assert under.entries == {"name": "short"}


def test_a_delete_that_fails_is_ended_by_the_next() -> None:
    under = Refusing()
    store = ChunkedStore(under, 10)
    store.set("awsprof", "name", "a long secret of three")
    under.refused = "name#2"
    with pytest.raises(VaultError):
        store.delete("awsprof", "name")
    under.refused = ""
    store.delete("awsprof", "name")
    assert under.entries == {}
