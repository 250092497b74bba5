"""The CSV file that the AWS console offers once, when it makes an access key.

Today's has the columns "Access key ID" and "Secret access key"; the older one begins with
"User name" and "Password". Byte order marks, CRLF and quotes are taken as they come.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from awsprof import key_ids, parsing
from awsprof.errors import FileError, UsageError
from awsprof.secret import Secret

_LARGEST = 64 * 1024  # bytes: one key takes about 100


@dataclass(frozen=True)
class KeyFile:
    """What such a file holds: the access key's id, its secret, and the user where it says so.

    UsageError where the id is none, which is never shown: a secret may stand in its place.
    """

    key_id: str
    secret: Secret
    user: str | None

    def __post_init__(self) -> None:
        if key_ids.is_access_key_id(self.key_id):
            return
        if key_ids.is_access_key_id(self.secret.reveal()):
            raise UsageError(
                "The id and the secret look swapped.", "give the id, which begins with AKIA, first"
            )
        raise UsageError(
            "The value given as the access key's id is not one.",
            "it looks like AKIAIOSFODNN7EXAMPLE (20 characters)",
        )


def read_csv(path: Path) -> KeyFile:
    """The one access key in the file. UsageError where it holds none, or more than one."""
    return parse_csv(_text(path), str(path))


def parse_csv(text: str, called: str) -> KeyFile:
    """The one access key in a text of that form; ``called`` is what people know it as."""
    with parsing.wrap_parse_errors(called, "download it from the console anew", UsageError):
        # Any of the three line ends, whoever saved it last: spreadsheets write all of them.
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            rows = list(csv.DictReader(io.StringIO(lines), strict=True))
        except csv.Error as exc:
            raise parsing.InvalidValue("it is no CSV") from exc
    found = [row for row in map(_lowered, rows) if _ID in row and row.get(_SECRET)]
    if not found:
        raise UsageError(
            f"{called} is not a key file of the AWS console: it needs the columns"
            ' "Access key ID" and "Secret access key".',
            "download the .csv file when the console has made the key",
        )
    if len(found) > 1:
        raise UsageError(
            f"{called} holds {len(found)} access keys, and a profile has one.",
            "leave only the key that you want in the file",
        )
    row = found[0]
    return KeyFile(row[_ID], Secret(row[_SECRET]), row.get("user name") or None)


_ID = "access key id"
_SECRET = "secret access key"  # noqa: S105  # the name of a column


def _lowered(row: dict[str, str]) -> dict[str, str]:
    return {k.strip().lower(): v.strip() for k, v in row.items() if k and isinstance(v, str)}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as exc:
        raise FileError(f"{path} cannot be read: {exc.strerror}.", "check the path") from exc
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is too large for a key file.", "check the path")
    try:
        return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeError as exc:
        raise UsageError(f"{path} is not a text file.", "check the path") from exc
