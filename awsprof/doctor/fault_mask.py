"""Masks what checks say: secrets, and what a profile has where a secret may be."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from awsprof.doctor.findings import Fault
from awsprof.masking.mask import mask_message, mask_name, mask_value
from awsprof.masking.secret_names import stands_for_nothing

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

_START: Final = 4  # letters; a shorter key or value is not masked by itself
_FEW: Final = 100  # keys of a profile that are searched for one by one


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
        texts = [fault.message, fault.fix]
        for part in self._parts_within("\n".join(texts), fault.profile or ""):
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

    def _parts_within(self, text: str, name: str) -> Iterable[_Part]:
        """Returns the parts of the profile that are in the text, in the order of the profile."""
        profile = self._catalog.profiles.get(name)
        if profile is None or len(profile.values) <= _FEW:
            return self._parts_of(profile, text.__contains__)
        if name not in self._parts:
            self._parts[name] = _Parts(self._parts_of(profile, lambda _: True))
        return self._parts[name].within(text)

    def _parts_of(self, profile: Profile | None, counts: Callable[[str], bool]) -> Iterator[_Part]:
        """Yields the parts of which ``counts`` is true."""
        number = itertools.count()
        for key, value in (profile.values if profile else {}).items():
            text = value.text
            if len(text) >= _START and counts(text) and not self._is_plain(text):
                yield _Part(next(number), text, partial(mask_value, key, text))
            if len(key) >= _START and counts(key):
                yield _Part(next(number), key, partial(mask_name, key, text))

    def _is_plain(self, text: str) -> bool:
        """True for a name, and for a word such as None: sentences have it for other reasons."""
        named = text in self._catalog.profiles or text in self._catalog.sessions
        return named or stands_for_nothing(text)


class _Part(NamedTuple):
    """A key or a value of a profile, and how it is shown."""

    number: int
    text: str
    shown: Callable[[], str]


class _Parts:
    """The keys and values of a profile, found in a text by looking its words up.

    Searching for each of thousands of keys in what is said of each of them would take minutes; a
    few keys are found sooner one by one.
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
