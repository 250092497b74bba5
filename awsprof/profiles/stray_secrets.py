"""Secrets in the two files that stand where no SDK looks for one: nothing of ours moves them.

They are in comments, in lines pasted from a shell or from JSON, in process lines, under keys that
no SDK knows, and above the first header. Whoever reads the file has them all the same. One that
stands in its place in a file that boto3 cannot read is none of them: it works once that is mended.
"""

import re
from collections.abc import Iterator
from typing import Final

from awsprof.configfile.storage import ConfigFile
from awsprof.masking import find_in_lines
from awsprof.secret_names import PLACES

# Where SDKs look: the checks of plain-text keys and of the shape of ids tell what stands there.
_LOOKED_AT: Final = re.compile(
    rf"(?:{'|'.join(sorted(PLACES))}|aws_access_key_id)\s*[=:]", re.IGNORECASE
)


def find_stray_secrets(file: ConfigFile) -> Iterator[tuple[int, str]]:
    """Each such place: its line (1-based), and what it is; a secret of more lines is one."""
    text = (file.data or b"").decode(errors="replace")
    lines = text.splitlines()
    readable = file.botocore.error is None
    first = file.legible.blocks[0].line(0) if file.legible.blocks else len(lines) + 1
    before = False
    for number, (line, found) in enumerate(zip(lines, find_in_lines(lines), strict=True), start=1):
        if not found:
            before = before and not line.strip()
            continue
        goes_on = before and (line[:1] in {" ", "\t"} or not re.search("[=:]", line.rstrip("= ")))
        if not goes_on and not (number > first and _LOOKED_AT.match(line)):
            yield number, _what(line, readable)
        before = True


def _what(line: str, readable: bool) -> str:
    start = line.lstrip().lower()
    if start[:1] in {"#", ";"}:
        return "a comment"
    if not readable:
        return "a line of a file that boto3 cannot read"
    if start.startswith(("credential_process", "mfa_process")):
        return "a process line"
    if start.startswith("["):
        return "a header"
    return "a line that no SDK reads as one"
