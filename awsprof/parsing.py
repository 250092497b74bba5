"""The one way in for text that somebody else may have written: files of ours, caches, answers.

Whatever is wrong with it (no JSON, nested without end, dates that do not exist, other types, keys
twice, bytes that are no UTF-8) ends in one sentence that names where it came from. ``expecting``
makes the sentence; the other functions take one value each and raise ValueError where it does not
fit. No value is ever quoted, since it may be a secret.
"""

import codecs
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from awsprof.errors import AwsprofError, FileError
from awsprof.text import sanitize

_YEARS: Final = range(1970, 9000)  # in which every time zone can be told
_WRONG: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)


class InvalidValue(ValueError):
    """A value that is not what should stand there; says what should."""


@contextmanager
def wrap_parse_errors(
    where: object, fix: str, kind: type[AwsprofError] = FileError
) -> Iterator[None]:
    """Make whatever is wrong with what is read in the block one ``kind`` that names ``where``."""
    try:
        yield
    except _WRONG as exc:
        raise kind(f"{where} cannot be read: {failure_reason(exc)}.", fix) from exc


def failure_reason(exc: BaseException) -> str:
    """What is wrong, in a few words, without any of the text itself."""
    match exc:
        case InvalidValue():
            return str(exc)
        case RecursionError():
            return "it is nested too deeply"
        case UnicodeError():
            return "it is not UTF-8"
        case json.JSONDecodeError():
            return f"it is no JSON (line {exc.lineno})"
        case KeyError() if exc.args and isinstance(exc.args[0], str):
            return f"{sanitize(exc.args[0], 40)} is missing"
    if type(exc).__name__ == "TOMLDecodeError":
        return f"it is no TOML ({sanitize(str(exc), 120)})"
    return "it is not as it should be"


def parse_json(data: bytes | str) -> Any:
    """What JSON says. ValueError or RecursionError for anything else, and for a key given twice."""
    text = data.removeprefix(codecs.BOM_UTF8).decode() if isinstance(data, bytes) else data
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidValue("it has a key twice")
    return found


def _no_number(_: str) -> float:
    raise InvalidValue("it holds what is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise InvalidValue("it holds a number that is too large")
    return value


def parse_toml(data: bytes) -> dict[str, Any]:
    """What TOML says. ValueError or RecursionError for anything else."""
    import tomllib

    return tomllib.loads(data.decode("utf-8-sig"))


def expect_table(value: object, what: str = "it") -> dict[str, Any]:
    """A JSON object, or a TOML table."""
    if not isinstance(value, dict):
        raise InvalidValue(f"{what} should be an object")
    return value


def expect_list(value: object, what: str = "it") -> list[Any]:
    """A JSON or TOML array."""
    if not isinstance(value, list):
        raise InvalidValue(f"{what} should be a list")
    return value


def expect_text(value: object, what: str = "a value", *, most: int = 1 << 20) -> str:
    """A text that can be written and sent: no half of a surrogate pair."""
    if not isinstance(value, str) or len(value) > most:
        raise InvalidValue(f"{what} should be a text")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidValue(f"{what} holds what is no letter")
    return value


def expect_texts(value: object, what: str = "a value") -> tuple[str, ...]:
    """A list of texts."""
    return tuple(expect_text(each, what) for each in expect_list(value, what))


def expect_bool(value: object, what: str = "a value") -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidValue(f"{what} should be true or false")
    return value


def expect_int(value: object, what: str = "a value", *, least: int = 0, most: int = 1 << 53) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidValue(f"{what} should be a number from {least} to {most}")
    return value


def expect_time(value: object, what: str = "a time") -> datetime:
    """An aware time from ISO 8601; one without a zone is UTC."""
    if not isinstance(value, str):
        raise InvalidValue(f"{what} should be a time")
    try:
        return require_timezone(datetime.fromisoformat(value), what)
    except ValueError as exc:
        raise InvalidValue(f"{what} should be a time") from exc


def require_timezone(value: object, what: str = "a time") -> datetime:
    """A time that can be told in every zone; one without a zone is UTC."""
    if not isinstance(value, datetime) or value.year not in _YEARS:
        raise InvalidValue(f"{what} should be a time")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def expect_timestamp(value: object, what: str = "a time") -> datetime:
    """A time from its seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidValue(f"{what} should be a time")
    try:
        return require_timezone(datetime.fromtimestamp(value, UTC), what)
    except (OverflowError, OSError, ValueError) as exc:
        raise InvalidValue(f"{what} should be a time") from exc
