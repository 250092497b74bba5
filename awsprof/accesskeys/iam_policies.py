"""The IAM policies that awsprof's commands need; most require MFA.

Each permits the calls that its docstring lists, and no more. Sources: Service Authorization
Reference, "IAM" and "STS" (actions and condition keys); IAM User Guide, "AWS: Allows
MFA-authenticated IAM users to manage their own credentials" (the denial without MFA).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from awsprof.arn import Arn
from awsprof.errors import UsageError

PolicyDocument = dict[str, Any]
_MYSELF: Final = "${aws:username}"
_MFA: Final = "aws:MultiFactorAuthPresent"
# Needed before there is an MFA session, or harmless.
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
    """The parameters of a policy: empty ``account`` means any; empty ``user`` means the caller.

    ``roles`` are names or ARNs; without any, the policy covers every role of the account.
    """

    partition: str = "aws"
    account: str = ""
    user: str = ""
    roles: tuple[str, ...] = field(default=())

    def arn(self, resource: str) -> str:
        """Returns the ARN of an IAM resource, in any account if there is no ``account``."""
        return str(Arn(self.partition, "iam", "", self.account or "*", resource))

    @property
    def me(self) -> str:
        """The user, or a variable for the caller."""
        return self.user or _MYSELF


@dataclass(frozen=True)
class Policy:
    """A policy: the function that returns its document, what it is for, what to attach it to."""

    make: Callable[[PolicyParameters], PolicyDocument]
    summary: str
    attach: str


def policy_document(name: str, parameters: PolicyParameters) -> PolicyDocument:
    """Returns a policy of ``POLICIES``. Raises UsageError if a parameter is missing."""
    return POLICIES[name].make(parameters)


def assume_with_mfa(parameters: PolicyParameters) -> PolicyDocument:
    """Lets a user assume the roles, with MFA only: sts:AssumeRole."""
    roles = [_role(role, parameters) for role in parameters.roles] or [parameters.arn("role/*")]
    return _policy(
        _allow("AssumeRolesWithMfa", ["sts:AssumeRole"], roles, _with_mfa()),
    )


def manage_own_mfa(parameters: PolicyParameters) -> PolicyDocument:
    """Lets users set up MFA for themselves; everything else needs a sign-in with MFA.

    awsprof mfa: CreateVirtualMFADevice, EnableMFADevice, ListMFADevices, ResyncMFADevice, and
    DeleteVirtualMFADevice, which AWS allows only for a device that is not enabled.
    """
    devices = [parameters.arn(f"mfa/{parameters.me}"), parameters.arn(f"mfa/{parameters.me}/*")]
    mine = [parameters.arn(f"user/{parameters.me}")]
    making = ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"]
    using = ["iam:EnableMFADevice", "iam:ListMFADevices", "iam:ResyncMFADevice"]
    return _policy(
        _allow("MakeOwnDevice", making, devices),
        _allow("UseOwnDevice", using, mine),
        _allow("GiveUpOwnDeviceWithMfa", ["iam:DeactivateMFADevice"], mine, _with_mfa()),
        _deny_without_mfa(),
    )


def manage_own_keys(parameters: PolicyParameters) -> PolicyDocument:
    """Lets users manage their own access keys, signed in with MFA.

    awsprof keys: CreateAccessKey, UpdateAccessKey, DeleteAccessKey, ListAccessKeys and
    GetAccessKeyLastUsed; keys audit: ListMFADevices, ListAttachedUserPolicies and, of STS,
    GetAccessKeyInfo.
    """
    mine = [parameters.arn(f"user/{parameters.me}")]
    actions = [
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:ListMFADevices",
        "iam:UpdateAccessKey",
    ]
    return _policy(
        _allow("ManageOwnKeys", actions, mine),
        _allow("FindTheAccountOfAKey", ["sts:GetAccessKeyInfo"], ["*"]),
        _deny_without_mfa(),
    )


def audit_keys(parameters: PolicyParameters) -> PolicyDocument:
    """Lets the caller read the keys of all users: keys audit.

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
    return _policy(
        _allow("LookAtUsersKeys", looking, [parameters.arn(f"user/{parameters.user or '*'}")]),
        _allow("ReadTheCredentialReport", report, ["*"]),
    )


