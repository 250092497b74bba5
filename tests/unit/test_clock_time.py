"""When something ends, as people read it."""

from datetime import datetime, timedelta

from awsprof.text import clock_time

NOON = datetime(2026, 11, 27, 12, 0).astimezone()


def test_today_is_a_time_alone() -> None:
    assert clock_time(NOON + timedelta(hours=10, minutes=11), NOON) == "22:11"


def test_tomorrow_has_its_day() -> None:
    assert clock_time(NOON + timedelta(hours=24), NOON) == "12:00 on Sat 28 Nov"
    assert clock_time(NOON + timedelta(hours=12), NOON) == "00:00 on Sat 28 Nov"
