"""Suggestions for a mistyped name: near ones only."""

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
        ("x" * 100_000, ["y" * 100_000], None),
    ],
)
def test_only_near_names_are_suggested(word: str, names: list[str], meant: str | None) -> None:
    assert nearest_name(word, names) == meant
