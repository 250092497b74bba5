"""Secrets that a paste or an editor cut into several lines: each piece looks like a key's name."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from awsprof import key_ids
from awsprof.masking.secret_shapes import Span, is_random_name, is_random_piece, looks_secret

BASE64_LINE: Final = re.compile(r"[A-Za-z0-9/+]{4,}={0,2}\Z")
_PIECE_LINE: Final = re.compile(r"\s*(?P<name>[A-Za-z0-9/+]{12,})\s*[=:](?P<value>.*)", re.DOTALL)
_GLUED_PIECE: Final = re.compile(  # the line break after the piece was lost, too
    r"\s*(?P<piece>[A-Za-z0-9/+]{4,}?)[ \t]*"
    r"(?:(?:aws|sso|role|mfa|source|external|duration|credential)_[a-z_]+|region|output)"
    r"\s*(?:[=:]|\Z)"
)
_FIRST_WORD: Final = re.compile(
    r"[^\w\[/+]*(?:export\s+|set\s+)?[\"']?(?P<piece>[A-Za-z0-9/+]{16,})"
)
_LATER_WORD: Final = re.compile(
    r"[\"'(]?(?P<piece>[A-Za-z0-9+][A-Za-z0-9/+]{19,})(?![\w\-:/+@]|\.\S)",
)
_AFTER_HEADER: Final = re.compile(r"\]\s*(?P<piece>[A-Za-z0-9/+]{16,})(?![\w\-:.@])")
_WORD_OF_MESSAGE: Final = re.compile(
    r"(?<![^\s\"'(])(?P<piece>[A-Za-z0-9+][A-Za-z0-9/+]{19,}+)={0,2}(?![\w\-:/@\]]|\.\S)"
)
_HEX: Final = re.compile(r"[0-9a-f]+")  # a digest: no secret of AWS is written so


def is_lone_piece(text: str) -> bool:
    """True if a whole line is a piece of a secret."""
    if not BASE64_LINE.match(text):
        return False
    name, _, value = text.partition("=")
    return is_piece(name, value)


def is_piece(name: str, value: str) -> bool:
    """True if a key's name is one line of a secret that was cut into several."""
    name = name.strip()
    if looks_secret(name):
        return True
    if key_ids.is_unique_id(name):
        return False
    if len(name) < 4 or not re.fullmatch(r"[A-Za-z0-9/+]+", name):
        return False
    nothing = not value.strip("= \t")
    mixed = bool(re.search(r"\d", name)) or not re.fullmatch(r"[a-z]+|[A-Z]?[a-z]+|[A-Z]+", name)
    if value.strip() == "=" or (len(name) >= 16 and is_random_name(name)):
        return True
    if re.search(r"[/+]", name):
        return nothing and len(name) > 8
    return nothing and len(name) >= 12 and mixed and bool(re.search(r"\d", name))


def spans_of_pieces(line: str) -> Iterator[Span]:
    """Yields words of a line that look like pieces of a secret, with or without others beside."""
    name = _PIECE_LINE.match(line)
    if name and is_piece(name["name"], name["value"]):
        yield name.span("name")
    glued = _GLUED_PIECE.match(line)
    if glued and is_piece(glued["piece"], ""):
        yield glued.span("piece")
    yield from _first_word(line)
    yield from _later_words(line)
    yield from _after_header(line)


def spans_in_message(line: str) -> Iterator[Span]:
    """Yields words of a sentence that are a piece of a secret, as it quotes a line of a file."""
    for match in _WORD_OF_MESSAGE.finditer(line):
        if is_random_piece(match["piece"]):
            yield match.span("piece")
    if "]" in line:
        yield from _after_header(line)


def _after_header(line: str) -> Iterator[Span]:
    """Yields the piece of a secret that is joined to a header."""
    for match in _AFTER_HEADER.finditer(line):
        if not _HEX.fullmatch(match["piece"]) and is_piece(match["piece"], "of another key"):
            yield match.span("piece")


def _first_word(line: str) -> Iterator[Span]:
    """Yields the first word if it looks random, but not a whole text: an external ID is shown."""
    first = _FIRST_WORD.match(line)
    if first and first["piece"] != line.strip():
        piece = first["piece"]
        if not _HEX.fullmatch(piece) and is_piece(piece, "of another key"):
            yield first.span("piece")


def _later_words(line: str) -> Iterator[Span]:
    """Yields later words that look random, but not a whole value: an external ID is shown."""
    words = [*re.finditer(r"\S+", line)]
    for before, word in pairwise(words):
        later = _LATER_WORD.match(word[0]) if len(word[0]) >= 20 else None
        if later is None or before[0].startswith(("-", "[")) or not is_random_piece(later["piece"]):
            continue
        is_value = before[0][-1] in "=:"
        rest = line[word.end() :].lstrip()
        if not is_value or (word[0] == later["piece"] and rest and rest[0] not in "#;"):
            yield word.start() + later.start("piece"), word.start() + later.end("piece")
