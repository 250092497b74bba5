"""Misspelt keys: which known key they stand for, and which are no mistake."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.profiles.known_keys import PROFILE_KEYS, belongs_to_another_tool, nearest_known_key


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("regoin", "region"),
        ("rolearn", "role_arn"),
        ("role-arn", "role_arn"),
        ("aws_access_key", "aws_access_key_id"),
        ("AWS_SECRET_KEY", "aws_secret_access_key"),
        ("sorce_profile", "source_profile"),
        ("mfa_serail", "mfa_serial"),
        ("sso_role", "sso_role_name"),
        ("duration", "duration_seconds"),
    ],
)
def test_slips(written: str, meant: str) -> None:
    assert nearest_known_key(written, PROFILE_KEYS) == meant


@pytest.mark.parametrize("key", ["azure_tenant_id", "assumed_role", "tags", "team", "owner", "x"])
def test_nothing_is_guessed_from_afar(key: str) -> None:
    assert nearest_known_key(key, PROFILE_KEYS) is None


@pytest.mark.parametrize(
    "key",
    [
        *("granted_sso_region", "common_fate_generated_from", "azure_tenant_id", "assumed_role"),
        *("x_principal_arn", "aws_mfa_device", "autoawsume", "session_tags", "aws_expiration"),
    ],
)
def test_keys_of_other_tools(key: str) -> None:
    assert belongs_to_another_tool(key)


@given(
    st.sampled_from(sorted(PROFILE_KEYS)),
    st.integers(0, 40),
    st.sampled_from(string.ascii_lowercase),
)
def test_one_wrong_letter_is_seen(key: str, place: int, letter: str) -> None:
    place %= len(key)
    written = key[:place] + letter + key[place + 1 :]
    found = nearest_known_key(written, PROFILE_KEYS)
    assert found is not None or len(key) < 5
