"""Environment variables for child processes: what awsprof sets, and what it removes."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # exec and env with cached credentials import little
if TYPE_CHECKING:
    from collections.abc import Mapping
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
    "AWSPROF_PROFILE",  # whose credentials those were
)
# A service's API key, such as AWS_BEARER_TOKEN_BEDROCK: botocore prefers it to all credentials.
_BEARER_TOKENS: Final = "AWS_BEARER_TOKEN_"
_OURS: Final = ("AWSPROF_PASSPHRASE",)


# Where each value of a credential_process output belongs.
_VARIABLES: Final = {
    "AccessKeyId": "AWS_ACCESS_KEY_ID",
    "SecretAccessKey": "AWS_SECRET_ACCESS_KEY",
    "SessionToken": "AWS_SESSION_TOKEN",
    "Expiration": "AWS_CREDENTIAL_EXPIRATION",
    "AccountId": "AWS_ACCOUNT_ID",
}


def credential_variables(
    credentials: Credentials, profile: Profile, region: str | None = None
) -> dict[str, str]:
    """Returns the variables that every SDK reads, the region included; secrets are in clear text.

    ``region`` is used instead of the profile's.
    """
    return variables_of(credentials.process_fields(), region or profile.get("region"))


def variables_of(fields: Mapping[str, object], region: str | None) -> dict[str, str]:
    """Returns the variables for the fields of a credential_process output, and for the region."""
    given = {_VARIABLES[name]: str(fields[name]) for name in _VARIABLES if name in fields}
    regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} if region else {}
    return {**given, **regions}


def clean_environment() -> dict[str, str]:
    """Returns this process's environment without awsprof's own secrets, for a helper program."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}


def child_environment(environment: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Returns ``environment`` with ``given`` added and conflicting variables removed."""
    removed = (*CLEARED, *_OURS)
    kept = {k: v for k, v in environment.items() if k not in removed and not _is_bearer_token(k)}
    return {**kept, **given}


def conflicting_variables(given: Mapping[str, str]) -> list[str]:
    """Returns the variables that a shell has to unset when it sets ``given``."""
    tokens = [n for n in sorted(os.environ) if _is_bearer_token(n) and n.isidentifier()]
    return [name for name in (*CLEARED, *tokens) if name not in given]


def variables_for_shell(given: Mapping[str, str], profile: str) -> dict[str, str]:
    """Returns ``given`` and the variable that says whose credentials they are."""
    return {**given, "AWSPROF_PROFILE": profile}


def _is_bearer_token(variable: str) -> bool:
    return variable.startswith(_BEARER_TOKENS)
