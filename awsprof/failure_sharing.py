"""Share a failure with the processes that wait for the same result, so that they do not retry it.

Without this, twenty processes that start at once with a wrong MFA code, a revoked token or a
keyring that hangs would prompt, call and wait twenty times, one after the other. A failure is
written beside the lock (its text, which never holds a secret) and applies for a few seconds to the
processes that started before it; a process that starts later tries again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from awsprof import errors
from awsprof.errors import AwsprofError, InteractionRequired, LockTimeout

_APPLIES_S: Final = 15.0  # time for a queue of waiting processes to pass
_IMPORTED: Final = time.time()
# InteractionRequired codes that hold for every caller; others depend on whether it can prompt.
_SHARED_CODES: Final = frozenset({"not-given", "sso-token-expired", "aws-login"})


class SharedFailure:
    """The failure stored for one lock; create it before waiting, use it while holding the lock.

    ``since``: the time (seconds since 1970) from which failures of other processes apply to this
    one; None: from now. ``own``: this process's own failures since then apply, too. ``final``: the
    codes of failures that no retry can help; they apply to every caller within that time.
    """

    def __init__(
        self,
        lock: Path,
        since: float | None = None,
        *,
        own: bool = False,
        final: Collection[str] = (),
    ) -> None:
        self._file = lock.with_suffix(".failed")
        self._started = time.time()
        self._since = self._started if since is None else since
        self._own = own
        self._final = final
        self._known: AwsprofError | None = None

    def raise_known(self) -> None:
        """Raises the failure of another process that applies to this one, if there is one."""
        try:
            data = json.loads(self._file.read_bytes())
            at, pid = float(data["at"]), int(data["pid"])
            kind = getattr(errors, data["kind"])
            failure = kind(str(data["message"]), str(data["fix"]), code=str(data["code"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return
        since = self._started if pid == os.getpid() and not self._own else self._since
        if getattr(failure, "code", None) in self._final:
            since = 0
        now = time.time()
        if isinstance(failure, AwsprofError) and since <= at <= now and now - at < _APPLIES_S:
            self._known = failure
            raise failure

    def note(self, exc: AwsprofError) -> None:
        """Stores ``exc`` for the waiting processes unless it depends on the caller or is stored."""
        if isinstance(exc, LockTimeout) or exc is self._known:
            return
        if isinstance(exc, InteractionRequired) and exc.code not in _SHARED_CODES:
            return
        data = {
            "at": time.time(),
            "pid": os.getpid(),
            "kind": type(exc).__name__,
            "message": exc.message,
            "fix": exc.fix,
            "code": exc.code,
        }
        with suppress(OSError):  # then every process tries for itself
            fresh = self._file.with_suffix(f".failed.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(data, file)
            fresh.replace(self._file)

    def clear(self) -> None:
        """Deletes the stored failure after a success."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


def command_start() -> float:
    """Returns the start of this command in seconds since 1970; in a long-lived process, now.

    A command waits from the moment it starts: with many starting at once, its imports can take
    longer than another process needs to fail. In a script that runs for hours, each call starts
    anew.
    """
    started = _process_start()
    return started if time.time() - started < _APPLIES_S else time.time()


@cache
def _process_start() -> float:
    if sys.platform != "linux":
        return _IMPORTED
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b") ")[2].split()
        # man 5 proc: starttime, since boot. Rounded up, since what failed before is not shared.
        ticks = (int(fields[19]) + 1) / os.sysconf("SC_CLK_TCK")
        return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - ticks)
    except (OSError, ValueError, IndexError, AttributeError):
        return _IMPORTED
