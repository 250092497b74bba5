"""What keeps other programs, and a crash, from reading secrets in this process's memory."""

import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


class _Limit:
    """The limit of core dumps as it was before it was lowered."""

    former: int | None = None


def protect_process() -> None:
    """No core dump of this process, and on Linux no ptrace by other programs of the same user.

    For processes that hold long-term secrets. The programs they start may be traced as ever, but
    leave no core either unless they raise their (soft) limit. Root can still read everything.
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if soft != 0:
        _Limit.former = soft
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        import ctypes

        # A core_pattern that is a program ignores the limit; it obeys this.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def restore_core_limit() -> None:
    """Give a program that takes this one's place the limit of core dumps that the person set."""
    if sys.platform == "win32" or _Limit.former is None:
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (_Limit.former, hard))
