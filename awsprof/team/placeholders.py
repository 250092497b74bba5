"""Placeholders in the texts of a team file: ``{user}``, ``{account.id}``; ``{{`` is a brace.

A value is not expanded again: a placeholder in it stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from awsprof.parsing import InvalidValue

PLACEHOLDER_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TOKEN: Final = re.compile(
    r"(?P<text>[^{}]+)|(?P<brace>\{\{|\}\})"
    r"|\{(?P<name>[a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,39})?)\}"
)


class Piece(NamedTuple):
    """A piece of a text: literal, or the name of a placeholder."""

    text: str
    is_name: bool


class MissingValue(LookupError):
    """There is no value for the placeholder that is the argument."""


def parse_text(text: str) -> tuple[Piece, ...]:
    """Returns the pieces of a text. Raises InvalidValue for a brace that is no placeholder."""
    return _remembered_pieces(text) if _has_brace(text) else (Piece(text, False),)


def without_placeholders(text: str, mark: str) -> str:
    """Returns the text with ``mark`` for each placeholder; with another brace, as it is.

    The text may be a secret: unlike in parse_text, it is not remembered.
    """
    try:
        return "".join(mark if piece.is_name else piece.text for piece in _pieces(text))
    except InvalidValue:
        return text


def _has_brace(text: str) -> bool:
    """True if the text may have placeholders; most texts have none, and need no parsing."""
    return "{" in text or "}" in text


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise InvalidValue("it has a brace that is not part of a placeholder")
        at = token.end()
        literal = token["text"] or (token["brace"] or "")[:1]
        pieces.append(Piece(token["name"], True) if token["name"] else Piece(literal, False))
    return tuple(pieces)


_remembered_pieces = lru_cache(maxsize=4096)(_pieces)


def names_in(text: str) -> tuple[str, ...]:
    """Returns the names of the placeholders in a text. Raises InvalidValue as parse_text does."""
    if not _has_brace(text):
        return ()
    return tuple(piece.text for piece in parse_text(text) if piece.is_name)


def names_in_all(texts: Iterable[str]) -> set[str]:
    """Returns the names of the placeholders in all of the texts."""
    return {name for text in texts for name in names_in(text)}


def fill(text: str, values: Mapping[str, str]) -> str:
    """Returns the text with its values. Raises MissingValue if there is none for a placeholder."""
    if not _has_brace(text):
        return text
    pieces = parse_text(text)
    try:
        return "".join(values[piece.text] if piece.is_name else piece.text for piece in pieces)
    except KeyError as exc:
        raise MissingValue(exc.args[0]) from None
