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
    found = ahead(response)
    return found if found is not None and abs(found) > _NOTABLE else None


def ahead(response: Any) -> timedelta | None:
    """How far the clock is ahead of AWS's, by any answer; None where the answer does not tell."""
    try:
        theirs = parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, TypeError, ValueError):
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    return datetime.now(UTC) - theirs


def in_words(ahead: timedelta) -> str:
    """ "10 minutes behind", "3 hours ahead"."""
    minutes = round(abs(ahead).total_seconds() / 60)
    size = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    return f"{size} {'ahead' if ahead > timedelta(0) else 'behind'}"
