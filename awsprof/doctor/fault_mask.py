"""Masks what checks say: secrets, and what a profile has where a secret may be."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from awsprof.doctor.findings import Fault
from awsprof.masking.mask import mask_message, mask_name, mask_value

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext

_START: Final = 4  # letters; a shorter key or value is not masked by itself


class FaultMask:
    """Masks the faults of one check.

    The keys and values of a fault's profile are masked if they may be secret. A value that is also
    the name of a profile or session (``test`` as the secret of ``test``) is not masked: the lists
    show it anyway, and the fix must name it. Where the profile's own name holds a secret, no
    command can name it.
    """

    def __init__(self, context: CheckContext) -> None:
        self._catalog = context.catalog
        self._mask = cache(mask_message)  # a check says the same of many profiles
        self._parts: dict[str, _Parts] = {}

    def masked(self, fault: Fault) -> Fault:
        """Returns the fault without secrets."""
        name = fault.profile or ""
        if name not in self._parts:
            self._parts[name] = _Parts(self._parts_of(name))
        texts = [fault.message, fault.fix]
        for part in self._parts[name].within("\n".join(texts)):
            if any(part.text in text for text in texts):
                texts = [text.replace(part.text, part.shown()) for text in texts]
        message, fix = map(self._mask, texts)
        if fault.profile and self._mask(fault.profile) != fault.profile:
            profile = self._catalog.profiles.get(fault.profile)
            where = fault.origin or (profile.origins[0] if profile else "the files")
            fix = f"correct {where} in an editor first: a secret is where a name should be"
        if (message, fix) == (fault.message, fault.fix):
            return fault
        return replace(fault, message=message, fix=fix)

    def _parts_of(self, name: str) -> Iterator[_Part]:
        profile = self._catalog.profiles.get(name)
        number = itertools.count()
        for key, value in (profile.values if profile else {}).items():
            named = value.text in self._catalog.profiles or value.text in self._catalog.sessions
            if not named and len(value.text) >= _START:
                yield _Part(next(number), value.text, partial(mask_value, key, value.text))
            if len(key) >= _START:
                yield _Part(next(number), key, partial(mask_name, key, value.text))


class _Part(NamedTuple):
    """A key or a value of a profile, and how it is shown."""

    number: int
    text: str
    shown: Callable[[], str]


class _Parts:
    """The keys and values of a profile, found in a text by looking its words up.

    Searching for each of thousands of keys in what is said of each of them would take minutes.
    """

    def __init__(self, parts: Iterable[_Part]) -> None:
        self._by_text: dict[str, list[_Part]] = {}
        self._lengths: dict[str, set[int]] = {}  # by the first letters
        for part in parts:
            self._by_text.setdefault(part.text, []).append(part)
            self._lengths.setdefault(part.text[:_START], set()).add(len(part.text))

    def within(self, text: str) -> list[_Part]:
        """Returns the parts that are in the text, in the order of the profile."""
        words = {
            text[at : at + length]
            for at in range(len(text))
            for length in self._lengths.get(text[at : at + _START], ())
        }
        found = (part for word in words for part in self._by_text.get(word, ()))
        return sorted(found, key=lambda part: part.number)
