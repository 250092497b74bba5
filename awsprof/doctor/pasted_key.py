"""Recognizes a key that was pasted into a file as AWS gave it: CSV of the console, or JSON."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from awsprof.paths import display_path

_CSV: Final = re.compile(r"(?i)access key id[^\w\n]*[,;\t]|[,;\t][^\w\n]*access key id\b")
_JSON: Final = re.compile(r"\s*[{\[]\s*[\"}\]]")


class PastedKey(NamedTuple):
    """What the lines are, and how the key gets into the vault."""

    what: str
    fix: str


def find_pasted_key(lines: Sequence[str], path: Path) -> PastedKey | None:
    """The key that the lines above a file's first section are; None if neither CSV nor JSON.

    The first of them is neither a comment nor empty.
    """
    text = "".join(lines)
    if _CSV.search(lines[0]):
        return PastedKey(
            "the CSV of an access key",
            f"move it out of {display_path(path)} into a file of its own, such as key.csv; then"
            " awsprof keys import default --csv key.csv",
        )
    if not _JSON.match(text):
        return None
    if '"SessionToken"' in text:
        return PastedKey(
            "the JSON of temporary credentials, which expire",
            "remove it in an editor; awsprof exec --help says how to pass on current ones",
        )
    if '"AccessKeyId"' in text:
        return PastedKey(
            "the JSON of an access key",
            "cut it out in an editor, and paste its AccessKeyId and SecretAccessKey, as two lines,"
            " into: awsprof keys import default --stdin",
        )
    return PastedKey("JSON", "remove it in an editor")
