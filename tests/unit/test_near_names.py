"""Suggestions for a mistyped name: near ones only."""

import difflib
import sys

import pytest

from awsprof.near_names import nearest_name


@pytest.mark.parametrize(
    ("word", "names", "meant"),
    [
        ("nope", ["ignore", "key-age", "vault"], None),  # half of the letters are alike
        ("dev", ["default", "prod"], None),
        ("prdo", ["default", "prod"], "prod"),
        ("dv", ["default", "dev"], "dev"),
        ("PROD", ["prod"], "prod"),
        ("prod_admin", ["prod-admin", "prod"], "prod-admin"),
        ("customer-prod", ["customer-prod-admin", "other"], "customer-prod-admin"),
        ("prod", ["prod", "prod2"], "prod"),
        ("", ["a"], None),
        ("x", ["a", "k"], None),
        ("A", ["b", "a"], "a"),
        ("ÜBUNG_PROD", ["prod", "übung-prod"], "übung-prod"),
        ("東京支店dev", ["大阪本社dev"], None),  # other letters than a to z count too
        ("東京支点dev", ["大阪本社dev", "東京支店dev"], "東京支店dev"),
        ("x" * 81, ["x" * 80], None),
        ("x" * 100_000, ["y" * 100_000], None),
    ],
)
def test_only_near_names_are_suggested(word: str, names: list[str], meant: str | None) -> None:
    assert nearest_name(word, names) == meant


def test_thousands_of_names_with_the_same_letters_are_not_all_compared_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[float] = []
    ratio = difflib.SequenceMatcher.ratio

    def count(matcher: difflib.SequenceMatcher[str]) -> float:
        compared.append(found := ratio(matcher))
        return found

    monkeypatch.setattr(difflib.SequenceMatcher, "ratio", count)
    names = ["".join(sorted("ab" * 5 + f"{n:04}")) + f"{n}" for n in range(1000)]
    nearest_name("ba" * 5 + "1234", names)
    assert 0 < len(compared) <= 200


def test_names_are_not_kept_after_the_answer() -> None:
    names = ["".join(("some-", "profile"))]
    before = sys.getrefcount(names[0])
    assert nearest_name("other", names) is None
    after = sys.getrefcount(names[0])
    assert after == before
