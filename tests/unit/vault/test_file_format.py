"""The format of the encrypted file: round trips, and a specific error for each damage."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.errors import VaultError
from awsprof.vault import file_format
from awsprof.vault.file_format import (
    CorruptFile,
    KdfParameters,
    WrongPassphrase,
    decrypt_entries,
    encrypt_entries,
)
from tests.budgets import examples

CHEAP = KdfParameters((16, 8, 1), b"salt" * 4)
KEY, OTHER = bytes(range(64)), bytes(range(64, 128))  # as derived from two passphrases
ENTRIES = {"awsprof": {"AKIAIOSFODNN7EXAMPLE": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}
FILE = encrypt_entries(ENTRIES, CHEAP, KEY)
HEAD = file_format._HEADER.size
WHERE = "/home/me/vault.bin"

texts = st.text(max_size=50)


@pytest.fixture(autouse=True)
def one_salt() -> None:
    """Each file has a salt of its own here."""


@given(st.dictionaries(texts, st.dictionaries(texts, texts, max_size=4), max_size=3))
@settings(max_examples=examples(60), deadline=None)
def test_what_was_sealed_comes_back(entries: file_format.Entries) -> None:
    assert decrypt_entries(encrypt_entries(entries, CHEAP, KEY), KEY, WHERE) == entries


def test_neither_names_nor_texts_can_be_read_in_it() -> None:
    for word in ("awsprof", "AKIA", "wJalr"):
        assert word.encode() not in FILE[len(file_format.MAGIC) :]


def test_the_same_sealed_twice_shares_no_nonce() -> None:
    assert encrypt_entries(ENTRIES, CHEAP, KEY) != FILE
    assert encrypt_entries(ENTRIES, CHEAP, KEY)[HEAD:][:12] != FILE[HEAD:][:12]


def test_the_key_is_slow_to_make_and_salted() -> None:
    fresh, another = KdfParameters.fresh(), KdfParameters.fresh()
    assert fresh.costs == (17, 8, 1)  # OWASP's row for scrypt
    assert fresh.salt != another.salt
    assert KdfParameters(CHEAP.costs, b"pepper!!" * 2).key("x") != CHEAP.key("x")


@pytest.mark.parametrize("passphrase", ["", "pässwörd ☃", "x" * 5000, "\udcff"])
def test_any_passphrase_serves(passphrase: str) -> None:
    key = CHEAP.key(passphrase)
    assert decrypt_entries(encrypt_entries(ENTRIES, CHEAP, key), key, WHERE) == ENTRIES


def test_another_passphrase_is_told_from_damage() -> None:
    with pytest.raises(WrongPassphrase, match=r"That passphrase does not open /home/me/vault\.bin"):
        decrypt_entries(FILE, OTHER, WHERE)


def test_a_cut_file_says_so_wherever_it_was_cut() -> None:
    for length in range(len(FILE)):
        with pytest.raises(CorruptFile, match="was cut short") as caught:
            decrypt_entries(FILE[:length], KEY, WHERE)
        assert "backup" in caught.value.fix


def test_a_change_of_any_bit_is_noticed_and_never_taken_for_a_wrong_passphrase() -> None:
    version = len(file_format.MAGIC)
    for at in range(len(FILE)):
        for bit in (1, 0x80):
            changed = bytearray(FILE)
            changed[at] ^= bit
            with pytest.raises(VaultError) as caught:
                decrypt_entries(bytes(changed), KEY, WHERE)
            assert isinstance(caught.value, CorruptFile) or at == version
            assert caught.value.fix


def test_bytes_behind_the_end_are_noticed() -> None:
    with pytest.raises(CorruptFile, match="extra bytes"):
        decrypt_entries(FILE + b"\n", KEY, WHERE)


def test_two_files_cannot_be_put_together() -> None:
    other = encrypt_entries({"awsprof": {"AKIAIOSFODNN7EXAMPLE": "y" * 40}}, CHEAP, OTHER)
    assert len(other) == len(FILE)
    with pytest.raises(CorruptFile, match="was changed"):
        decrypt_entries(FILE[:HEAD] + other[HEAD:], KEY, WHERE)


def test_a_file_of_a_newer_version_is_not_called_damaged() -> None:
    newer = FILE[:8] + b"\x02" + FILE[9:]
    with pytest.raises(VaultError, match=r"newer awsprof \(version 2") as caught:
        decrypt_entries(newer, KEY, WHERE)
    assert caught.value.fix == "upgrade awsprof"
    assert not isinstance(caught.value, CorruptFile)


@pytest.mark.parametrize("data", [b"[keys]\n", b"\0" * 200, b"awsprof vault" * 20])
def test_another_file_says_what_it_is_not(data: bytes) -> None:
    with pytest.raises(CorruptFile, match="is not an awsprof vault file"):
        decrypt_entries(data, KEY, WHERE)


def test_a_forged_header_cannot_make_us_take_all_memory() -> None:
    forged = KdfParameters((40, 8, 1), b"salt" * 4)
    with pytest.raises(CorruptFile, match="damaged header"):
        file_format.read_parameters(encrypt_entries(ENTRIES, forged, KEY), WHERE)


@pytest.mark.parametrize("costs", [(20, 16, 4), (18, 8, 1), (17, 16, 1), (17, 8, 2), (1, 1, 1)])
def test_costs_that_were_never_written_are_refused_before_memory_is_taken(
    costs: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = encrypt_entries(ENTRIES, KdfParameters(costs, b"salt" * 4), KEY)
    monkeypatch.setattr(KdfParameters, "key", None)
    with pytest.raises(CorruptFile, match="damaged header"):
        file_format.read_parameters(forged, WHERE)
