"""What a person is told about a change that needs its own confirmation."""

import pytest

from awsprof.profiles.offline_identity import WHO_KEYS
from awsprof.team.sensitive_keys import SENSITIVE_KEYS, what_changes


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (("credential_process",), "which program runs"),
        (("s3.endpoint_url", "ca_bundle"), "where requests and tokens go, or whom they trust"),
        (("sso_account_id", "role_arn"), "your AWS identity"),
        (("mfa_process", "source_profile"), "which program runs, and your AWS identity"),
    ],
)
def test_a_change_is_called_what_it_is(keys: tuple[str, ...], said: str) -> None:
    assert what_changes(keys) == said


def test_nothing_that_is_confirmed_is_without_a_name() -> None:
    assert all(what_changes([key]) for key in SENSITIVE_KEYS | WHO_KEYS)
