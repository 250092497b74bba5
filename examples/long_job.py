"""A job that outlives its session: python -m examples.long_job PROFILE

The client is made once. Its role's session lasts an hour and is renewed behind it, for as long as
the sign-in beneath it lives; when that ends the code is asked for again, instead of giving up.
"""

import sys
import time
from collections.abc import Callable

import awsprof

EVERY = 20 * 60  # seconds
TIMES = 24


def work(
    session: awsprof.Session, times: int = TIMES, pause: Callable[[float], object] = time.sleep
) -> None:
    """Look into the account every now and then."""
    s3 = session.client("s3")
    for turn in range(times):
        if turn:
            pause(EVERY)
        print(turn, len(s3.list_buckets()["Buckets"]), "buckets", flush=True)


if __name__ == "__main__":
    work(awsprof.session(sys.argv[1]))
