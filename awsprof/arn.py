"""Amazon Resource Names (ARNs): the only module that parses and builds them.

Sources: IAM User Guide, "IAM identifiers" and "Amazon Resource Names"; STS API reference,
GetCallerIdentity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_ROLE: Final = re.compile(
    r"arn:(?P<partition>aws[a-z0-9-]*):iam::(?P<account>\d{12}):role/(?P<path>[\w+=,.@/-]+)\Z",
    re.ASCII,
)


@dataclass(frozen=True)
class Arn:
    """The parts of an ARN; a part that the ARN leaves out is an empty string.

    ``resource`` is everything after the account: ``role/path/Name``, ``assumed-role/Name/session``.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str | None) -> Arn | None:
        """Parses an ARN; returns None if the text is not one."""
        parts = (text or "").split(":", 5)
        if len(parts) < 6 or parts[0] != "arn" or not parts[5]:
            return None
        return cls(*parts[1:])

    def __str__(self) -> str:
        return ":".join(
            ("arn", self.partition, self.service, self.region, self.account, self.resource)
        )

    @property
    def type(self) -> str:
        """The resource type: ``role``, ``user``, ``assumed-role``, ``mfa``, ``root``, ..."""
        return self.resource.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The last part of the resource, without type and path: a role, user or device name.

        For an assumed role this is the session name; ``role_name`` gives the role's.
        """
        return self.resource.rsplit("/", 1)[-1]

    @property
    def role_name(self) -> str | None:
        """The role's name without its path; None unless this is a role or an assumed role.

        The ARN of an assumed role does not include the role's path.
        """
        parts = self.resource.split("/")
        if self.type == "role" and len(parts) > 1:
            return parts[-1]
        if self.type == "assumed-role" and len(parts) > 1:
            return parts[1]
        return None

    @property
    def session_name(self) -> str | None:
        """The RoleSessionName of an assumed role; None for any other ARN."""
        parts = self.resource.split("/", 2)
        return parts[2] if self.type == "assumed-role" and len(parts) > 2 else None

    @property
    def user_name(self) -> str | None:
        """The IAM user's name without its path; None if this is not an IAM user."""
        return self.name if self.service == "iam" and self.type == "user" else None

    @property
    def is_root(self) -> bool:
        """True if this is the account's root user."""
        return self.service in {"iam", "sts"} and self.resource == "root"


def iam_arn(partition: str, account: str, resource: str) -> str:
    """Returns the ARN of an IAM resource, such as ``role/Admin`` or ``mfa/alice``."""
    return str(Arn(partition, "iam", "", account, resource))


def parse_role(text: str | None) -> Arn | None:
    """Parses the ARN of an IAM role, as ``role_arn`` takes it; None if the text is not one."""
    return Arn.parse(text) if text and _ROLE.match(text) else None
