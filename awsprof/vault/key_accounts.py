"""The AWS account that a profile is in, as far as the files and the vault's index know it."""

from __future__ import annotations

from awsprof.arn import Arn
from awsprof.errors import AwsprofError
from awsprof.profiles.form import access_key
from awsprof.profiles.model import Profile
from awsprof.vault.index import Index


def account_of(profile: Profile, index: Index | None = None) -> str | None:
    """The account id, or None where neither says it; AWS is not asked.

    A role's ARN says it, an account that the profile states, the index for a key in the vault or
    in plain text, and an MFA device's ARN, in that order. An index that cannot be read says
    nothing.
    """
    role = _account(profile.get("role_arn"))
    if role:
        return role
    stated = profile.get("sso_account_id") or profile.get("aws_account_id")
    if stated:
        return stated
    key = access_key(profile)
    noted = _noted(key, index) if key else None
    return noted or _account(profile.get("mfa_serial"))


def _account(arn: str | None) -> str | None:
    found = Arn.parse(arn)
    return found.account or None if found else None


def _noted(key_id: str, index: Index | None) -> str | None:
    try:
        entry = (index or Index.load()).find(key_id)
    except AwsprofError:  # a table is of use without it
        return None
    return entry.account if entry else None
