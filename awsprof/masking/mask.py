"""Text for display, with ``***`` for each secret that ``search`` finds in it."""

from collections.abc import Sequence
from typing import Any, Final

from awsprof.masking.search import (
    find_by_format,
    find_in_lines,
    find_in_message,
    find_secrets,
    is_candidate,
)
from awsprof.masking.secret_names import is_public, is_secret_by_name, name_kind, unquoted_value
from awsprof.masking.secret_pieces import is_piece
from awsprof.masking.secret_shapes import Span
from awsprof.text import one_line

MASK: Final = "***"


def mask_value(name: str, value: str) -> str:
    """Returns the value for display: ``***`` if the name is a secret's, else masked text."""
    if value and is_secret_by_name(name, unquoted_value(value)):
        return MASK
    if is_public(name) or name.lower().endswith("_process"):  # they have their own rules
        return mask_text(f"{name} = {value}").removeprefix(f"{name} = ")
    return mask_text(value)


def mask_name(name: str, value: str = "") -> str:
    """Returns a key's name for display, or *** if it is a piece of a secret split over lines.

    Names are words joined by ``_``, ``-`` or blanks; after the first ``=`` of a piece of a token
    there is nothing, or another ``=``.
    """
    return MASK if is_piece(name, value) else mask_text(name)


def mask_line(line: str) -> str:
    """Returns one line of a file, a command or JSON with ``***`` for each secret in it."""
    return _masked(line, find_secrets(line))


def mask_text(text: str) -> str:
    """Masks lines of a file, of JSON or of a value, including lines that continue a secret."""
    if "\n" not in text and "\r" not in text:
        return mask_line(text)
    lines = text.splitlines(keepends=True)
    return "".join(map(_masked, lines, find_in_lines(lines)))


def mask_message(text: str) -> str:
    """Masks a sentence or a program's output; prose such as ``name: value`` stays."""
    return "\n".join(map(_masked_message, text.split("\n")))


def _masked_message(line: str) -> str:
    return _masked(line, find_in_message(line)) if is_candidate(line) else line


def mask_by_format(text: str) -> str:
    """Returns one line with ``***`` for what has a secret's format, whatever name is before it."""
    line = one_line(text)
    return _masked(line, find_by_format(line))


def for_display(text: str) -> str:
    """Returns any text for display: one line, no hidden characters, no secrets."""
    return mask_message(one_line(text))


def mask_json(value: Any) -> Any:
    """Masks every string of a JSON value; masks the values of secret names completely."""
    if isinstance(value, str):
        return mask_message(value)
    if isinstance(value, dict):
        return {mask_message(str(key)): _json_value(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [mask_json(each) for each in value]
    return value


def _json_value(key: str, value: Any) -> Any:
    if (
        isinstance(value, str)
        and value
        and (is_public(key) or name_kind(key) in {"place", "secret"})
    ):
        return mask_value(key, value)
    return mask_json(value)


def _masked(line: str, found: Sequence[Span]) -> str:
    parts, at = [], 0
    for start, end in found:
        parts += [line[at:start], MASK]
        at = end
    return "".join((*parts, line[at:]))
