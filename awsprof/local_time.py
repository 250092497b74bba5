"""Times as people read them: local time, with the day unless it is today."""

from datetime import UTC, datetime


def clock_time(moment: datetime, now: datetime | None = None) -> str:
    """Returns ``22:11`` for a time today, else ``22:11 on Sat 28 Nov``, in local time."""
    local = moment.astimezone()
    today = (now or datetime.now(UTC)).astimezone().date()
    day = "" if local.date() == today else f" on {local:%a} {local.day} {local:%b}"
    return f"{local:%H:%M}{day}"
