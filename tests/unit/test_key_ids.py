"""Access key IDs: their shapes, and that nothing else is ever shown as one."""

import pytest

from awsprof import key_ids


@pytest.mark.parametrize("text", ["AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "A" + "KIA" * 8])
def test_ids_of_long_term_keys(text: str) -> None:
    assert key_ids.is_access_key_id(text) == text.startswith("AKIA")
    assert key_ids.is_long_term(text) and not key_ids.is_temporary(text)
    assert key_ids.display_id(text) == text


def test_the_id_of_temporary_credentials() -> None:
    assert key_ids.is_temporary("ASIAIOSFODNN7EXAMPLE")
    assert not key_ids.is_long_term("ASIAIOSFODNN7EXAMPLE")


@pytest.mark.parametrize("text", ["AIDAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576Q"])
def test_users_and_roles_have_ids_that_are_no_keys(text: str) -> None:
    assert key_ids.is_unique_id(text) and not key_ids.is_access_key_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AKIAIOSFODNN7EXAMPLe",
        "AKIA",
        "AKIAIOSFODNN7EXAMPLE\n",
        "minioadmin",
    ],
)
def test_what_is_no_id_is_never_shown_as_one(text: str) -> None:
    assert not key_ids.is_access_key_id(text)
    assert key_ids.display_id(text) == "***"
