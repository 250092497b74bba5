"""A failure that those who waited for the same thing hear too, instead of trying it again.

Twenty processes that start at once with one wrong code, one revoked token or one keyring that hangs
would else ask, call and wait twenty times, one after the other. A failure is noted beside the lock
(its text, which never holds a secret) and holds for a few seconds, for those alone who had begun
before it: whoever comes later tries anew.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from awsprof import errors
from awsprof.errors import AwsprofError, InteractionRequired, LockTimeout

_HOLDS_S: Final = 15.0  # as long as a queue of waiting processes takes to come by
_IMPORTED: Final = time.time()
# A person was asked, or had to be in any case; of another InteractionRequired it depends on who
# asks.
_OF_EVERYBODY: Final = frozenset({"not-given", "sso-token-expired", "aws-login"})


class SharedFailure:
    """The failure under one lock; made before that is waited for, used while it is held.

    ``since``: from when on others' failures are ours (seconds since 1970); None: from now on; 0:
    every one that holds is, this process's own too, where trying again cannot help.
    """

    def __init__(self, lock: Path, since: float | None = None) -> None:
        self._file = lock.with_suffix(".failed")
        self._began = time.time()
        self._since = self._began if since is None else since
        self._known: AwsprofError | None = None

    def raise_known(self) -> None:
        """Raise the failure that somebody met while we waited, or had begun to; else nothing."""
        try:
            data = json.loads(self._file.read_bytes())
            at, pid = float(data["at"]), int(data["pid"])
            kind = getattr(errors, data["kind"])
            made = kind(str(data["message"]), str(data["fix"]), code=str(data["code"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return
        since = self._began if pid == os.getpid() and self._since > 0 else self._since
        now = time.time()
        if isinstance(made, AwsprofError) and since <= at <= now and now - at < _HOLDS_S:
            self._known = made
            raise made

    def note(self, exc: AwsprofError) -> None:
        """Note it for those who wait; not what depends on who asks, nor what was noted already."""
        if isinstance(exc, LockTimeout) or exc is self._known:
            return
        if isinstance(exc, InteractionRequired) and exc.code not in _OF_EVERYBODY:
            return
        data = {
            "at": time.time(),
            "pid": os.getpid(),
            "kind": type(exc).__name__,
            "message": exc.message,
            "fix": exc.fix,
            "code": exc.code,
        }
        with suppress(OSError):  # then each tries it itself
            fresh = self._file.with_suffix(f".failed.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(data, file)
            fresh.replace(self._file)

    def clear(self) -> None:
        """It went well: no failure holds any more."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)


def command_start() -> float:
    """When this command began, in seconds since 1970; now, in a process that has lived for long.

    A command has waited since it was started: its imports take longer than another's failure may,
    where many start at once. A script that runs for hours begins anew with each of its calls.
    """
    started = _process_start()
    return started if time.time() - started < _HOLDS_S else time.time()


@cache
def _process_start() -> float:
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b") ")[2].split()
        ticks = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # man 5 proc: starttime, since boot
        return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - ticks)
    except (OSError, ValueError, IndexError, AttributeError):
        return _IMPORTED
