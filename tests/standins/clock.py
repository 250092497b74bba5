"""A clock that can be moved on, in a process of its own.

Install it before anything else is imported: whoever imports datetime or time later on has it.
"""

import datetime
import time
from typing import Self

_time = time.time


class Clock:
    """Seconds since 1970, some of them ahead of the machine's own clock."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def install(self) -> None:
        """Have this process go by it."""
        clock = self

        class Moved(datetime.datetime):
            @classmethod
            def now(cls, tz: datetime.tzinfo | None = None) -> Self:
                return cls.fromtimestamp(clock.now(), tz)

        setattr(time, "time", self.now)  # noqa: B010  # to mypy these are no variables
        setattr(datetime, "datetime", Moved)  # noqa: B010

    def now(self) -> float:
        """As time.time."""
        return _time() + self._ahead

    def move(self, seconds: float) -> None:
        """It is that much later."""
        self._ahead += seconds
