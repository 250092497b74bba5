"""Recognizes a key that was pasted into a file as AWS gave it, and lines for a shell.

A key may be there as CSV of the console, as JSON, or as the two values, in one line or two. The
access portal and `aws sts` print shell lines, ``export AWS_ACCESS_KEY_ID=…``, for a terminal; no
SDK reads them in a file.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from awsprof.configfile.lenient import SectionView, is_intended_header
from awsprof.configfile.parse import is_comment
from awsprof.configfile.storage import ConfigFile
from awsprof.key_ids import is_access_key_id
from awsprof.paths import display_path
from awsprof.profiles.kinds.base import derived_name
from awsprof.profiles.known_keys import (
    CREDENTIAL_KEYS,
    PROFILE_KEYS,
    is_assignment,
    is_value_of,
    nearest_known_key,
)
from awsprof.shells import arguments

_LINE: Final = re.compile(
    r"(?:(?:export|set|setx|declare\s+-x|setenv)\s+|\$env:)(?P<name>AWS_\w+)"
    r"(?:\s*=\s*|\s+)(?P<value>.*)\Z",
    re.IGNORECASE,
)
_KEYS: Final = {  # environment variables and the config keys with the same meaning
    "AWS_ACCESS_KEY_ID": "aws_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "aws_secret_access_key",
    "AWS_SESSION_TOKEN": "aws_session_token",
    "AWS_SECURITY_TOKEN": "aws_session_token",
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "AWS_DEFAULT_OUTPUT": "output",
    "AWS_ROLE_ARN": "role_arn",
    "AWS_CA_BUNDLE": "ca_bundle",
    "AWS_ENDPOINT_URL": "endpoint_url",
}
_CSV: Final = re.compile(r"(?i)access key id[^\w\n]*[,;\t]|[,;\t][^\w\n]*access key id\b")
_JSON: Final = re.compile(r"\s*[{\[]\s*[\"}\]]")
_MOST_LINES: Final = 100  # of JSON: what AWS prints has some ten
_VALUE: Final = re.compile(
    r"\s*(?:\w[\w \-]*?\s*[=:])?\s*[\"']?(?P<value>[A-Za-z0-9/+]{16,40})[\"']?,?\s*"
)
_CSV_KEY: Final = "the CSV of an access key"
_NAMELESS: Final = "an access key without the names that SDKs read"
_TEMPORARY: Final = "temporary credentials, which expire"
_REMOVE: Final = "remove it in an editor; awsprof exec --help says how to pass on current ones"
_BY_INPUT: Final = (
    "cut it out in an editor, and paste {}, as two lines, into: awsprof keys import {} --stdin"
)
_TRACE: Final = re.compile(rb"(?i)A[KS]IA")  # each pasted key has an ID


@dataclass(frozen=True)
class ShellLine:
    """The variable that a line sets, the equivalent config key (if any), and the value."""

    variable: str
    key: str | None
    value: str = field(repr=False)


def shell_line(text: str) -> ShellLine | None:
    """Parses a line without its indent; None if it does not set an AWS variable."""
    match = _LINE.match(text)
    if match is None:
        return None
    value = match["value"].strip().rstrip(";").strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1].strip()
    name = match["name"].upper()
    return ShellLine(name, _KEYS.get(name), value)


class PastedKey(NamedTuple):
    """Lines of a file (1-based) that are a key, what they are, and the key's way into the vault.

    ``is_key``: False for JSON in which no key of AWS was recognized.
    """

    lines: range
    what: str
    fix: str
    is_key: bool = True


def find_pasted_keys(file: ConfigFile) -> Iterator[PastedKey]:
    """Yields the keys that were pasted above the first section or into one.

    And JSON of any kind, if the file begins with it.
    """
    above = _Place(file.lenient.preamble, file.path, "default", is_assignment)
    first = next((n for n, line in enumerate(above.lines) if _is_text(line)), None)
    found = above.key_at(first) if first is not None else None
    if found:
        yield found
    if _TRACE.search(file.data or b""):
        for view in file.lenient.blocks:
            yield from _in_section(view, file)


def lines_of_pasted_keys(file: ConfigFile) -> frozenset[int]:
    """Returns the lines (1-based) of the keys that were pasted into a file."""
    return frozenset(n for found in find_pasted_keys(file) if found.is_key for n in found.lines)


def _in_section(view: SectionView, file: ConfigFile) -> Iterator[PastedKey]:
    id = view.block.id
    name = id.name
    if id.type != "profile" or any(key.name in CREDENTIAL_KEYS for key in view.keys):
        taken = {other.block.id.name for other in file.lenient.blocks}
        name = derived_name(name or id.type, "key", taken)
    place = _Place(view.block.lines, file.path, name, _names_a_key)
    shift, at = view.line(0) - 1, 1
    while at < len(place.lines):
        found = place.key_at(at)
        at += 1
        if found and found.is_key:
            at = found.lines.stop - 1
            yield found._replace(lines=range(found.lines.start + shift, found.lines.stop + shift))


@dataclass(frozen=True)
class _Place:
    """Lines in which a key may have been pasted, and the profile that would get it.

    ``is_named`` tells whether a line needs nothing, or only its key's name corrected.
    """

    lines: Sequence[str]
    path: Path
    name: str
    is_named: Callable[[str], bool]

    def key_at(self, index: int) -> PastedKey | None:
        """Returns the key, or JSON, that begins at a line (0-based); its lines count from 1."""
        line = self.lines[index].strip()
        if not _is_text(line) or is_assignment(line) or shell_line(line):
            return None
        return self._csv_at(index) or self._json_at(index) or self._values_at(index)

    def _csv_at(self, index: int) -> PastedKey | None:
        head, rows = self.lines[index], self.lines[index + 1 : index + 2]
        if "=" in head or not _CSV.search(head) or not any(map(_has_id, rows)):
            return None
        fix = (
            f"move it out of {display_path(self.path)} into a file of its own, such as key.csv;"
            f" then awsprof keys import {arguments(self.name)} --csv key.csv"
        )
        return PastedKey(_range(index, self._text_lines(index)), _CSV_KEY, fix)

    def _json_at(self, index: int) -> PastedKey | None:
        if self.lines[index].lstrip()[:1] not in {"{", "["}:
            return None
        rest = "".join(self.lines[index : index + _MOST_LINES])
        if not _JSON.match(rest):
            return None
        whole = '"AccessKeyId"' in rest and (_json_lines(rest) or self._text_lines(index))
        lines = _range(index, whole or 1)
        text = "".join(self.lines[index : lines.stop - 1]) if whole else ""
        if '"AccessKeyId"' in text and '"SessionToken"' in text:
            return PastedKey(lines, f"the JSON of {_TEMPORARY}", _REMOVE)
        if '"AccessKeyId"' not in text or '"SecretAccessKey"' not in text:
            return PastedKey(lines, "JSON", "remove it in an editor", is_key=False)
        fix = _BY_INPUT.format("its AccessKeyId and SecretAccessKey", arguments(self.name))
        return PastedKey(lines, "the JSON of an access key", fix)

    def _values_at(self, index: int) -> PastedKey | None:
        """Returns the key whose ID is in this line, and its secret there or in the next."""
        both = self.lines[index : index + 2]
        values = [match["value"] for line in both if (match := _VALUE.fullmatch(line))]
        if len(values) < 2:  # as of "aws --output text", or a row of CSV
            both = both[:1]
            words = re.split(r"[\s,;:\"']+", both[0]) if "=" not in both[0] else []
            values = [word for word in words if is_access_key_id(word) or _is_secret(word)]
        if len(values) != 2 or not is_access_key_id(values[0]) or not _is_secret(values[1]):
            return None
        if any(map(self.is_named, both)):
            return None
        lines = _range(index, len(both))
        if not values[0].startswith("AKIA"):
            return PastedKey(lines, _TEMPORARY, _REMOVE)
        return PastedKey(lines, _NAMELESS, _BY_INPUT.format("the two values", arguments(self.name)))

    def _text_lines(self, index: int) -> int:
        """Counts the lines up to a blank line, a comment, a header or a line of a profile."""
        ends = (
            number
            for number, line in enumerate(self.lines[index + 1 :], start=1)
            if not _is_text(line) or is_assignment(line.strip())
        )
        return next(ends, len(self.lines) - index)


def _range(index: int, count: int) -> range:
    return range(index + 1, index + 1 + count)


def _is_secret(text: str) -> bool:
    return is_value_of("aws_secret_access_key", text)


def _names_a_key(line: str) -> bool:
    """True if a line of a profile has a key's name or nearly, which the doctor corrects."""
    name = re.split("[=:]", line, maxsplit=1)[0] if re.search("[=:]", line) else ""
    return bool(name) and nearest_known_key(name.strip(), PROFILE_KEYS) is not None


def _is_text(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not (is_comment(stripped) or is_intended_header(stripped))


def _has_id(row: str) -> bool:
    """True if a row of CSV has an access key ID."""
    return any(is_access_key_id(cell.strip().strip("\"'")) for cell in re.split("[,;\t]", row))


def _json_lines(text: str) -> int:
    """Returns the number of lines that valid JSON takes; 0 if it is not valid."""
    start = len(text) - len(text.lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return 0
    return text[:end].count("\n") + 1
