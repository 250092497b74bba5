"""Recognizes a key that was pasted into a file as AWS gave it.

As CSV of the console, as JSON, or as the two values, each in its line.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
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
from awsprof.profiles.shell_lines import shell_line
from awsprof.shells import arguments

_CSV: Final = re.compile(r"(?i)access key id[^\w\n]*[,;\t]|[,;\t][^\w\n]*access key id\b")
_JSON: Final = re.compile(r"\s*[{\[]\s*[\"}\]]")
_VALUE: Final = re.compile(
    r"\s*(?:(?P<name>\w[\w \-]*?)\s*[=:])?\s*[\"']?(?P<value>[A-Za-z0-9/+]{16,40})[\"']?,?\s*"
)
_TEMPORARY: Final = "temporary credentials, which expire"
_REMOVE: Final = "remove it in an editor; awsprof exec --help says how to pass on current ones"
_BY_INPUT: Final = (
    "cut it out in an editor, and paste {}, as two lines, into: awsprof keys import {} --stdin"
)
_TRACE: Final = re.compile(rb"(?i)access key id|\"AccessKeyId\"|A[KS]IA")  # of a pasted key


class PastedKey(NamedTuple):
    """Lines of a file (1-based) that are a key, what they are, and the key's way into the vault.

    ``is_key``: False for JSON in which no key of AWS was recognized.
    """

    lines: range
    what: str
    fix: str
    is_key: bool = True


def find_pasted_keys(file: ConfigFile) -> Iterator[PastedKey]:
    """Yields the keys that were pasted above the first section or into a profile."""
    document = file.lenient
    preamble = document.preamble
    first = next((n for n, line in enumerate(preamble) if _is_text(line)), len(preamble))
    found = _pasted_at(preamble, first, file, "default")
    if found:
        yield found
    if _TRACE.search(file.data or b""):
        for view in document.blocks:
            if view.block.id.type == "profile":
                yield from _in_section(view, file)


def lines_of_pasted_keys(file: ConfigFile) -> frozenset[int]:
    """Returns the lines (1-based) of the keys that were pasted into a file."""
    return frozenset(n for found in find_pasted_keys(file) if found.is_key for n in found.lines)


def _in_section(view: SectionView, file: ConfigFile) -> Iterator[PastedKey]:
    lines, at = view.block.lines, 1
    name = view.block.id.name
    if any(key.name in CREDENTIAL_KEYS for key in view.keys):
        taken = {other.block.id.name for other in file.lenient.blocks}
        name = derived_name(name, "key", taken)
    while at < len(lines):
        found = _pasted_at(lines, at, file, name, _has_a_key) if _is_text(lines[at]) else None
        if found and found.is_key:
            shift = view.line(0) - 1
            yield found._replace(lines=range(found.lines.start + shift, found.lines.stop + shift))
            at = found.lines.stop - 1
        else:
            at += 1


def _has_a_key(line: str) -> bool:
    """True if a line of a profile has a key's name or nearly, which the doctor corrects."""
    name = re.split("[=:]", line, maxsplit=1)[0] if re.search("[=:]", line) else ""
    return bool(name) and nearest_known_key(name.strip(), PROFILE_KEYS) is not None


def _is_text(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not (is_comment(stripped) or is_intended_header(stripped))


def _pasted_at(
    lines: Sequence[str],
    index: int,
    file: ConfigFile,
    name: str,
    is_named: Callable[[str], bool] = is_assignment,
) -> PastedKey | None:
    """Returns what begins at a line (0-based) if it is a key, or JSON."""
    line = lines[index] if index < len(lines) else ""
    if _CSV.search(line):
        end = index + _text_lines(lines[index:])
        fix = (
            f"move it out of {display_path(file.path)} into a file of its own, such as key.csv;"
            f" then awsprof keys import {arguments(name)} --csv key.csv"
        )
        return PastedKey(range(index + 1, end + 1), "the CSV of an access key", fix)
    if line.lstrip()[:1] in {"{", "["}:
        return _json_at(lines, index, name)
    values = _values_at(lines, index, is_named)
    if values is None or not values[1].startswith("AKIA"):
        return values and PastedKey(values[0], _TEMPORARY, _REMOVE)
    fix = _BY_INPUT.format("the two values", arguments(name))
    return PastedKey(values[0], "an access key without the names that SDKs read", fix)


def _json_at(lines: Sequence[str], index: int, name: str) -> PastedKey | None:
    rest = "".join(lines[index:])
    if not _JSON.match(rest):
        return None
    count = _json_lines(rest) or _text_lines(lines[index:])
    text = "".join(lines[index : index + count])
    place = range(index + 1, index + count + 1)
    if '"AccessKeyId"' not in text:
        return PastedKey(place, "JSON", "remove it in an editor", is_key=False)
    if '"SessionToken"' in text:
        return PastedKey(place, f"the JSON of {_TEMPORARY}", _REMOVE)
    fix = _BY_INPUT.format("its AccessKeyId and SecretAccessKey", arguments(name))
    return PastedKey(place, "the JSON of an access key", fix)


def _values_at(
    lines: Sequence[str], index: int, is_named: Callable[[str], bool]
) -> tuple[range, str] | None:
    """Returns the lines (from 1) of an ID and, below it, its secret; and the ID."""
    id = _VALUE.fullmatch(lines[index]) if index + 1 < len(lines) else None
    if id is None or not is_access_key_id(id["value"]):
        return None
    secret = _VALUE.fullmatch(lines[index + 1])
    if secret is None or not is_value_of("aws_secret_access_key", secret["value"]):
        return None
    if any(is_named(line) or shell_line(line.strip()) for line in lines[index : index + 2]):
        return None
    return range(index + 1, index + 3), id["value"]


def _text_lines(lines: Sequence[str]) -> int:
    """The number of lines up to a blank line, a comment, a header or a line of a profile."""
    ends = (n for n, line in enumerate(lines) if not _is_text(line) or is_assignment(line.strip()))
    return next(ends, len(lines))


def _json_lines(text: str) -> int:
    """The number of lines that valid JSON takes; 0 if it is not valid."""
    start = len(text) - len(text.lstrip())
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return 0
    return len(text[:end].splitlines())
