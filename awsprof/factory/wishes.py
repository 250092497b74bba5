"""What a script asks of its sessions, checked; nothing is called for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from awsprof.errors import UsageError
from awsprof.signin.shape import PLAIN, Shape

if TYPE_CHECKING:
    from awsprof.factory.access import Access

Code = Callable[[str, str], str] | str
"""A function of profile and MFA device that returns six digits; or six digits, good for once."""

Missing = Literal["error", "default"]
"""Where a profile is missing: ProfileNotFound, or boto3's own search for credentials."""

_ACCOUNT: Final = re.compile(r"\d{12}\Z", re.ASCII)
_SHORTEST, _LONGEST = 900, 129_600  # seconds; of GetSessionToken, AssumeRole ends at 43,200


class Shaping(TypedDict, total=False):
    """The keyword arguments that shape a role's session."""

    duration: int | None
    session_policy: Mapping[str, Any] | str | None
    tags: Mapping[str, str] | None
    source_identity: str | None


class Options(Shaping, total=False):
    """The keyword arguments of ``awsprof.session`` that a fan-out passes on."""

    region: str | None
    mfa: Code | None
    interactive: bool
    account: str | None


class RoleOptions(Shaping, total=False):
    """The keyword arguments of ``awsprof.assume``."""

    region: str | None
    role_session_name: str | None
    external_id: str | None


@dataclass(frozen=True)
class Wishes:
    """How codes are come by, whose the credentials must be, and how their session is shaped."""

    mfa: Code | None = field(default=None, repr=False)
    interactive: bool = True
    account: str | None = None
    shape: Shape = PLAIN

    def __post_init__(self) -> None:
        if self.account is not None and not _ACCOUNT.match(self.account):
            raise UsageError(
                f"{self.account!r} is no account id.", "give account= as a text of 12 digits"
            )

    @cached_property
    def access(self) -> Access:
        """The way to credentials; made where it is first needed, and shared from then on."""
        from awsprof.factory.access import Access

        return Access(self)


def wishes(options: Options) -> Wishes:
    """What the arguments ask for. UsageError says which of them cannot be."""
    return Wishes(
        mfa=options.get("mfa"),
        interactive=options.get("interactive", True),
        account=options.get("account"),
        shape=shaped(
            options.get("duration"),
            options.get("session_policy"),
            options.get("tags"),
            options.get("source_identity"),
        ),
    )


def shaped(
    duration: int | None,
    session_policy: Mapping[str, Any] | str | None,
    tags: Mapping[str, str] | None,
    source_identity: str | None,
) -> Shape:
    """The shape that these arguments of a session mean."""
    if duration is not None and not _SHORTEST <= duration <= _LONGEST:
        raise UsageError(
            f"A session cannot last {duration} seconds.",
            f"give duration= between {_SHORTEST} and {_LONGEST}, as far as the role allows",
        )
    policy = session_policy
    if policy is not None and not isinstance(policy, str):
        policy = json.dumps(policy, separators=(",", ":"))
    return Shape(duration, policy, tuple(sorted((tags or {}).items())), source_identity)
