"""Which known name a mistyped one probably stands for."""

import difflib
import heapq
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_ALIKE: Final = 0.66  # of the letters of both, in order, as difflib counts them
_LONGEST: Final = 80  # a longer word was not mistyped, and takes long to compare
_MOST_COMPARED: Final = 200  # names: those that may have most letters alike
_SEPARATORS: Final = re.compile(r"[\W_]")


def nearest_name(word: str, names: Iterable[str]) -> str | None:
    """Returns the name closest to ``word``; None if none is close.

    Close is two thirds of the letters alike, or at most two wrong letters (one in a short word). A
    wilder guess would mislead people.
    """
    every = list(dict.fromkeys(names))
    if word in every:
        return word
    if len(word) > _LONGEST:
        return None
    return _most_alike(word, every) or _nearest_by_letters(word, every)


@lru_cache(maxsize=4096)  # several checks ask about the same key
def nearest_spelling(word: str, names: frozenset[str]) -> str | None:
    """Returns the name whose letters differ least, whatever separates them; None if none is close.

    Close is at most two wrong letters, one in a word of less than six, none in one or two letters.
    The answers are kept, with ``names``: a set that many words are compared with, such as the
    known keys.
    """
    return _nearest_by_letters(word, names)


def letters(name: str) -> str:
    """Returns the letters and digits of a name, of any script, in lower case."""
    return _SEPARATORS.sub("", name.lower())


def _most_alike(word: str, names: Iterable[str]) -> str | None:
    """Returns the name that ``difflib.get_close_matches`` puts first; None if none is close.

    That compares all names in full, which takes minutes for some texts. Here only those are
    compared whose letters, in any order, are alike enough to come first.
    """
    matcher = difflib.SequenceMatcher(b=word)
    possible: list[tuple[float, str]] = []
    for name in names:
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= _ALIKE and (most := matcher.quick_ratio()) >= _ALIKE:
            possible.append((most, name))
    best, nearest = 0.0, ""
    for most, name in heapq.nlargest(_MOST_COMPARED, possible):
        if most < best:
            break
        matcher.set_seq1(name)
        best, nearest = max((best, nearest), (matcher.ratio(), name))
    return nearest if best >= _ALIKE else None


def _nearest_by_letters(word: str, names: Iterable[str]) -> str | None:
    bare = letters(word)
    limit = 2 if len(bare) > 5 else 1 if len(bare) > 2 else 0
    found = ((_distance(bare, letters(each), limit), each) for each in names)
    best = min(found, default=(limit + 1, ""))
    return best[1] if bare and best[0] <= limit else None


def _distance(one: str, other: str, limit: int) -> int:
    """Returns the number of wrong, missing, extra or swapped letters, at most ``limit`` + 1.

    Source: the optimal string alignment distance.
    """
    if not limit:
        return int(one != other)
    if abs(len(one) - len(other)) > limit or len({*one} ^ {*other}) > 2 * limit:
        return limit + 1  # a wrong letter takes one away and brings one in
    pairs = enumerate(zip(one, other, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    one, other = one[same:], other[same:]
    if not one or not other:
        return len(one) + len(other)
    rests = [(one[1:], other[1:]), (one[1:], other), (one, other[1:])]
    if one[:2] == other[1::-1]:
        rests.append((one[2:], other[2:]))
    return 1 + min(_distance(*rest, limit - 1) for rest in rests)
