"""MFA codes as people type and paste them, and names made of what Identity Center calls things."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.profiles.kinds.base import slug
from awsprof.prompting import parse_mfa_code

_BETWEEN = " \t\u00a0\u2009\u202f\u3000\u200b\ufeff-\u2010\u2011\u2013"


@pytest.mark.parametrize(
    "typed",
    [
        "123456",
        " 123 456 ",
        "123-456",
        "123\u2009456",
        "\u200b123\u00a0456\t",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "\u0661\u0662\u0663\u0664\u0665\u0666",
    ],
)
def test_a_code_is_read_however_it_was_copied(typed: str) -> None:
    assert parse_mfa_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "abcdef", "123456\n123456"])
def test_what_is_no_code(typed: str) -> None:
    assert parse_mfa_code(typed) is None


@given(st.lists(st.sampled_from("0123456789"), min_size=6, max_size=6), st.data())
def test_what_stands_between_digits_changes_nothing(digits: list[str], data: st.DataObject) -> None:
    gaps = [data.draw(st.text(_BETWEEN, max_size=2)) for _ in range(7)]
    typed = gaps[0] + "".join(d + g for d, g in zip(digits, gaps[1:], strict=True))
    assert parse_mfa_code(typed) == "".join(digits)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Ünïcödé", "unicode"),
        ("Prod (EU)", "prod-eu"),
        ("Größe & Co", "grosse-co"),
        ("Éclair & Söhne", "eclair-sohne"),
        ("\uff21\uff22 Team", "ab-team"),
        ("本番環境", ""),
    ],
)
def test_letters_lose_their_accents_in_a_profiles_name(name: str, made: str) -> None:
    assert slug(name) == made
