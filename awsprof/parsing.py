"""Parse text that somebody else may have written: our own files, caches, responses.

Whatever is wrong with it (invalid JSON, deep nesting, dates that do not exist, wrong types,
duplicate keys, invalid UTF-8) becomes one sentence that names the source: see
``wrap_parse_errors``. The ``expect_*`` functions check one value each and raise InvalidValue (a
ValueError). No message quotes a value, since it may be a secret.
"""

import codecs
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from awsprof.errors import AwsprofError, FileError
from awsprof.text import sanitize

_YEARS: Final = range(1970, 9000)  # valid in every time zone
_PARSE_ERRORS: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)


class InvalidValue(ValueError):
    """A value of the wrong type or out of bounds; the message says what it should be."""


class NewerFormat(InvalidValue):
    """A file of awsprof's own that a newer version wrote: it is left as it is."""

    def __init__(self) -> None:
        super().__init__("it was written by a newer version of awsprof")


@contextmanager
def wrap_parse_errors(
    where: object, fix: str, kind: type[AwsprofError] = FileError
) -> Iterator[None]:
    """Turns any parse error in the block into one ``kind`` that names ``where``."""
    try:
        yield
    except _PARSE_ERRORS as exc:
        fix = "upgrade awsprof" if isinstance(exc, NewerFormat) else fix
        raise kind(f"{where} cannot be read: {failure_reason(exc)}.", fix) from exc


def failure_reason(exc: BaseException) -> str:
    """Says what is wrong in a few words, without any of the text itself."""
    match exc:
        case InvalidValue():
            return str(exc)
        case RecursionError():
            return "it is nested too deeply"
        case UnicodeError():
            return "it is not UTF-8"
        case json.JSONDecodeError():
            return f"it is not valid JSON (line {exc.lineno})"
        case KeyError() if exc.args and isinstance(exc.args[0], str):
            return f"{sanitize(exc.args[0], 40)} is missing"
    if type(exc).__name__ == "TOMLDecodeError":
        return f"it is not valid TOML ({sanitize(str(exc), 120)})"
    return "its content is invalid"


def parse_json(data: bytes | str) -> Any:
    """Parses JSON. ValueError or RecursionError if it is invalid or has a duplicate key."""
    text = data.removeprefix(codecs.BOM_UTF8).decode() if isinstance(data, bytes) else data
    return json.loads(
        text,
        object_pairs_hook=_unique_keys,
        parse_constant=_reject_constant,
        parse_float=_finite_float,
    )


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise InvalidValue("it has a duplicate key")
    return table


def _reject_constant(_: str) -> float:
    raise InvalidValue("it has an invalid number")


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise InvalidValue("it has a number that is too large")
    return value


def require_known_format(value: object, newest: int) -> None:
    """Raises NewerFormat if ``value``, the number of a file's format, is above ``newest``."""
    if isinstance(value, int) and value > newest:
        raise NewerFormat


def parse_toml(data: bytes) -> dict[str, Any]:
    """Parses TOML. ValueError or RecursionError if it is invalid."""
    import tomllib

    return tomllib.loads(data.decode("utf-8-sig"))


def expect_table(value: object, what: str = "it") -> dict[str, Any]:
    """Returns a JSON object or a TOML table."""
    if not isinstance(value, dict):
        raise InvalidValue(f"{what} should be an object")
    return value


def expect_list(value: object, what: str = "it") -> list[Any]:
    """Returns a JSON or TOML array."""
    if not isinstance(value, list):
        raise InvalidValue(f"{what} should be a list")
    return value


def expect_text(value: object, what: str = "a value", *, most: int = 1 << 20) -> str:
    """Returns a string that can be encoded: no lone surrogates, at most ``most`` characters."""
    if not isinstance(value, str) or len(value) > most:
        raise InvalidValue(f"{what} should be a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidValue(f"{what} has an invalid character")
    return value


def optional_text(table: Mapping[str, Any], name: str) -> str | None:
    """Returns the text under ``name``, or None. Raises InvalidValue for another type."""
    return expect_text(table[name], name) if name in table else None


def expect_texts(value: object, what: str = "a value") -> tuple[str, ...]:
    """Returns a list of strings as a tuple."""
    return tuple(expect_text(each, what) for each in expect_list(value, what))


def expect_bool(value: object, what: str = "a value") -> bool:
    """Returns true or false."""
    if not isinstance(value, bool):
        raise InvalidValue(f"{what} should be true or false")
    return value


def expect_int(value: object, what: str = "a value", *, most: int = 1 << 53) -> int:
    """Returns an integer from 0 to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InvalidValue(f"{what} should be a number from 0 to {most}")
    return value


def expect_time(value: object, what: str = "a time") -> datetime:
    """Parses ISO 8601 to an aware datetime; without a time zone it is UTC."""
    if not isinstance(value, str):
        raise InvalidValue(f"{what} should be a time")
    try:
        return require_timezone(datetime.fromisoformat(value), what)
    except ValueError as exc:
        raise InvalidValue(f"{what} should be a time") from exc


def require_timezone(value: object, what: str = "a time") -> datetime:
    """Returns a datetime valid in every time zone; without a time zone it is UTC."""
    if not isinstance(value, datetime) or value.year not in _YEARS:
        raise InvalidValue(f"{what} should be a time")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def expect_timestamp(value: object, what: str = "a time") -> datetime:
    """Converts seconds since 1970 to an aware datetime."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(f"{what} should be a time")
    try:
        return require_timezone(datetime.fromtimestamp(value, UTC), what)
    except (OverflowError, OSError, ValueError) as exc:
        raise InvalidValue(f"{what} should be a time") from exc
