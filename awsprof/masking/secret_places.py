"""Secrets that only their position reveals, not a name or their own format.

AWS has no secrets of hex digits only, so outside of a command hex digits are IDs and digests. An
external ID is shown: anyone who can view a role can read it (IAM User Guide, "How to use an
external ID when granting access to your AWS resources to a third party").
"""

import re
from collections.abc import Iterator
from typing import Final

from awsprof.masking.secret_names import unquoted_value
from awsprof.masking.secret_shapes import Span

_PASSWORD_FLAG: Final = re.compile(  # mysql -u bob -p hunter2
    r"(?<![\w\-])-[pP](?:[= ]\s*+)?(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'|;&]{4,200})"
)
_USER_FLAG: Final = re.compile(r"(?<![\w\-])(?:-[uU]\b|--(?:user(?:name)?|login)\b)")
_HEX_ARGUMENT: Final = re.compile(r"(?<=[\s\"'=])(?P<value>[0-9a-fA-F]{32,128})(?=[\s\"']|\Z)")
_CSV: Final = re.compile(  # a row of the IAM console: user name, password, then a key or an address
    r"\s*(?:[#;]\s*)?\"?[\w+=.@\-]{1,64}\"?,(?P<value>\"(?:[^\"]|\"\")*\"|[^\",]{1,200}),"
    r"\"?(?:A[KS]IA[A-Z0-9]{12}|https://[\w\-]+\.signin\.)"
)
# How profiles, hosts and clusters are named: words, followed by digits.
_PLAIN_NAME: Final = re.compile(r"[A-Za-z]+\d{0,3}(?:[-_./:@][A-Za-z0-9]+)+")


def spans_by_place(line: str) -> Iterator[Span]:
    """Yields secrets without a name: ``-p X``, hex arguments, a password in a CSV row."""
    for match in _PASSWORD_FLAG.finditer(line):
        value = unquoted_value(match["value"])
        if (_USER_FLAG.search(line) and not value.isdecimal()) or _is_password(value):
            yield strip_quotes(line, match.span("value"))
    if "_process" in line.partition("=")[0]:
        yield from (match.span("value") for match in _HEX_ARGUMENT.finditer(line))
    row = _CSV.match(line)
    if row:
        yield strip_quotes(line, row.span("value"))


def _is_password(value: str) -> bool:
    """True if the word after ``-p`` mixes letters and digits, unlike a port, path or profile."""
    if len(value) < 8 or value[0] in "/~$%." or "://" in value or value.startswith("arn:"):
        return False
    if _PLAIN_NAME.fullmatch(value):
        return False
    return all(re.search(kind, value) for kind in ("[a-z]", "[A-Z0-9]", r"[\d\W]"))


def strip_quotes(line: str, span: Span) -> Span:
    """Returns the span without the quotes around it."""
    start, end = span
    while start < end and line[start] in "\\\"'":
        start += 1
    while end > start and line[end - 1] in "\\\"'":
        end -= 1
    return start, end
