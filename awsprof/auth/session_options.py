"""Session options that a caller adds to a profile: duration, session policies, tags.

Source: STS API reference, AssumeRole.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from awsprof.errors import UsageError


class SessionOptions(NamedTuple):  # not a dataclass: each costs a script's start a millisecond
    """Options of a session; a field that is None or empty leaves it to the profile.

    ``duration`` is in seconds; ``policy`` is a JSON session policy and ``policy_arns`` are managed
    policies, both of which only restrict the role; ``transitive_tags`` are the keys of tags that
    the sessions of a role chain pass on.
    """

    duration: int | None = None
    policy: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    source_identity: str | None = None
    policy_arns: tuple[str, ...] = ()
    transitive_tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != PLAIN

    @property
    def of_role_alone(self) -> bool:
        """True if it has options that only AssumeRole supports."""
        return self != SessionOptions(self.duration)

    def parameters(self) -> dict[str, Any]:
        """Returns the options as parameters of AssumeRole."""
        named = {
            "DurationSeconds": self.duration,
            "Policy": self.policy,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags],
            "SourceIdentity": self.source_identity,
            "PolicyArns": [{"arn": arn} for arn in self.policy_arns],
            "TransitiveTagKeys": list(self.transitive_tags),
        }
        return {name: value for name, value in named.items() if value}

    def refused(self, profile: str, why: str) -> UsageError:
        """Returns the error for a profile that does not support these options."""
        given = [_ARGUMENTS.get(name, name) for name, value in self._asdict().items() if value]
        return UsageError(
            f"Session options ({', '.join(given)}) do not apply to {profile}: {why}.",
            "name a role, or leave them out",
        )


_ARGUMENTS: Final = {"policy": "session_policy", "transitive_tags": "transitive_tag_keys"}
PLAIN: Final = SessionOptions()
