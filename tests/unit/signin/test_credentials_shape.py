"""Credentials are one line each: what holds a control character is refused where it comes in."""

import pytest

from awsprof.errors import SignInFailed
from awsprof.secret import Secret
from awsprof.signin.credentials import Credentials, from_json

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize("bad", ["a\nAWS_PROFILE=x", "a\r", "\x1b[31m", "a\x00", "a\x7f", "a\tb"])
def test_a_control_character_is_refused(bad: str) -> None:
    for key, secret, token, account in (
        (KEY, bad, "x", None),
        (bad, "x", "x", None),
        (KEY, "x", bad, None),
        (KEY, "x", "x", bad),
    ):
        with pytest.raises(SignInFailed, match="control character") as told:
            Credentials(key, Secret(secret), Secret(token), account=account)
        assert bad not in told.value.message
    with pytest.raises(SignInFailed):
        from_json(b'{"AccessKeyId": "AKIA", "SecretAccessKey": "a\\nb"}')
