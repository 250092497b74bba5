"""How long a role's session lasts: ``duration_seconds``, and the limit of a chained role."""

from __future__ import annotations

import re
from typing import Final

CHAINED_LIMIT: Final = 3600
"""The most seconds of a role assumed with temporary credentials.

Source: STS API reference, AssumeRole, "role chaining".
"""


def seconds_of(text: str | None) -> int | None:
    """Returns duration_seconds as a number; None if it is not one of one to nine plain digits."""
    digits = (text or "").strip()
    return int(digits) if re.fullmatch("[0-9]{1,9}", digits) else None


def exceeds_chained_limit(text: str | None) -> bool:
    """Returns True if these seconds are more than a chained role may ask for."""
    seconds = seconds_of(text)
    return seconds is not None and seconds > CHAINED_LIMIT
