"""The clock skew of this machine, from the Date header of AWS responses.

It is measured when the response arrives: on a busy machine, or after a suspend, it may be processed
much later.

Source: AWS General Reference, "Signature Version 4: the date": more than five minutes are refused.
"""

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

_NOTABLE: Final = timedelta(minutes=4)
_ARRIVED: Final = "x-awsprof-came"  # our own header: time of arrival, seconds since 1970


def stamp(headers: Any) -> None:
    """Records the time of arrival in the response headers, by this machine's clock."""
    headers[_ARRIVED] = repr(time.time())


def notable_skew(response: dict[str, Any]) -> timedelta | None:
    """Returns how far the clock is ahead of AWS's (negative: behind), or None if under 4 minutes.

    ``response`` is the response of a botocore ClientError.
    """
    skew = skew_seconds(response)
    return skew if skew is not None and abs(skew) > _NOTABLE else None


def skew_seconds(response: Any) -> timedelta | None:
    """Returns how far the clock is ahead of AWS's; None if the response has no valid date."""
    try:
        headers = response["ResponseMetadata"]["HTTPHeaders"]
        sent = parsedate_to_datetime(headers["date"])
        arrived = datetime.fromtimestamp(float(headers.get(_ARRIVED, time.time())), UTC)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return None
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=UTC)
    return arrived - sent


def describe_skew(ahead: timedelta) -> str:
    """Returns "10 minutes behind" or "3 hours ahead"."""
    minutes = round(abs(ahead).total_seconds() / 60)
    size = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    return f"{size} {'ahead' if ahead > timedelta(0) else 'behind'}"
