"""Checks the output of a credential_process and says exactly what is wrong with it.

botocore raises a raw Python error for most mistakes, or sends bad values to AWS. The sentences
quote no value, which may be a secret, except times.

Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from awsprof import parsing
from awsprof.text import sanitize

_BOM: Final = b"\xef\xbb\xbf"
_RFC_3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_EXAMPLE: Final = "2030-01-31T12:00:00Z"


def output_problem(stdout: bytes) -> str | None:
    """Returns what is wrong, as the end of a sentence about the program; None if it is valid."""
    if not stdout.strip():
        return "printed nothing instead of a JSON object"
    if stdout.startswith(_BOM):
        return "printed a byte order mark before its JSON, which SDKs cannot read"
    try:
        data = parsing.parse_json(stdout)
    except (ValueError, RecursionError):
        return "printed something other than one JSON object; logs belong on stderr"
    if not isinstance(data, dict):
        return "printed JSON that is not an object"
    return _of_version(data) or _of_key(data) or _of_expiration(data.get("Expiration"))


def oddities(stdout: bytes) -> tuple[str, ...]:
    """Returns what boto3 accepts and other SDKs reject in a valid output, as sentence ends.

    Sources: the process credential providers of the SDKs for Go v2 (encoding/json), Java 2.x and
    Rust.
    """
    data = parsing.parse_json(stdout)
    found = []
    if data.get("SessionToken") == "":
        found.append("prints an empty SessionToken, which Java and Rust sign with: leave it out")
    if isinstance(data.get("Version"), float):
        found.append('prints "Version" with a decimal point, which Go rejects: it must be 1')
    account = data.get("AccountId")
    if account is not None and not isinstance(account, str):
        found.append(f"prints {_kind(account)} as AccountId, which Go rejects: it must be text")
    end = data.get("Expiration")
    if isinstance(end, str) and not _RFC_3339.fullmatch(end):
        found.append(
            f"prints an Expiration ({sanitize(end, 40)}) that Go, Java and Rust cannot read: write"
            f" it as {_EXAMPLE}"
        )
    return tuple(found)


def _of_version(data: dict[str, Any]) -> str | None:
    version = data.get("Version")
    if isinstance(data.get("Credentials"), dict) and version is None:
        return (
            "printed its object inside another one, as STS returns it: Version, AccessKeyId and"
            " SecretAccessKey must be at the top level"
        )
    if version is None:
        small = next((key for key in data if key.lower() == "version"), None)
        if small is not None:
            return f"printed {small} instead of Version: names are case-sensitive"
        return 'printed no "Version": 1'
    if isinstance(version, str):
        return 'printed "Version" as text: it must be the number 1 without quotes'
    if isinstance(version, bool) or version != 1:
        return 'printed a "Version" other than the number 1'
    return None


def _of_key(data: dict[str, Any]) -> str | None:
    for name in ("AccessKeyId", "SecretAccessKey"):
        if name not in data:
            return f"printed no {name}"
        if not isinstance(data[name], str) or not data[name].strip():
            return f"printed {_kind(data[name])} as {name}"
    token = data.get("SessionToken")
    if token is not None and not isinstance(token, str):
        return f"printed {_kind(token)} as SessionToken; it must be text, or left out"
    return None


def _of_expiration(value: object) -> str | None:
    if value is None:
        return None
    rule = f"it must be a time with its zone, such as {_EXAMPLE}, or left out"
    if not isinstance(value, str):
        return f"printed {_kind(value)} as Expiration; {rule}"
    if not value.strip():
        return f"printed an empty Expiration; {rule}"
    moment = _moment(value)
    if moment is None:
        return f"printed an Expiration that is not a time; {rule}"
    if moment.tzinfo is None:
        return f"printed an Expiration without its zone ({sanitize(value, 40)}); {rule}"
    if moment <= datetime.now(UTC):
        return f"printed credentials that had already expired, at {sanitize(value, 40)}"
    return None


def _moment(text: str) -> datetime | None:
    """Parses a time as botocore does; None if it is invalid."""
    from botocore.credentials import parse  # dateutil's

    try:
        found = parse(text)
    except (ValueError, OverflowError):
        return None
    return found if isinstance(found, datetime) else None


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case str():
            return "an empty text"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
    return "a list" if isinstance(value, list) else "an object"
