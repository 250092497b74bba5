"""Secrets in the two files in places that no SDK reads, so that awsprof does not move them.

They are in comments, in lines pasted from a shell or from JSON, in process lines, under keys that
no SDK knows, and above the first header. Everybody who can read the file can read them too. A
secret in the right place of a file that boto3 cannot parse is not included: it works again once
the file is repaired.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from awsprof.configfile.key_lines import strip_value_quotes
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import ParsedOption
from awsprof.configfile.storage import ConfigFile
from awsprof.masking.search import find_in_lines
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.known_keys import (
    PROFILE_KEYS,
    is_assignment,
    is_value_of,
    nearest_known_key,
    split_without_sign,
)
from awsprof.profiles.pasted_key import find_pasted_keys, shell_line

# The keys that SDKs read: plaintext-long-term-key and key-id-shape report those.
_LOOKED_AT: Final = PLACES | {"aws_access_key_id"}
# A one-time code is worthless half a minute later.
_CODE: Final = re.compile(r"[^=:]*(?:mfa|otp|2fa)[^=:]*[=:]\s*\d{1,8}\s*", re.IGNORECASE)


_LONGEST: Final = 32_768  # characters; a longer word is data. No token of AWS's is so long.
_BY_HAND: Final = "remove it in an editor; if it is still in use, create a new key"


@dataclass(frozen=True)
class StraySecret:
    """A secret that no SDK reads: its line (1-based), the kind of place, and the fix.

    ``check`` is the doctor's check that brings the secret to where SDKs look for it, or says how;
    empty if only a person knows where it belongs. ``pasted`` is how a key gets into the vault that
    was pasted as CSV or JSON.
    """

    line: int
    place: str
    check: str = ""
    pasted: str = ""

    @property
    def fix(self) -> str:
        """How to fix it; a secret that only lacks its header or its right key is not discarded."""
        if self.pasted:
            return self.pasted
        if self.check == "line-without-equals":
            return "awsprof doctor --offline says how it gets a header; then move the key"
        return f"awsprof doctor --fix {self.check}" if self.check else _BY_HAND


def find_stray_secrets(file: ConfigFile) -> Iterator[StraySecret]:
    """Yields each secret in a place that no SDK reads; once if it continues over several lines.

    A key that was pasted as CSV or JSON is one, at the line where it starts.
    """
    document = file.lenient
    lines = [*document.preamble, *(line for view in document.blocks for line in view.block.lines)]
    lines = [line.rstrip("\r\n") for line in lines]
    readable = file.botocore.error is None
    in_place = {view.line(key.start) for view in document.blocks for key in _read_keys(view)}
    misspelt = {line: id for view in document.blocks for line, id in _misspelt_lines(view)}
    pasted = {line: key for key in find_pasted_keys(file) if key.is_key for line in key.lines}
    told: set[int] = set()
    in_secret = False
    for number, (line, spans) in enumerate(zip(lines, find_in_lines(lines), strict=True), start=1):
        if all(end - start > _LONGEST for start, end in spans) or _CODE.fullmatch(line):
            in_secret = in_secret and not line.strip()
            continue
        no_key = line[:1] in {" ", "\t"} or not re.search("[=:]", line.rstrip("= "))
        if key := pasted.get(number):
            start = key.lines.start
            if start not in told:
                what = key.what.partition(",")[0]
                yield StraySecret(start, what, "line-without-equals", key.fix)
            told.add(start)
        elif number not in in_place and not (in_secret and no_key):
            check = misspelt.get(number, "")
            above = number <= len(document.preamble)
            if shell_line(line.strip()):
                check = "shell-line-in-file"
            elif is_assignment(line.strip()) if above else split_without_sign(line):
                check = "line-without-equals"
            yield StraySecret(number, _place(line, readable), check)
        in_secret = True


def _read_keys(view: SectionView) -> Iterator[ParsedOption]:
    """Returns the keys of a section in which SDKs look for a secret or an ID."""
    return (key for key in view.keys if key.name in _LOOKED_AT)


def _misspelt_lines(view: SectionView) -> Iterator[tuple[int, str]]:
    """Yields the lines of a key in which SDKs would look for a secret if its name were right.

    With the check that renames it, or the one that removes the quotes first.
    """
    claimed = {key.name for key in view.keys}
    for key in view.keys if view.block.id.type == "profile" else ():
        if key.name and key.name not in PROFILE_KEYS:
            near = nearest_known_key(key.name, PROFILE_KEYS)
            value = strip_value_quotes(key.value) or key.value
            if near in PLACES and near not in claimed and is_value_of(near, value):
                claimed.add(near)
                yield view.line(key.start), "unknown-key" if value == key.value else "quoted-value"


def _place(line: str, readable: bool) -> str:
    start = line.lstrip().lower()
    if start[:1] in {"#", ";"}:
        return "a comment"
    if not readable:
        return "a line of a file that boto3 cannot read"
    if start.startswith(("credential_process", "mfa_process")):
        return "a process line"
    if start.startswith("["):
        return "a header"
    return "a line that no SDK reads"
