"""What shapes a session beyond its profile: how long it lasts, what it may do, how it is labelled.

Source: STS API reference, AssumeRole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from awsprof.errors import UsageError


@dataclass(frozen=True)
class SessionOptions:
    """What a caller asks of a session; nothing of it means: as the profile says.

    ``duration`` is in seconds; ``policy`` is JSON, and narrows what the role may do.
    """

    duration: int | None = None
    policy: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    source_identity: str | None = None

    def __bool__(self) -> bool:
        return self != PLAIN

    @property
    def of_role_alone(self) -> bool:
        """Whether it asks for more than a duration, which only AssumeRole gives."""
        return bool(self.policy or self.tags or self.source_identity)

    def parameters(self) -> dict[str, Any]:
        """What is asked for, as AssumeRole names it."""
        named = {
            "DurationSeconds": self.duration,
            "Policy": self.policy,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags],
            "SourceIdentity": self.source_identity,
        }
        return {name: value for name, value in named.items() if value}

    def refused(self, profile: str, why: str) -> UsageError:
        """That the profile's session cannot be shaped so."""
        return UsageError(
            f"The session of {profile} cannot be shaped: {why}.",
            "leave duration, session_policy, tags and source_identity out, or name a role",
        )


PLAIN: Final = SessionOptions()
