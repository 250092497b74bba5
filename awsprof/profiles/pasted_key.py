"""Recognizes a key that was pasted into a file as AWS gave it: CSV of the console, or JSON."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from awsprof.configfile.lenient import SectionView, is_intended_header
from awsprof.configfile.parse import is_comment
from awsprof.configfile.storage import ConfigFile
from awsprof.paths import display_path
from awsprof.profiles.kinds.base import derived_name
from awsprof.profiles.known_keys import CREDENTIAL_KEYS, is_assignment
from awsprof.shells import arguments

_CSV: Final = re.compile(r"(?i)access key id[^\w\n]*[,;\t]|[,;\t][^\w\n]*access key id\b")
_JSON: Final = re.compile(r"\s*[{\[]\s*[\"}\]]")
_NAMES: Final = (b"access key id", b'"accesskeyid"')  # of which a pasted key has one


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
    if any(name in (file.data or b"").lower() for name in _NAMES):
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
        found = _pasted_at(lines, at, file, name) if _is_text(lines[at]) else None
        if found and found.is_key:
            shift = view.line(0) - 1
            yield found._replace(lines=range(found.lines.start + shift, found.lines.stop + shift))
            at = found.lines.stop - 1
        else:
            at += 1


def _is_text(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not (is_comment(stripped) or is_intended_header(stripped))


def _pasted_at(lines: Sequence[str], index: int, file: ConfigFile, name: str) -> PastedKey | None:
    """Returns what begins at a line (0-based) if it is CSV or JSON."""
    rest = "".join(lines[index:])
    if _CSV.search(next(iter(lines[index : index + 1]), "")):
        end = index + _text_lines(lines[index:])
        fix = (
            f"move it out of {display_path(file.path)} into a file of its own, such as key.csv;"
            f" then awsprof keys import {arguments(name)} --csv key.csv"
        )
        return PastedKey(range(index + 1, end + 1), "the CSV of an access key", fix)
    if not _JSON.match(rest):
        return None
    count = _json_lines(rest) or _text_lines(lines[index:])
    text = "".join(lines[index : index + count])
    place = range(index + 1, index + count + 1)
    if '"AccessKeyId"' not in text:
        return PastedKey(place, "JSON", "remove it in an editor", is_key=False)
    if '"SessionToken"' in text:
        return PastedKey(
            place,
            "the JSON of temporary credentials, which expire",
            "remove it in an editor; awsprof exec --help says how to pass on current ones",
        )
    return PastedKey(
        place,
        "the JSON of an access key",
        "cut it out in an editor, and paste its AccessKeyId and SecretAccessKey, as two lines,"
        f" into: awsprof keys import {arguments(name)} --stdin",
    )


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
