"""Environment variables for child processes: what awsprof sets, and what it removes."""

import os
from collections.abc import Mapping
from datetime import UTC
from typing import Final

from awsprof.awsapi.credentials import Credentials
from awsprof.profiles.model import Profile

# Other sources of credentials, which an SDK might prefer to the ones that are set.
CLEARED: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ACCOUNT_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
_OURS: Final = ("AWSPROF_PASSPHRASE",)


def credential_variables(
    credentials: Credentials, profile: Profile, region: str | None = None
) -> dict[str, str]:
    """Returns the variables that every SDK reads, the region included; secrets are in clear text.

    ``region`` is used instead of the profile's.
    """
    given = {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret.reveal(),
    }
    if credentials.token is not None:
        given["AWS_SESSION_TOKEN"] = credentials.token.reveal()
    if credentials.expires is not None:
        expires = credentials.expires.astimezone(UTC)
        given["AWS_CREDENTIAL_EXPIRATION"] = f"{expires:%Y-%m-%dT%H:%M:%SZ}"
    if credentials.account:
        given["AWS_ACCOUNT_ID"] = credentials.account
    return {**given, **region_variables(profile, region)}


def region_variables(profile: Profile, region: str | None = None) -> dict[str, str]:
    """Returns ``region``, or the profile's, under both names that SDKs read; empty without one."""
    found = region or profile.get("region")
    return {"AWS_REGION": found, "AWS_DEFAULT_REGION": found} if found else {}


def clean_environment() -> dict[str, str]:
    """Returns this process's environment without awsprof's own secrets, for a helper program."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}


def child_environment(environment: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Returns ``environment`` with ``given`` added and conflicting variables removed."""
    kept = {k: v for k, v in environment.items() if k not in CLEARED and k not in _OURS}
    return {**kept, **given}
