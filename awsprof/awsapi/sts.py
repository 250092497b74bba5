"""STS calls and the region that they go to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from awsprof import parsing, regions
from awsprof.awsapi import botocore_sessions
from awsprof.awsapi.credentials import Credentials
from awsprof.profiles.durations import seconds_of
from awsprof.profiles.model import Profile
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.awsapi.clients import Clients

TWELVE_HOURS = 43200


def sts_region(profile: Profile | None, region: str | None = None) -> str:
    """Returns the STS region: the profile's, the environment's, or its partition's default."""
    own = region or (profile.get("region") if profile else None)
    chosen = own or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if chosen:
        return chosen
    return regions.default_region((profile and profile.partition) or regions.DEFAULT_PARTITION)


def get_session_token(
    clients: Clients,
    source: Credentials,
    profile: Profile,
    device: str,
    code: str,
    duration: int | None = None,
) -> Credentials:
    """Returns an IAM user's temporary credentials with MFA (GetSessionToken).

    They last ``duration`` seconds; by default duration_seconds of the profile, else 12 hours.
    Raises botocore's errors. Source: STS API reference, GetSessionToken.
    """
    asked = clients.client("sts", source, profile, sts_region(profile))
    answer = asked.get_session_token(
        DurationSeconds=session_seconds(profile, duration),
        SerialNumber=device,
        TokenCode=code,
    )
    return credentials_from_response(answer["Credentials"])


def session_seconds(profile: Profile, duration: int | None = None) -> int:
    """Returns the DurationSeconds of an MFA session of a key."""
    seconds = duration or seconds_of(profile.get("duration_seconds"))
    # A value that is not a number is ignored, as botocore does for roles.
    return TWELVE_HOURS if seconds is None else seconds


def credentials_from_response(answer: dict[str, Any], account: str | None = None) -> Credentials:
    """Returns the credentials in an STS response. Raises KeyError or ValueError if it has none."""
    key_id, secret, token = (
        parsing.expect_text(answer[name], name)
        for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    )
    expires = parsing.require_timezone(answer["Expiration"], "Expiration")
    return Credentials(key_id, Secret(secret), Secret(token), expires, account)


def get_access_key_info(source: Credentials, key_id: str, profile: Profile | None) -> str:
    """Returns the account of any access key (GetAccessKeyInfo), signed with a long-term key.

    Raises botocore's errors. Source: STS API reference, GetAccessKeyInfo.
    """
    calling = botocore_sessions.make_client(
        botocore_sessions.botocore_session(profile), "sts", source, sts_region(profile)
    )
    return str(calling.get_access_key_info(AccessKeyId=key_id)["Account"])
