"""A type that holds a secret and never shows it.

A ``Secret`` can be passed around, compared and stored; only ``reveal()`` returns the text, so that
every place that does so can be found by name.
"""

import hmac
from typing import Final, NoReturn


class Secret:
    """Text that ``repr``, ``str``, ``format`` and pickling never reveal."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """Returns the secret itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # not usable as a dict key

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled")
