"""Keeps other programs and core dumps from exposing secrets in this process's memory."""

from __future__ import annotations

import sys

_PR_SET_DUMPABLE = 4


class _Limit:
    """The soft limit of core dumps before we lowered it."""

    former: int | None = None


def protect_process() -> None:
    """Disables core dumps and, on Linux, ptrace by other programs of the same user.

    For processes that hold long-term secrets. Their child processes can be traced as usual, but
    dump no core either unless they raise their soft limit. Root can still read everything.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if soft != 0:
        _Limit.former = soft
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        from awsprof.vault import libc

        # If core_pattern is a program, it ignores the limit but respects this flag.
        libc.call_libc("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def restore_core_limit() -> None:
    """Restores the user's core dump limit, before another program replaces this process."""
    if sys.platform == "win32" or _Limit.former is None:
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (_Limit.former, hard))
