"""Text from outside cannot move the cursor, reorder what is read, or forge a line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.text import counted, fold, list_names, sanitize, sentence_start, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AccessDenied: no", "AccessDenied: no"),
        ("Grüße, 世界 🙂", "Grüße, 世界 🙂"),
        ("\x1b[2J\x1b[31mred", "[2J[31mred"),
        ("one\r\ntwo\tthree  four\n", "one two three four"),
        ("a\u2028b\u2029c\u0085d", "a b c d"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("\u2066x\u2069\u200b\ufeff", "x"),
        ("\x00\x07\x7f\x9b31m", "31m"),
        ("\ud800lone", "lone"),
        ("", ""),
    ],
)
def test_what_is_hidden_goes(text: str, shown: str) -> None:
    assert sanitize(text) == shown


def test_what_is_long_is_cut() -> None:
    assert sanitize("x" * 301) == "x" * 299 + "…"
    assert sanitize("x" * 300) == "x" * 300
    assert sanitize("abcdef", 3) == "ab…"


@given(st.text(st.characters()), st.integers(1, 40))
def test_the_answer_is_one_printable_line(text: str, limit: int) -> None:
    shown = sanitize(text, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


ARN = "arn:aws:sts::200000000005:assumed-role/AWSReservedSSO_Developer_0123456789abcdef/alice"


def test_an_arn_wider_than_the_room_is_broken_where_a_part_ends() -> None:
    assert fold(f"dev is {ARN}", 57) == [
        "dev is",
        "arn:aws:sts::200000000005:assumed-role/",
        "AWSReservedSSO_Developer_0123456789abcdef/alice",
    ]
    url = f"https://example.awsapps.com/start?{'x' * 60}"
    assert fold(f"open {url} now", 40) == ["open", url, "now"]
    assert fold("", 10) == [""]


@given(st.text(st.sampled_from("ab /:,本番")), st.integers(2, 30))
def test_folding_loses_nothing_and_fits(text: str, room: int) -> None:
    lines = fold(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if "://" not in text:
        assert all(width(line) <= room for line in lines)


def test_a_noun_has_an_s_unless_there_is_one() -> None:
    assert [counted(n, "profile") for n in range(3)] == ["0 profiles", "1 profile", "2 profiles"]


def test_names_beyond_the_first_are_counted() -> None:
    names = ["a", "b\nc", "d", "e"]
    assert list_names(names[:1], 3) == "a"
    assert list_names(names[:3], 3) == "a, b c, d"
    assert list_names(names, 2) == "a, b c and 2 more"


def test_a_sentence_starts_large_and_names_stay() -> None:
    assert sentence_start("the encrypted file x") == "The encrypted file x"
    assert sentence_start("keyring.backends.X") == "keyring.backends.X"
