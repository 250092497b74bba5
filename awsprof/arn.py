"""Amazon Resource Names, taken apart: the one place that knows how an ARN is written.

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
    """An ARN's parts; what it does not have is an empty string.

    ``resource`` is all that stands after the account: ``role/path/Name``, ``assumed-role/Name/me``.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str | None) -> Arn | None:
        """The ARN; None where the text is none."""
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
        """What it names: ``role``, ``user``, ``assumed-role``, ``mfa``, ``root``, ..."""
        return self.resource.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The last part, without type and path: a role's, user's or device's name.

        Of an assumed role it is the session's name; ``role_name`` gives the role's.
        """
        return self.resource.rsplit("/", 1)[-1]

    @property
    def role_name(self) -> str | None:
        """The name of the role, without its path; None where it is neither role nor session.

        An assumed role's ARN has dropped the path of its role.
        """
        parts = self.resource.split("/")
        if self.type == "role" and len(parts) > 1:
            return parts[-1]
        if self.type == "assumed-role" and len(parts) > 1:
            return parts[1]
        return None

    @property
    def session_name(self) -> str | None:
        """The RoleSessionName of an assumed role; None of everything else."""
        parts = self.resource.split("/", 2)
        return parts[2] if self.type == "assumed-role" and len(parts) > 2 else None

    @property
    def user_name(self) -> str | None:
        """The name of an IAM user, without its path; None where it is none."""
        return self.name if self.service == "iam" and self.type == "user" else None

    @property
    def is_root(self) -> bool:
        """Whether it is the account's root user."""
        return self.service in {"iam", "sts"} and self.resource == "root"


def parse_role(text: str | None) -> Arn | None:
    """The ARN of an IAM role as ``role_arn`` takes it; None where the text is none."""
    return Arn.parse(text) if text and _ROLE.match(text) else None
