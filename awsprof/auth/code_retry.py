"""Asks again for an MFA code that AWS rejected, if you typed it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from awsprof.awsapi.errors import rejection
from awsprof.errors import AwsprofError, InteractionRequired

_TRIES: Final = 3
_AGAIN: Final = "AWS rejected that code. It accepts each code once: type the next one."
_T = TypeVar("_T")


class TypedCode(threading.local):
    """True if a person typed this thread's last code: programs are not asked again."""

    by_person = False


def retry_with_other_codes(
    attempt: Callable[[], _T], typed: TypedCode, show: Callable[[str], object]
) -> _T:
    """Return ``attempt()``; try up to three times if AWS rejects a typed code."""
    for _ in range(_TRIES - 1):
        typed.by_person = False
        try:
            return attempt()
        except AwsprofError as exc:
            if not typed.by_person or not rejection.is_wrong_code(exc):
                raise
        with suppress(InteractionRequired):
            show(_AGAIN)
    return attempt()
