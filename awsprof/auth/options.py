"""Session options that a caller adds to a profile: duration, session policy, tags.

Source: STS API reference, AssumeRole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from awsprof.errors import UsageError


@dataclass(frozen=True)
class SessionOptions:
    """Options of a session; a field that is None or empty leaves it to the profile.

    ``duration`` is in seconds; ``policy`` is a JSON session policy, which only restricts the role.
    """

    duration: int | None = None
    policy: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    source_identity: str | None = None

    def __bool__(self) -> bool:
        return self != PLAIN

    @property
    def of_role_alone(self) -> bool:
        """True if it has options that only AssumeRole supports."""
        return bool(self.policy or self.tags or self.source_identity)

    def parameters(self) -> dict[str, Any]:
        """Return the options as parameters of AssumeRole."""
        named = {
            "DurationSeconds": self.duration,
            "Policy": self.policy,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags],
            "SourceIdentity": self.source_identity,
        }
        return {name: value for name, value in named.items() if value}

    def refused(self, profile: str, why: str) -> UsageError:
        """Return the error for a profile that does not support these options."""
        return UsageError(
            f"The session of {profile} cannot be shaped: {why}.",
            "leave duration, session_policy, tags and source_identity out, or name a role",
        )


PLAIN: Final = SessionOptions()
