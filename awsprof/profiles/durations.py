"""How long a role's session lasts: ``duration_seconds``, and the limit of a chained role."""

from __future__ import annotations

import re
from typing import Final

CHAINED_LIMIT: Final = 3600
"""The most seconds of a role assumed with temporary credentials.

Source: STS API reference, AssumeRole, "role chaining".
"""


def seconds_of(text: str | None) -> int | None:
    """Returns the value of duration_seconds; None unless it is one to nine ASCII digits."""
    digits = (text or "").strip()
    return int(digits) if re.fullmatch("[0-9]{1,9}", digits) else None


def exceeds_chained_limit(text: str | None) -> bool:
    """Returns True if the duration is longer than the session of a chained role may be."""
    seconds = seconds_of(text)
    return seconds is not None and seconds > CHAINED_LIMIT
