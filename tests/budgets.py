"""How much a property test tries: a little on a developer's machine, all of it in CI.

The profile is ``dev``, or ``ci`` where CI is set; AWSPROF_TEST_PROFILE names it outright. Both are
profiles of Hypothesis too (tests/conftest.py).
"""

import os
from typing import Final

from hypothesis import settings

_DEV_SHARE: Final = 10  # dev tries a tenth, and never fewer than five
_FEWEST: Final = 5


def profile() -> str:
    """Returns ``dev`` or ``ci``."""
    return os.environ.get("AWSPROF_TEST_PROFILE") or ("ci" if os.environ.get("CI") else "dev")


def examples(in_ci: int) -> int:
    """Returns how many examples to try where CI tries ``in_ci``.

    AWSPROF_TEST_EXAMPLES overrides both profiles (``make fuzz``).
    """
    given = os.environ.get("AWSPROF_TEST_EXAMPLES")
    if given:
        return int(given)
    return in_ci if profile() == "ci" else min(in_ci, max(_FEWEST, in_ci // _DEV_SHARE))


def load_hypothesis_profile() -> None:
    """Sets the defaults of property tests that name no budget of their own.

    No deadline, since the machine may be busy; no database, so that a run leaves nothing behind.
    """
    for name, most in (("dev", 25), ("ci", 100)):
        settings.register_profile(name, max_examples=most, deadline=None, database=None)
    settings.load_profile(profile())
