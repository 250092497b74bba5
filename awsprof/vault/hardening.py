"""What keeps other programs, and a crash, from reading secrets in this process's memory."""

import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def protect_process() -> None:
    """No core dump of this process, and on Linux no ptrace by other programs of the same user.

    For processes that hold long-term secrets. The programs they start may be traced as ever, but
    leave no core either unless they raise their (soft) limit. Root can still read everything.
    """
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        import ctypes

        # A core_pattern that is a program ignores the limit; it obeys this.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
