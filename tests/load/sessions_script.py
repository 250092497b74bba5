"""Makes and drops thousands of sessions; prints what the process held early on and at the end.

A session here is what a script makes for a task: `awsprof.session()` and its credentials. Every
hundredth also calls AWS. ``python -m tests.load.sessions_script COUNT PROFILE``
"""

import gc
import json
import os
import sys
import threading
from pathlib import Path

import awsprof

_PAGE = os.sysconf("SC_PAGE_SIZE")


def held() -> dict[str, int]:
    """This process's memory in bytes, open descriptors, threads and Python objects."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory": resident * _PAGE,
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208  # opens one itself, always
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
    }


def main(count: int, profile: str) -> None:
    """Make them."""
    early: dict[str, int] = {}
    for number in range(count):
        session = awsprof.session(profile)
        credentials = session.get_credentials()
        assert credentials is not None
        assert credentials.get_frozen_credentials().token
        if number % 100 == 0:
            session.client("sts").get_caller_identity()
        if number == count // 5:  # caches are full by then
            early = held()
    print(json.dumps({"early": early, "late": held()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
