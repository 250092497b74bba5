"""Finds a profile's AWS account in the config files and the vault's index."""

from __future__ import annotations

from awsprof.arn import Arn
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import access_key
from awsprof.vault.index import Index


def account_of(profile: Profile, index: Index | None = None) -> str | None:
    """Returns the profile's account ID, or None if it is unknown; makes no AWS calls.

    Looks at the role's ARN, the account that the profile names, the index entry of its access key
    and the MFA device's ARN, in that order. Ignores an index that cannot be read.
    """
    role = _account(profile.get("role_arn"))
    if role:
        return role
    stated = profile.get("sso_account_id") or profile.get("aws_account_id")
    if stated:
        return stated
    key = access_key(profile)
    entry = (index or Index.load_or_empty()).find(key) if key else None
    return (entry.account if entry else None) or _account(profile.get("mfa_serial"))


def _account(arn: str | None) -> str | None:
    found = Arn.parse(arn)
    return found.account or None if found else None