def stop_keys(parameters: PolicyParameters) -> PolicyDocument:
    """Lets the caller stop the leaked key of any user: keys stop.

    PutUserPolicy, CreateAccessKey, UpdateAccessKey, ListAccessKeys, GetAccessKeyLastUsed and
    ListAttachedUserPolicies. PutUserPolicy can grant any permission, so it is for the few who
    respond to incidents, and requires MFA.
    """
    actions = [
        "iam:CreateAccessKey",
        "iam:GetAccessKeyLastUsed",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:PutUserPolicy",
        "iam:UpdateAccessKey",
    ]
    users = [parameters.arn(f"user/{parameters.user or '*'}")]
    return _policy(_allow("StopLeakedKeysWithMfa", actions, users, _with_mfa()))


def role_trust_mfa(parameters: PolicyParameters) -> PolicyDocument:
    """Returns a role's trust policy: users of the account, or one of them, assume it with MFA only.

    sts:AssumeRole. Raises UsageError without an account: any account could assume the role.
    """
    if not parameters.account:
        raise UsageError("A trust policy needs the account to trust.", "add --account 123456789012")
    who = parameters.arn(f"user/{parameters.user}" if parameters.user else "root")
    statement = {
        "Sid": "TrustWithMfa",
        "Effect": "Allow",
        "Principal": {"AWS": who},
        "Action": "sts:AssumeRole",
        "Condition": _with_mfa(),
    }
    return _policy(statement)


def older_sessions(before: datetime) -> PolicyDocument:
    """Denies everything to sessions that were issued before a timezone-aware time.

    As AWSRevokeOlderSessions does for a role: IAM User Guide, "Revoke IAM role temporary security
    credentials". It does not affect long-term keys, which have no aws:TokenIssueTime.
    """
    moment = f"{before.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    statement = {
        "Sid": "DenyOlderSessions",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
    }
    return _policy(statement)


POLICIES: Final[Mapping[str, Policy]] = {
    "assume-with-mfa": Policy(
        assume_with_mfa,
        "assume roles, only with MFA",
        "attach it to the users, or their group, who may assume the role",
    ),
    "manage-own-mfa": Policy(
        manage_own_mfa,
        "manage your own MFA devices; denies all else without MFA",
        "attach it to users, or their group: without MFA it denies everything else",
    ),
    "manage-own-keys": Policy(
        manage_own_keys,
        "create, rotate and delete your own keys, with MFA",
        "attach it to users who have MFA, or their group: without MFA it denies everything else",
    ),
    "role-trust-mfa": Policy(
        role_trust_mfa,
        "trust policy of a role that requires MFA",
        "set it as the trust policy of the role",
    ),
    "audit-keys": Policy(
        audit_keys,
        "read the keys of all users",
        "attach it to those who audit the account's keys",
    ),
    "stop-keys": Policy(
        stop_keys,
        "stop a leaked key of any user",
        "attach it to the few who stop leaked keys: it can grant any permission",
    ),
}


def _policy(*statements: PolicyDocument) -> PolicyDocument:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: PolicyDocument | None = None
) -> PolicyDocument:
    statement: PolicyDocument = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    }
    return {**statement, "Condition": condition} if condition else statement


def _deny_without_mfa() -> PolicyDocument:
    # IfExists: the requests of a long-term key do not have the condition key; deny them too.
    return {
        "Sid": "DenyAllElseWithoutMfa",
        "Effect": "Deny",
        "NotAction": list(_WITHOUT_MFA),
        "Resource": "*",
        "Condition": {"BoolIfExists": {_MFA: "false"}},
    }


def _with_mfa() -> PolicyDocument:
    return {"Bool": {_MFA: "true"}}


def _role(role: str, parameters: PolicyParameters) -> str:
    return role if role.startswith("arn:") else parameters.arn(f"role/{role}")
