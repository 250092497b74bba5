"""Credentials are one line each: what holds a control character is refused where it comes in."""

import pytest

from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.errors import CredentialsError
from awsprof.secret import Secret

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize("bad", ["a\nAWS_PROFILE=x", "a\r", "\x1b[31m", "a\x00", "a\x7f", "a\tb"])
def test_a_control_character_is_refused(bad: str) -> None:
    for key, secret, token, account in (
        (KEY, bad, "x", None),
        (bad, "x", "x", None),
        (KEY, "x", bad, None),
        (KEY, "x", "x", bad),
    ):
        with pytest.raises(CredentialsError, match="control character") as told:
            Credentials(key, Secret(secret), Secret(token), account=account)
        assert bad not in told.value.message
    with pytest.raises(CredentialsError):
        credentials_from_json(b'{"AccessKeyId": "AKIA", "SecretAccessKey": "a\\nb"}')
