"""By how much this machine's clock is off, as an answer of AWS's tells.

What counts is the moment at which the answer came: on a busy machine, or one that slept, it may be
looked at much later.

Source: AWS General Reference, "Signature Version 4: the date": more than five minutes are refused.
"""

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

_NOTABLE: Final = timedelta(minutes=4)
_CAME: Final = "x-awsprof-came"  # a header of our own: when the answer came, in seconds since 1970


def stamp(headers: Any) -> None:
    """Note in an answer's headers (a mapping) that it came just now, by this machine's clock."""
    headers[_CAME] = repr(time.time())


def notable_skew(response: dict[str, Any]) -> timedelta | None:
    """How far the clock is ahead of AWS's (below zero: behind); None where that explains nothing.

    ``response`` is what botocore gives with an error.
    """
    found = skew_seconds(response)
    return found if found is not None and abs(found) > _NOTABLE else None


def skew_seconds(response: Any) -> timedelta | None:
    """How far the clock is ahead of AWS's, by any answer; None where the answer does not tell."""
    try:
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        theirs = parsedate_to_datetime(headers["date"])
        came = datetime.fromtimestamp(float(headers.get(_CAME, time.time())), UTC)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    return came - theirs


def describe_skew(ahead: timedelta) -> str:
    """ "10 minutes behind", "3 hours ahead"."""
    minutes = round(abs(ahead).total_seconds() / 60)
    size = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    return f"{size} {'ahead' if ahead > timedelta(0) else 'behind'}"
