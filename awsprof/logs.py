"""The loggers of awsprof, all beneath ``awsprof``; every line is at DEBUG level.

A line names decisions, AWS operations, regions, lock kinds, programs and durations. The only value
of a user's own in it is the profile name: never a secret, token, code, ARN, account, key ID, URL
or program argument. Importing awsprof adds a NullHandler; ``awsprof --debug`` shows the lines.

Keep ``logging`` off the path of a credential-process cache hit: import this module in none of the
modules which that path loads.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

ROOT = "awsprof"
logging.getLogger(ROOT).addHandler(logging.NullHandler())


def get_logger(module: str) -> logging.Logger:
    """Returns the logger of an awsprof module; pass ``__name__``."""
    return logging.getLogger(module)


@contextmanager
def log_duration(logger: logging.Logger, what: str) -> Iterator[None]:
    """Logs ``what`` and how long the block took; on an error, the exception's type too."""
    started = time.monotonic()
    try:
        yield
    except BaseException as exc:
        took = time.monotonic() - started
        logger.debug("%s: %s after %.3f s", what, type(exc).__name__, took)
        raise
    logger.debug("%s: done in %.3f s", what, time.monotonic() - started)
