"""The profile in use where none is named: the one rule, which is boto3's.

boto3 looks at AWS_DEFAULT_PROFILE first, then at AWS_PROFILE. The AWS CLI v2 and the other SDKs
take AWS_PROFILE; where the two disagree the doctor says so (env-profiles-disagree). A variable that
is set and empty names a profile that there is not, as in boto3.

Source: botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES, "profile".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

VARIABLES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""The variables that name a profile, in boto3's order."""


def variable_in_use(environment: Mapping[str, str] | None = None) -> str | None:
    """The variable that names the profile in use; None where neither is set."""
    given = os.environ if environment is None else environment
    return next((name for name in VARIABLES if name in given), None)


def profile_in_use(environment: Mapping[str, str] | None = None) -> str:
    """The profile in use: what that variable names (which may be nothing), else ``default``."""
    given = os.environ if environment is None else environment
    variable = variable_in_use(given)
    return given[variable] if variable is not None else "default"


def other_profile(environment: Mapping[str, str] | None = None) -> str | None:
    """The profile that other SDKs take instead, where the two variables disagree; else None."""
    given = os.environ if environment is None else environment
    names = [given[name] for name in VARIABLES if name in given]
    return names[1] if len(names) > 1 and names[0] != names[1] else None
