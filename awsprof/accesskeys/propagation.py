"""Waiting until AWS knows a new key everywhere, or takes an old one no more.

IAM is eventually consistent: for some seconds one of its machines knows a key, and the next one
does not (IAM User Guide, "Changes that I make are not always immediately visible").
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from awsprof.accesskeys.context import is_unknown
from awsprof.awsapi.caller_identity import whoami
from awsprof.errors import CredentialsError

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.model import Profile

_T = TypeVar("_T")
LIMIT_S: Final = 90.0
_REFUSED_S: Final = 20.0  # that are waited until a key that is inactive is refused
_IN_A_ROW: Final = 3
_APART_S: Final = 0.2  # between two that went well
_PAUSE_S: Final = 1.0  # after one that did not


def until_known(
    call: Callable[[], _T],
    *,
    in_a_row: int = _IN_A_ROW,
    limit_s: float = LIMIT_S,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> _T:
    """What ``call`` gives when it went well ``in_a_row`` times.

    CredentialsError where AWS still does not know the key after ``limit_s`` seconds; whatever else
    ``call`` raises is raised at once.
    """
    deadline = now() + limit_s
    good = 0
    while True:
        try:
            answer = call()
        except CredentialsError as exc:
            if not is_unknown(exc):
                raise
            if now() >= deadline:
                raise CredentialsError(
                    f"AWS still does not know the key everywhere after {limit_s:.0f} seconds.",
                    "run it again in some minutes: it goes on from here",
                    code=exc.code,
                ) from exc
            good = 0
            sleep(_PAUSE_S)
            continue
        good += 1
        if good >= in_a_row:
            return answer
        sleep(_APART_S)


def until_refused(bare: Credentials, profile: Profile | None) -> None:
    """Return once AWS takes the key no more, or after 20 seconds."""
    deadline = time.monotonic() + _REFUSED_S
    while time.monotonic() < deadline:
        try:
            whoami(bare, profile=profile)
        except CredentialsError:
            return
        time.sleep(_PAUSE_S)
