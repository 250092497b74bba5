"""The IAM documents that our flows need, filled in: who may do what, and only with MFA.

Each permits the calls its docstring lists, and no more. Names of actions and condition keys: the
Service Authorization Reference, "IAM" and "STS"; the shape of a denial without MFA: the IAM User
Guide, "AWS: Allows MFA-authenticated IAM users to manage their own credentials".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from awsprof.errors import UsageError

Document = dict[str, Any]
_MYSELF: Final = "${aws:username}"
_MFA: Final = "aws:MultiFactorAuthPresent"
# Done before there is a session with MFA, so that it can come to be; what only tells who one is.
_WITHOUT_MFA: Final = (
    "iam:CreateVirtualMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetAccessKeyInfo",
    "sts:GetCallerIdentity",
    "sts:GetSessionToken",
)


@dataclass(frozen=True)
class PolicyParameters:
    """What is filled in: ``account`` and ``user`` empty for any account, and for oneself.

    ``roles`` are names or ARNs; none stands for every role of the account.
    """

    partition: str = "aws"
    account: str = ""
    user: str = ""
    roles: tuple[str, ...] = field(default=())

    def arn(self, resource: str) -> str:
        """The ARN of something in IAM, in any account where none is given."""
        return f"arn:{self.partition}:iam::{self.account or '*'}:{resource}"

    @property
    def me(self) -> str:
        """The user, or whoever it is that asks."""
        return self.user or _MYSELF


@dataclass(frozen=True)
class Policy:
    """One of the documents: how it is made, and what to do with it."""

    make: Callable[[PolicyParameters], Document]
    attach: str


def document(name: str, blanks: PolicyParameters) -> Document:
    """The document of that name. UsageError where something is missing that it cannot be without.

    The name is one of ``POLICIES``.
    """
    return POLICIES[name].make(blanks)


def assume_with_mfa(blanks: PolicyParameters) -> Document:
    """Lets a user assume the roles, with MFA alone: sts:AssumeRole."""
    roles = [_role(role, blanks) for role in blanks.roles] or [blanks.arn("role/*")]
    return _of(
        _allow("AssumeRolesWithMfa", ["sts:AssumeRole"], roles, _with_mfa()),
    )


def manage_own_mfa(blanks: PolicyParameters) -> Document:
    """Lets users set up MFA for themselves, and nothing else before they have signed in with it.

    awsprof mfa: CreateVirtualMFADevice, EnableMFADevice, ListMFADevices, ResyncMFADevice, and
    DeleteVirtualMFADevice, which AWS takes for a device that nobody has enabled alone.
    """
    devices = [blanks.arn(f"mfa/{blanks.me}"), blanks.arn(f"mfa/{blanks.me}/*")]
    mine = [blanks.arn(f"user/{blanks.me}")]
    making = ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"]
    using = ["iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"]
    return _of(
        _allow("MakeOwnDevice", making, devices),
        _allow("UseOwnDevice", using, mine),
        _allow("GiveUpOwnDeviceWithMfa", ["iam:DeactivateMFADevice"], mine, _with_mfa()),
        _deny_without_mfa(),
    )


def manage_own_keys(blanks: PolicyParameters) -> Document:
    """Lets users manage their own access keys, signed in with MFA.

    awsprof keys: CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys and
    GetAccessKeyLastUsed; keys audit: ListMFADevices, ListAttachedUserPolicies and, of STS,
    GetAccessKeyInfo.
    """
    mine = [blanks.arn(f"user/{blanks.me}")]
    actions = [
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:ListMFADevices",
        "iam:UpdateAccessKey",
    ]
    return _of(
        _allow("ManageOwnKeys", actions, mine),
        _allow("FindTheAccountOfAKey", ["sts:GetAccessKeyInfo"], ["*"]),
        _deny_without_mfa(),
    )


def audit_keys(blanks: PolicyParameters) -> Document:
    """Lets somebody look at the keys of all users: keys audit.

    GenerateCredentialReport, GetCredentialReport, GetAccessKeyLastUsed, ListAccessKeys,
    ListMFADevices, ListAttachedUserPolicies and, of STS, GetAccessKeyInfo.
    """
    looking = [
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:ListMFADevices",
    ]
    report = ["iam:GenerateCredentialReport", "iam:GetCredentialReport", "sts:GetAccessKeyInfo"]
    return _of(
        _allow("LookAtUsersKeys", looking, [blanks.arn(f"user/{blanks.user or '*'}")]),
        _allow("ReadTheCredentialReport", report, ["*"]),
    )


def stop_keys(blanks: PolicyParameters) -> Document:
    """Lets somebody stop the leaked key of a user: keys stop.

    PutUserPolicy, CreateAccessKey, UpdateAccessKey, ListAccessKeys, GetAccessKeyLastUsed and
    ListAttachedUserPolicies. Who may put a policy may give any permission: it is for those few who
    answer an alarm, and wants MFA.
    """
    actions = [
        "iam:CreateAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:PutUserPolicy",
        "iam:UpdateAccessKey",
    ]
    users = [blanks.arn(f"user/{blanks.user or '*'}")]
    return _of(_allow("StopLeakedKeysWithMfa", actions, users, _with_mfa()))


def role_trust_mfa(blanks: PolicyParameters) -> Document:
    """A role's trust policy: users of the account, or one of them, assume it with MFA alone.

    sts:AssumeRole. UsageError without an account, since a trust in all of them would be open.
    """
    if not blanks.account:
        raise UsageError(
            "A trust policy names the account that is trusted.", "add --account 123456789012"
        )
    who = blanks.arn(f"user/{blanks.user}" if blanks.user else "root")
    statement = {
        "Sid": "TrustWithMfa",
        "Effect": "Allow",
        "Principal": {"AWS": who},
        "Action": "sts:AssumeRole",
        "Condition": _with_mfa(),
    }
    return _of(statement)


def older_sessions(before: datetime) -> Document:
    """Denies all to sessions that were issued before that moment, which has a time zone.

    As AWSRevokeOlderSessions does for a role: IAM User Guide, "Revoke IAM role temporary security
    credentials". A long-term key has no aws:TokenIssueTime, and is not meant.
    """
    moment = f"{before.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    statement = {
        "Sid": "DenyOlderSessions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
    }
    return _of(statement)


POLICIES: Final[Mapping[str, Policy]] = {
    "assume-with-mfa": Policy(
        assume_with_mfa, "attach it to the users, or their group, who may assume the role"
    ),
    "manage-own-mfa": Policy(
        manage_own_mfa,
        "attach it to users, or their group: until they sign in with MFA they may do nothing else",
    ),
    "manage-own-keys": Policy(
        manage_own_keys,
        "attach it to users who have MFA, or their group: without MFA it denies all else",
    ),
    "role-trust-mfa": Policy(role_trust_mfa, "make it the trust policy of the role"),
    "audit-keys": Policy(audit_keys, "attach it to whoever looks after the account's keys"),
    "stop-keys": Policy(
        stop_keys, "attach it to the few who stop leaked keys: it can give any permission"
    ),
}


def _of(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: Document | None = None
) -> Document:
    statement: Document = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def _deny_without_mfa() -> Document:
    # IfExists: a long-term key has no word on MFA at all, and is denied too.
    return {
        "Sid": "DenyAllElseWithoutMfa",
        "Effect": "Deny",
        "NotAction": list(_WITHOUT_MFA),
        "Resource": "*",
        "Condition": {"BoolIfExists": {_MFA: "false"}},
    }


def _with_mfa() -> Document:
    return {"Bool": {_MFA: "true"}}


def _role(role: str, blanks: PolicyParameters) -> str:
    return role if role.startswith("arn:") else blanks.arn(f"role/{role}")
