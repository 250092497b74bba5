"""How long a role's session lasts: ``duration_seconds``, and the limit of a chained role."""

from __future__ import annotations

from typing import Final

CHAINED_LIMIT: Final = 3600
"""The most seconds of a role assumed with temporary credentials.

Source: STS API reference, AssumeRole, "role chaining".
"""


def seconds_of(text: str | None) -> int | None:
    """Returns the value of duration_seconds as boto3 reads it; None where boto3 ignores it.

    Source: botocore's AssumeRoleProvider, which calls Python's int(): ``3_600`` is a number too.
    """
    try:
        return int(text or "")
    except ValueError:
        return None


def exceeds_chained_limit(text: str | None) -> bool:
    """Returns True if the duration is longer than the session of a chained role may be."""
    seconds = seconds_of(text)
    return seconds is not None and seconds > CHAINED_LIMIT
