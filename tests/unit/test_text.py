"""Text from outside cannot move the cursor, reorder what is read, or forge a line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.text import sanitize


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
