"""Checks the answers to a team file's questions."""

import re
import warnings
from functools import lru_cache
from typing import Final

from awsprof.errors import UsageError
from awsprof.masking.search import is_secret
from awsprof.parsing import InvalidValue
from awsprof.team import limits
from awsprof.team.model import Variable
from awsprof.text import one_line

_LONGEST_ANSWER: Final = 256
_MOST_REPEATS: Final = 3
# One character of a pattern: a class, an escape or a plain character, and how often it repeats.
# Groups and alternatives would let a hostile pattern take hours over one answer.
_ATOM: Final = re.compile(
    r"(?:\[\^?(?:\\[\w.\-+/@:=,\]\\]|[^\]\\\[])+\]|\\[dws.\-+/@:=,]|[^\\\[\](){}*+?|^$])"
    r"(?P<repeat>[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?"
)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Returns the pattern compiled; the whole answer must match it. Raises InvalidValue.

    A pattern has characters, classes such as ``[a-z]`` and ``\\d``, and at most three of ``*``,
    ``+``, ``?`` and ``{2,64}``: enough to describe a name, too little to take long.
    """
    if len(pattern) > limits.MAX_PATTERN_CHARACTERS:
        raise InvalidValue("The pattern is too long")
    at = repeats = 0
    while at < len(pattern):
        atom = _ATOM.match(pattern, at)
        if atom is None:
            raise InvalidValue("The pattern has more than classes, characters and repeats")
        at = atom.end()
        repeats += atom["repeat"] is not None
    if repeats > _MOST_REPEATS:
        raise InvalidValue(f"The pattern repeats more than {_MOST_REPEATS} parts")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern or ".*", re.ASCII)
    except (re.error, FutureWarning, OverflowError) as exc:
        raise InvalidValue("The pattern is not a regular expression") from exc


def check_answer(variable: Variable, answer: str) -> str:
    """Returns the answer to a variable's question. Raises UsageError if it cannot be used."""
    answer = answer.strip()
    if not answer:
        raise UsageError(f"{variable.name} is missing.", f"answer: {variable.question}")
    if len(answer) > _LONGEST_ANSWER or one_line(answer) != answer:
        fix = f"use one line of at most {_LONGEST_ANSWER} characters"
        raise UsageError(f"{variable.name} cannot have that value.", fix)
    if is_secret(answer):
        raise UsageError(
            f"The answer to {variable.name} looks like a secret.",
            "a team file has no secrets: enter what the question asks for",
        )
    if variable.pattern and not compile_pattern(variable.pattern).fullmatch(answer):
        raise UsageError(
            f"{variable.name} does not have the form that the team file asks for.",
            f"use one that matches {variable.pattern}",
        )
    return answer
