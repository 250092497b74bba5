"""Which known name a mistyped one probably stands for."""

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_ALIKE: Final = 0.66  # of the letters of both, in order, as difflib counts them
_LONGEST: Final = 200  # a longer word was not mistyped, and takes long to compare


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
    close = difflib.get_close_matches(word, every, n=1, cutoff=_ALIKE)
    return close[0] if close else nearest_spelling(word, frozenset(every))


@lru_cache(maxsize=4096)  # several checks ask about the same key
def nearest_spelling(word: str, names: frozenset[str]) -> str | None:
    """Returns the name whose letters differ least, whatever separates them; None if none is close.

    Close is at most two wrong letters, one in a word of less than six, none in one or two letters.
    """
    bare = letters(word)
    limit = 2 if len(bare) > 5 else 1 if len(bare) > 2 else 0
    found = ((_distance(bare, letters(each), limit), each) for each in sorted(names))
    best = min(found, default=(limit + 1, ""))
    return best[1] if bare and best[0] <= limit else None


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    """Returns the letters and digits of a name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _distance(one: str, other: str, limit: int) -> int:
    """Returns the number of wrong, missing, extra or swapped letters, at most ``limit`` + 1.

    Source: the optimal string alignment distance.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, there in enumerate(other, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != there))
            if last and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
