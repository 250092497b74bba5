"""By how much this machine's clock is off, as an answer of AWS's tells.

Source: AWS General Reference, "Signature Version 4: the date": more than five minutes are refused.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

_NOTABLE: Final = timedelta(minutes=4)


def off_by(response: dict[str, Any]) -> timedelta | None:
    """How far the clock is ahead of AWS's (below zero: behind); None where that explains nothing.

    ``response`` is what botocore gives with an error.
    """
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        theirs = parsedate_to_datetime(headers["date"])
    except (KeyError, TypeError, ValueError):
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    ahead = datetime.now(UTC) - theirs
    return ahead if abs(ahead) > _NOTABLE else None


def in_words(ahead: timedelta) -> str:
    """ "10 minutes behind", "3 hours ahead"."""
    minutes = round(abs(ahead).total_seconds() / 60)
    size = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    return f"{size} {'ahead' if ahead > timedelta(0) else 'behind'}"
