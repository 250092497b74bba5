"""The identity that a profile should have, compared with the one that AWS reports.

It comes from the config (a role's ARN, an account and a permission set) and, for a key, from the
vault's index. ``awsprof add``, ``set``, the wizard, the key commands and the doctor all use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awsprof.arn import Arn, parse_role
from awsprof.profiles.provider_order import ProviderType, key_in_vault, provider_type
from awsprof.text import sanitize
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.awsapi.sts import Identity
    from awsprof.profiles.model import Profile


@dataclass(frozen=True)
class ExpectedIdentity:
    """The expected identity; a field that is None matches anything.

    ``role`` is a role's name without its path or, if ``assigned``, the name of an Identity Center
    permission set. ``arn`` is the user that the key belongs to. ``account_key`` and ``role_key``
    are the profile keys that these come from.
    """

    account: str | None = None
    role: str | None = None
    arn: str | None = None
    assigned: bool = False
    account_key: str = ""
    role_key: str = ""

    def has_account(self, who: Identity) -> bool:
        """Returns True if the account matches."""
        return self.account is None or self.account == who.account

    def has_role(self, who: Identity) -> bool:
        """Returns True if the role matches.

        An assumed-role ARN has the role's name without its path; a permission set's role is named
        AWSReservedSSO_NAME_SUFFIX (IAM User Guide, "IAM identifiers").
        """
        if self.role is None:
            return True
        answers = assumed_role_name(who.arn)
        if self.assigned:
            return (answers or "").rpartition("_")[0] == f"AWSReservedSSO_{self.role}"
        return answers == self.role

    def has_user(self, who: Identity) -> bool:
        """Returns True if the user matches."""
        return self.arn is None or self.arn == who.arn

    def matches(self, who: Identity) -> bool:
        """Returns True if account, role and user match."""
        return self.has_account(who) and self.has_role(who) and self.has_user(who)

    def __str__(self) -> str:
        """Returns the identity for a sentence: "the role Admin in account 210987654321"."""
        if self.arn is not None:
            return sanitize(self.arn)
        where = f"account {sanitize(self.account)}" if self.account else ""
        if self.role is None:
            return where or "anybody"
        what = f"the {'permission set' if self.assigned else 'role'} {sanitize(self.role)}"
        return f"{what} in {where}" if where else what


def identity_meant_by(profile: Profile) -> ExpectedIdentity:
    """Returns the expected identity of a profile; an index that cannot be read counts as empty."""
    found = provider_type(profile)
    if found in (ProviderType.ROLE, ProviderType.WEB):
        role = parse_role(profile.get("role_arn"))
        if role is None:
            return ExpectedIdentity()
        return ExpectedIdentity(
            role.account, role.role_name, account_key="role_arn", role_key="role_arn"
        )
    if found is ProviderType.SSO:
        return ExpectedIdentity(
            profile.get("sso_account_id"),
            profile.get("sso_role_name"),
            assigned=True,
            account_key="sso_account_id",
            role_key="sso_role_name",
        )
    key, key_id = "credential_process", key_in_vault(profile)
    if found is ProviderType.KEYS:
        key, key_id = "aws_access_key_id", profile.get("aws_access_key_id")
    elif found is not ProviderType.PROCESS:
        key_id = None
    return _owner(key_id, profile.get("aws_account_id"), key)


def _owner(key_id: str | None, stated: str | None, key: str) -> ExpectedIdentity:
    entry = Index.load_or_empty().find(key_id) if key_id else None
    account = (entry.account if entry else None) or stated
    return ExpectedIdentity(account, arn=entry.arn if entry else None, account_key=key)


def same_identity(one: Identity, other: Identity) -> bool:
    """Returns True if both are the same user, or sessions of the same role."""
    if assumed_role_name(one.arn) is None:
        return one.arn == other.arn
    return (one.account, assumed_role_name(one.arn)) == (
        other.account,
        assumed_role_name(other.arn),
    )


def assumed_role_name(arn: str) -> str | None:
    """Returns the role name in an assumed-role ARN, without its path; None for other ARNs."""
    parsed = Arn.parse(arn)
    return parsed.role_name if parsed and parsed.type == "assumed-role" else None
