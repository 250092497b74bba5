"""The CSV file that the AWS console offers when it creates an access key.

It has the columns "Access key ID" and "Secret access key"; an older format begins with "User name"
and "Password". Byte order marks, UTF-16, CRLF and quotes are accepted, and the semicolons or tabs
that spreadsheets write instead of commas.
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
    """The access key ID, the secret, and the user's name if the file has it.

    Raises UsageError if the ID is not one; it is never shown, since it could be the secret.
    """

    key_id: str
    secret: Secret
    user: str | None

    def __post_init__(self) -> None:
        if key_ids.is_access_key_id(self.key_id):
            return
        if key_ids.is_access_key_id(self.secret.reveal()):
            raise UsageError(
                "The ID and the secret look swapped.", "give the ID, which begins with AKIA, first"
            )
        raise UsageError(
            "The access key ID is not valid.",
            "it looks like AKIAIOSFODNN7EXAMPLE (20 characters)",
        )


def read_csv(path: Path) -> KeyFile:
    """Returns the access key in the file. Raises UsageError if it has none, or several."""
    return parse_csv(_text(path), str(path))


def parse_csv(text: str, source: str) -> KeyFile:
    """Returns the access key in the text; ``source`` names the text in errors."""
    with parsing.wrap_parse_errors(source, "download it from the console again", UsageError):
        # Spreadsheets write all three kinds of line ends.
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            delimiter = max(",;\t", key=lines.partition("\n")[0].count)
            rows = list(csv.DictReader(io.StringIO(lines), strict=True, delimiter=delimiter))
        except csv.Error as exc:
            raise parsing.InvalidValue("it is not CSV") from exc
    keys = [row for row in map(_lowered, rows) if _ID in row and row.get(_SECRET)]
    if not keys:
        raise UsageError(
            f"{source} is not a key file of the AWS console: it needs the columns"
            ' "Access key ID" and "Secret access key".',
            "download the .csv file right after the console has created the key",
        )
    if len(keys) > 1:
        raise UsageError(
            f"{source} has {len(keys)} access keys, but a profile has one.",
            "leave only the key that you want in the file",
        )
    row = keys[0]
    return KeyFile(row[_ID], Secret(row[_SECRET]), row.get("user name") or None)


_ID = "access key id"
_SECRET = "secret access key"  # noqa: S105  # a column name


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
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
        return text.lstrip("\ufeff")
    except UnicodeError as exc:
        raise UsageError(f"{path} is not a text file.", "check the path") from exc
