"""Waits until AWS accepts a new key everywhere, or rejects an old one.

IAM is eventually consistent: for some seconds one of its servers knows a key and the next does not
(IAM User Guide, "Changes that I make are not always immediately visible").
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from awsprof.accesskeys.key_context import is_unknown
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import CredentialsError

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.model import Profile

_T = TypeVar("_T")
_LIMIT_S: Final = 90.0
_REFUSED_S: Final = 20.0  # how long to wait until an inactive key is rejected
_IN_A_ROW: Final = 3
_APART_S: Final = 0.2  # between two calls that succeed
_PAUSE_S: Final = 1.0  # after one that fails


def wait_until_accepted(
    call: Callable[[], _T],
    *,
    in_a_row: int = _IN_A_ROW,
    limit_s: float = _LIMIT_S,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> _T:
    """Returns the result of ``call`` once it has succeeded ``in_a_row`` times.

    Raises CredentialsError if AWS still does not know the key after ``limit_s`` seconds; any other
    error of ``call`` is raised at once.
    """
    deadline = now() + limit_s
    successes = 0
    while True:
        try:
            answer = call()
        except CredentialsError as exc:
            if not is_unknown(exc):
                raise
            if now() >= deadline:
                raise CredentialsError(
                    f"AWS still does not know the key everywhere after {limit_s:.0f} seconds.",
                    "run it again in a few minutes: it continues from here",
                    code=exc.code,
                ) from exc
            successes = 0
            sleep(_PAUSE_S)
            continue
        successes += 1
        if successes >= in_a_row:
            return answer
        sleep(_APART_S)


def wait_until_rejected(bare: Credentials, profile: Profile | None) -> None:
    """Waits until AWS rejects the key, 20 seconds at most."""
    deadline = time.monotonic() + _REFUSED_S
    while time.monotonic() < deadline:
        try:
            get_caller_identity(bare, profile=profile)
        except CredentialsError:
            return
        time.sleep(_PAUSE_S)
