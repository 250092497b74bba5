"""Secrets in the two files in places that no SDK reads, so that awsprof does not move them.

They are in comments, in lines pasted from a shell or from JSON, in process lines, under keys that
no SDK knows, and above the first header. Everybody who can read the file can read them too. A
secret in the right place of a file that boto3 cannot parse is not included: it works again once
the file is repaired.
"""

import re
from collections.abc import Iterator
from typing import Final

from awsprof.configfile.storage import ConfigFile
from awsprof.masking import find_in_lines
from awsprof.secret_names import PLACES

# The keys that SDKs read: plaintext-long-term-key and key-id-shape report those.
_LOOKED_AT: Final = re.compile(
    rf"(?:{'|'.join(sorted(PLACES))}|aws_access_key_id)\s*[=:]", re.IGNORECASE
)
# A one-time code is worthless half a minute later.
_CODE: Final = re.compile(r"[^=:]*(?:mfa|otp|2fa)[^=:]*[=:]\s*\d{1,8}\s*", re.IGNORECASE)


def find_stray_secrets(file: ConfigFile) -> Iterator[tuple[int, str]]:
    """Yields the line number (1-based) of each secret, and what kind of place it is in.

    A secret that continues over several lines is yielded once.
    """
    text = (file.data or b"").decode(errors="replace")
    lines = text.splitlines()
    readable = file.botocore.error is None
    first = file.lenient.blocks[0].line(0) if file.lenient.blocks else len(lines) + 1
    in_secret = False
    for number, (line, spans) in enumerate(zip(lines, find_in_lines(lines), strict=True), start=1):
        if not spans or _CODE.fullmatch(line):
            in_secret = in_secret and not line.strip()
            continue
        no_key = line[:1] in {" ", "\t"} or not re.search("[=:]", line.rstrip("= "))
        in_place = number > first and _LOOKED_AT.match(line)
        if not (in_secret and no_key) and not in_place:
            yield number, _place(line, readable)
        in_secret = True


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
