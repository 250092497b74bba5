"""The current profile if a command names none, by boto3's rule.

boto3 reads AWS_DEFAULT_PROFILE first, then AWS_PROFILE. The AWS CLI v2 and the other SDKs read
AWS_PROFILE; the doctor reports if the two disagree (env-profiles-disagree). A variable that is set
but empty names a profile that does not exist, as in boto3.

Source: botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES, "profile".
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each shell prompt 10 ms
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from awsprof.profiles.model import Profile

VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""The variables that name a profile, in boto3's order."""

KEY_VARIABLES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""The variables of an access key; the token belongs to temporary keys alone."""

CONTAINER_VARIABLES: Final = (
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""The variables that name where a container gets its credentials, as in ECS, in botocore's order.

The endpoint of ``awsprof exec --serve`` is in the second one.
"""


ROLE_VARIABLE: Final = "AWS_ROLE_ARN"
TOKEN_FILE_VARIABLE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105  # a variable's name


def variable_in_use(environment: Mapping[str, str] | None = None) -> str | None:
    """Returns the variable that names the current profile; None if neither is set."""
    variables = os.environ if environment is None else environment
    return next((name for name in VARIABLES if name in variables), None)


def profile_in_use(environment: Mapping[str, str] | None = None) -> str:
    """Returns the current profile: the variable's value (which may be empty), or ``default``."""
    variables = os.environ if environment is None else environment
    variable = variable_in_use(variables)
    return variables[variable] if variable is not None else "default"


def profile_of_shell(environment: Mapping[str, str] | None = None) -> str | None:
    """Returns the profile that a command without PROFILE means in a shell of ``awsprof exec``.

    None once a variable of boto3's names a profile.
    """
    return None if variable_in_use(environment) else given_profile(environment)


def given_profile(environment: Mapping[str, str] | None = None) -> str | None:
    """Returns the profile whose credentials ``awsprof exec`` or ``env`` gave to this shell.

    None once those are unset. A role that has no profile has a name too.
    """
    variables = os.environ if environment is None else environment
    given = keys_win(variables) or any(map(variables.get, CONTAINER_VARIABLES))
    return variables.get("AWSPROF_PROFILE") or None if given else None


def incomplete_key(environment: Mapping[str, str] | None = None) -> bool:
    """True if the variables have an access key ID without a secret: boto3 then stops."""
    variables = os.environ if environment is None else environment
    return bool(variables.get(KEY_VARIABLES[0])) and not variables.get(KEY_VARIABLES[1])


def keys_win(environment: Mapping[str, str] | None = None) -> bool:
    """True if boto3 uses an access key in variables before the current profile."""
    variables = os.environ if environment is None else environment
    return all(map(variables.get, KEY_VARIABLES[:2]))


def web_identity_wins(
    profile: Profile | None, environment: Mapping[str, str] | None = None
) -> bool:
    """True if boto3 uses the role and token file in variables before the current profile.

    A role that the profile assumes by another source comes first.

    Source: botocore.credentials.create_credential_resolver, AssumeRoleWithWebIdentityProvider.
    """
    variables = os.environ if environment is None else environment
    if not variables.get(TOKEN_FILE_VARIABLE) or keys_win(variables):
        return False
    own = profile is not None and "role_arn" in profile.values
    if own and profile is not None and "web_identity_token_file" not in profile.values:
        return False
    return own or bool(variables.get(ROLE_VARIABLE))


def other_profile(environment: Mapping[str, str] | None = None) -> str | None:
    """Returns the profile that other SDKs use if the two variables disagree; otherwise None."""
    variables = os.environ if environment is None else environment
    names = [variables[name] for name in VARIABLES if name in variables]
    return names[1] if len(names) > 1 and names[0] != names[1] else None
