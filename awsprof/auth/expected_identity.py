"""Who a profile is meant to be, and whether whoever answers is that.

What is meant stands in the configuration (a role's ARN, an account and a permission set) and, of a
key, in the vault's index, which notes whose it is. ``awsprof add``, ``set``, the wizard, the flows
on keys and the doctor all compare with it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awsprof.errors import AwsprofError
from awsprof.profiles.form import CredentialForm, credential_form, key_in_vault
from awsprof.profiles.kinds.fields import ROLE_ARN
from awsprof.text import sanitize
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.awsapi.caller_identity import Identity
    from awsprof.profiles.model import Profile


@dataclass(frozen=True)
class ExpectedIdentity:
    """Who is meant, as far as it is known; what is None may be anything.

    ``role`` is a role's name without its path, or with ``assigned`` the name of a permission set
    of Identity Center. ``arn`` is the user whose key it is. ``account_key`` and ``role_key`` are
    the keys of the profile that say so.
    """

    account: str | None = None
    role: str | None = None
    arn: str | None = None
    assigned: bool = False
    account_key: str = ""
    role_key: str = ""

    def has_account(self, who: Identity) -> bool:
        """Whether it is the account that is meant."""
        return self.account is None or self.account == who.account

    def has_role(self, who: Identity) -> bool:
        """Whether it is the role that is meant.

        AWS names an assumed role by the last part of its ARN, and a permission set by
        AWSReservedSSO_, its name, and letters of its own (IAM User Guide, "IAM identifiers").
        """
        if self.role is None:
            return True
        answers = assumed_role_name(who.arn)
        if self.assigned:
            return (answers or "").rpartition("_")[0] == f"AWSReservedSSO_{self.role}"
        return answers == self.role

    def has_user(self, who: Identity) -> bool:
        """Whether it is the user whose key is meant."""
        return self.arn is None or self.arn == who.arn

    def matches(self, who: Identity) -> bool:
        """Whether account, role and user are those that are meant."""
        return self.has_account(who) and self.has_role(who) and self.has_user(who)

    def __str__(self) -> str:
        """ "the role Admin in account 210987654321"; what a sentence calls who is meant."""
        if self.arn is not None:
            return sanitize(self.arn)
        where = f"account {sanitize(self.account)}" if self.account else ""
        if self.role is None:
            return where or "anybody"
        what = f"the {'permission set' if self.assigned else 'role'} {sanitize(self.role)}"
        return f"{what} in {where}" if where else what


def identity_meant_by(profile: Profile, index: Index | None = None) -> ExpectedIdentity:
    """Who the profile is meant to be; ``index`` is the vault's, read anew where it is not given.

    An index that cannot be read knows nobody.
    """
    found = credential_form(profile)
    if found in (CredentialForm.ROLE, CredentialForm.WEB):
        match = ROLE_ARN.match(profile.get("role_arn") or "")
        if match is None:
            return ExpectedIdentity()
        role = match["role"].rsplit("/", 1)[-1]
        return ExpectedIdentity(match["account"], role, account_key="role_arn", role_key="role_arn")
    if found is CredentialForm.SSO:
        return ExpectedIdentity(
            profile.get("sso_account_id"),
            profile.get("sso_role_name"),
            assigned=True,
            account_key="sso_account_id",
            role_key="sso_role_name",
        )
    key, key_id = "credential_process", key_in_vault(profile)
    if found is CredentialForm.KEYS:
        key, key_id = "aws_access_key_id", profile.get("aws_access_key_id")
    elif found is not CredentialForm.PROCESS:
        key_id = None
    return _owner(key_id, profile.get("aws_account_id"), key, index)


def _owner(
    key_id: str | None, stated: str | None, key: str, index: Index | None
) -> ExpectedIdentity:
    entry = (index if index is not None else _index()).find(key_id) if key_id else None
    account = (entry.account if entry else None) or stated
    return ExpectedIdentity(account, arn=entry.arn if entry else None, account_key=key)


def _index() -> Index:
    try:
        return Index.load()
    except AwsprofError:
        return Index({})


def same_identity(one: Identity, other: Identity) -> bool:
    """Whether both are one account's same role or user; sessions of a role are alike."""
    if assumed_role_name(one.arn) is None:
        return one.arn == other.arn
    return (one.account, assumed_role_name(one.arn)) == (
        other.account,
        assumed_role_name(other.arn),
    )


def assumed_role_name(arn: str) -> str | None:
    """The name of the role that was assumed, which bears no path here; None of no role."""
    parts = arn.split(":", 5)[-1].split("/")
    return parts[1] if parts[0] == "assumed-role" and len(parts) > 1 else None
