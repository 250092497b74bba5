"""When a session counts as too old: with how much time left it is cached, renewed, used.

All margins are here, in seconds. A session that lasts less than an hour is cached, and renewed by
``awsprof.session()``, by a share of its time instead.
"""

from __future__ import annotations

TYPE_CHECKING = False  # the quick paths import as little as they can
if TYPE_CHECKING:
    from typing import Final

# With less left, a session leaves the session cache. botocore refreshes 15 minutes before expiry,
# so an SDK that got such a session would start awsprof at every use.
CACHE_BEFORE_S: Final = 20 * 60
# With less left, credentials and tokens are renewed, by the SDKs (botocore has the same number) and
# by awsprof.
RENEW_BEFORE_S: Final = 15 * 60
# A session from a cache is used only if it has more left.
LEAST_USABLE_S: Final = 5 * 60
# With less left, calls of ``awsprof.session()`` fail if the renewal did (botocore: 10 minutes).
FAIL_BEFORE_S: Final = 60


def seconds_to_cache(left: float) -> float:
    """Returns how long a session that has ``left`` seconds is cached; it may be negative."""
    return left - min(CACHE_BEFORE_S, left / 3)
