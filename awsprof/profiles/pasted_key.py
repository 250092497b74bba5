"""Recognizes a key that was pasted into a file as AWS gave it: CSV of the console, or JSON."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from awsprof.configfile.lenient import is_intended_header
from awsprof.configfile.parse import is_comment
from awsprof.paths import display_path

_CSV: Final = re.compile(r"(?i)access key id[^\w\n]*[,;\t]|[,;\t][^\w\n]*access key id\b")
_JSON: Final = re.compile(r"\s*[{\[]\s*[\"}\]]")


class PastedKey(NamedTuple):
    """What the lines are, from which line (1-based), and how the key gets into the vault.

    ``is_key``: False for JSON in which no key of AWS was recognized.
    """

    line: int
    what: str
    fix: str
    is_key: bool = True


def find_pasted_key(preamble: Sequence[str], path: Path) -> PastedKey | None:
    """The key that the lines above a file's first section are; None if neither CSV nor JSON."""
    stripped = ((n, line.strip()) for n, line in enumerate(preamble, start=1))
    first = next(
        (n for n, line in stripped if line and not (is_comment(line) or is_intended_header(line))),
        None,
    )
    if first is None:
        return None
    text = "".join(preamble[first - 1 :])
    if _CSV.search(preamble[first - 1]):
        return PastedKey(
            first,
            "the CSV of an access key",
            f"move it out of {display_path(path)} into a file of its own, such as key.csv; then"
            " awsprof keys import default --csv key.csv",
        )
    if not _JSON.match(text):
        return None
    if '"SessionToken"' in text:
        return PastedKey(
            first,
            "the JSON of temporary credentials, which expire",
            "remove it in an editor; awsprof exec --help says how to pass on current ones",
        )
    if '"AccessKeyId"' in text:
        return PastedKey(
            first,
            "the JSON of an access key",
            "cut it out in an editor, and paste its AccessKeyId and SecretAccessKey, as two lines,"
            " into: awsprof keys import default --stdin",
        )
    return PastedKey(first, "JSON", "remove it in an editor", is_key=False)
