"""Find the secrets in text: in a value, in a line of a file, in lines, in a message.

An access key ID counts as plain only if it looks like one, since a secret may be in its place.
"""

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from awsprof.masking.secret_names import (
    PLACEHOLDER,
    PLACES,
    QUOTES,
    is_public,
    is_secret_by_name,
    name_kind,
    unquoted_value,
)
from awsprof.masking.secret_pieces import (
    BASE64_LINE,
    is_lone_piece,
    is_piece,
    spans_in_message,
    spans_of_pieces,
)
from awsprof.masking.secret_places import spans_by_place, strip_quotes
from awsprof.masking.secret_shapes import Span, secret_spans

_NAME: Final = r"[A-Za-z_$][\w.\-]{0,200}+"
_LINE: Final = re.compile(  # also if commented out or pasted from a shell
    r"\s*+(?:(?:[#;]|//|rem\b|::)\s*+)*+(?:(?:export|set|setx|declare\s+-x|env)\s+(?:/m\s+)?|\$env:)?"
    rf"(?P<quote>[{QUOTES}]?)(?P<name>[A-Za-z_](?:[\w.\-]| ++(?=[\w.\-]))*+)(?P=quote)"
    r"(?P<sign>\s*+(?:[=:\uff1d\uff1a]|=>)\s*+)(?P<value>\S(?:.*\S)?)\s*+\Z",
    re.IGNORECASE,
)
_SETX: Final = re.compile(
    r"\s*+(?:[#;]\s*+)*+(?:setx|set\s+-g?x|setenv)\s+(?:/m\s+)?(?P<name>[A-Za-z_]\w*+)\s++"
    r"(?P<value>\S(?:.*\S)?)\s*+\Z",
    re.IGNORECASE,
)
_SIGNLESS: Final = re.compile(  # the equals sign is missing
    rf"\s*(?P<name>{'|'.join(sorted(PLACES))})\s+(?P<value>\S+)\s*\Z", re.IGNORECASE
)
_INNER: Final = re.compile(  # an assignment within a line: of a process, of JSON, glued to a value
    rf"(?P<name>{_NAME})(?P<close>\\?[\"']?)(?P<sign>\s*+(?:=>|=|:)\s*+)"
    r"(?P<value>\\?\"(?:[^\"\\]|\\[^\"])*\\?\"|\\?'[^'\\]*\\?'|[^\s\"'{},;&|<>\[\]]{1,4000})"
)
_FLAG: Final = re.compile(
    r"(?:(?<![\w\-])--?|(?<=\s)/)(?P<name>[A-Za-z][\w\-]{0,200}+)(?:[=:]|\s++)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'|;&]{1,4000})"
)
_ELEMENT: Final = re.compile(r"<(?:\w+:)?(?P<name>\w+)>(?P<value>[^<]+)(?=</)")  # of XML
_PUBLIC_VALUE: Final = re.compile(  # a random value that is no secret, in a line or a command
    r"(?<![A-Za-z0-9])(?:external[_-]?id|role[_-]?session[_-]?name|sdk_ua_app_id|csm_client_id)"
    r"\\?[\"']?(?:\s*+(?:=>|[=:])\s*+|\s++)\\?[\"']?(?P<value>[\w+=,.@:/\-]++)",
    re.IGNORECASE,
)
_IN_COMMENT: Final = re.compile(  # prose of a comment: a value has letters and digits
    r"\b(?P<name>pass(?:word|wd|phrase)?|passwort|pwd|pw|secret|token)\s+(?:is\s+|was\s+)?[\"']?"
    r"(?P<value>(?=\S*[A-Za-z])(?=\S*\d)[^\s\"']{8,})",
    re.IGNORECASE,
)
_USERINFO: Final = re.compile(  # to the last @ (WHATWG URL, "authority state")
    r"(?<=://)(?P<user>[^\s/:@\"'?#]*)(?::(?P<password>[^\s/\"']+))?(?=@)"
)
_USERINFO_ALONE: Final = re.compile(  # as in https_proxy without a scheme
    r"(?<![\w.\-/:@])(?!mailto:|A[A-Z]{3}[A-Z0-9]{12})[\w.\-]+:"
    r"(?P<value>[^\s/:@\"']{4,})(?=@[\w.\-]+)"
)
_AFTER_MARKER: Final = re.compile(
    r"(?:\b(?:bearer|basic)\s+|\bsshpass\s+-p\s*|\s(?:-u|--user)[ =]+[\"']?[^\s:\"']+:)"
    r"(?P<value>[^\s\"']{4,})",
    re.IGNORECASE,
)
_MASKED_ALREADY: Final = re.compile(  # "key = *** is in the same line": a sentence goes on
    r"\*{3} (?:\(|(?:is|has|was|would|takes|in|of|from|to|at|and) \S)"
)
_ARN: Final = re.compile(r"\barn:[\w\-]+:[^\s,;=\"']+")
_PIECE: Final = re.compile(r"[ \t]+([A-Za-z0-9/+]{4,})(={0,2})(?![^\s])")
_PEM: Final = re.compile(r"-----(BEGIN|END) [A-Z ]*PRIVATE KEY-----")
# Whether a line may contain a secret at all: most lines are looked at no further.
_SUSPECT: Final = re.compile(
    r"secret|sceret|secert|token|pass|pwd|pw\b|key|credential|bearer|basic|seed|jwt|psk|@|-u\b|--user"
    r"|signature|_process|-p|,\"?a[ks]ia|\.signin\.",
    re.IGNORECASE,
)
_CANDIDATE: Final = re.compile(
    _SUSPECT.pattern + r"|[A-Za-z0-9/+_\-%\\]{15,}|[\u200b-\u200d\u2060\ufeff\u00ad]"
    r"|eyj[\w\-]{8}"  # a JSON web token may be shorter than other secrets
    # Twelve digits between colons are the account of an ARN.
    r"|[A-Za-z0-9/+]{4,}\s*[=:]\s*=|(?!(?<=:)\d{12}:)[A-Za-z0-9/+]{12,}\s*[=:]|authorization",
    re.IGNORECASE,
)
# Without IGNORECASE, Python skips to characters that a word may start with: three times as quick.
_LOWER_CANDIDATE: Final = re.compile(_CANDIDATE.pattern)
_LOWER_SUSPECT: Final = re.compile(_SUSPECT.pattern)

# The lines of thousands of profiles differ in digits only: what is known of one holds for all.
_MOST_KNOWN: Final = 100_000  # lines
_ANY_DIGIT: Final = bytes.maketrans(b"123456789", b"000000000")
_no_candidates: set[str | bytes] = set()
_plain_lines: set[str | bytes] = set()  # with no part in a secret that is not open above them


def is_secret(value: str, name: str = "") -> bool:
    """True if the value of the key ``name`` is a secret or contains one."""
    value = unquoted_value(value)
    if not value or PLACEHOLDER.fullmatch(value):
        return False
    if is_secret_by_name(name, value) or (find_by_format(value) and not is_public(name)):
        return True
    return _is_suspect(value) and next(_within(value), None) is not None


def is_candidate(line: str) -> bool:
    """True if the line may contain a secret: most contain no suspicious word, and no long one."""
    form = _digits_alike(line)
    if form in _no_candidates:
        return False
    found = _LOWER_CANDIDATE.search(line.lower()) if line.isascii() else _CANDIDATE.search(line)
    if found is None:
        _remember(_no_candidates, form)
    return found is not None


def _digits_alike(line: str) -> str | bytes:
    """Returns the line with 0 for each digit; ``_CANDIDATE`` takes any digit where it takes one."""
    return line.encode().translate(_ANY_DIGIT) if line.isascii() else line


def _remember(known: set[str | bytes], line: str | bytes) -> None:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known.add(line)


def _is_suspect(line: str) -> bool:
    """True if the line has a word that stands beside secrets."""
    if line.isascii():
        return _LOWER_SUSPECT.search(line.lower()) is not None
    return _SUSPECT.search(line) is not None


# What stands around a line without being seen: white space, a byte order mark, zero-width spaces.
_NOT_SEEN: Final = string.whitespace + "\ufeff\u200b\u200e\u200f\u00a0\u00ad"


def find_secrets(line: str) -> list[Span]:
    """Returns the spans of the secrets in one line, sorted and not overlapping."""
    if not is_candidate(line):
        return []
    found = [*_by_format(line), *_not_public(line, spans_of_pieces(line))]
    if _is_suspect(line):
        found += (*_of_assignment(line), *_within(line))
    return _merged(found)


def find_in_message(line: str) -> list[Span]:
    """Returns the spans of the secrets in one line of a sentence or of a program's output."""
    return _merged(_in_message(line))


def find_by_format(line: str) -> list[Span]:
    """Returns the spans of what has a secret's format, whatever name is before it."""
    return _merged(_by_format(line))


def _by_format(line: str) -> Iterator[Span]:
    return _not_public(line, secret_spans(line))


def _not_public(line: str, found: Iterable[Span]) -> Iterator[Span]:
    """Yields the spans that are not the value of a name such as external_id."""
    shown = [match.span("value") for match in _PUBLIC_VALUE.finditer(line)]
    return (s for s in found if not any(start <= s[0] and s[1] <= end for start, end in shown))


def find_in_lines(lines: Sequence[str]) -> Iterator[list[Span]]:
    """Yields each line's secret spans; a line may continue the secret of the line above."""
    continues = in_pem = False
    for line in lines:
        in_secret = continues or in_pem
        if not in_secret and (line in _plain_lines or _digits_alike(line) in _plain_lines):
            yield []
            continue
        text, found = line.strip(_NOT_SEEN), find_secrets(line)
        pem = _PEM.search(line) if "PRIVATE KEY" in line else None
        if pem is not None:
            in_pem = pem[1] == "BEGIN"
        elif in_pem or (continues and _continues(line, text)) or is_lone_piece(text):
            found = _merged((*found, _stripped(line)))
        if text:
            ends = len(line.rstrip())
            continues = (bool(found) and found[-1][1] >= ends - 1) or _opens(text)
        if not (in_secret or continues or in_pem or found):
            # Without a candidate, no rule asks which digit it is.
            _remember(_plain_lines, line if is_candidate(line) else _digits_alike(line))
        yield found


def _continues(line: str, text: str) -> bool:
    """True if a line continues the secret of the line above: indented, or more base64."""
    if not text or text[0] in "#;[":
        return False
    if line[0] in " \t":
        match = _LINE.match(line)
        return match is None or is_piece(match["name"], match["value"])
    return bool(BASE64_LINE.match(text)) and not re.fullmatch(r"[a-z]+=?", text)


def _opens(text: str) -> bool:
    """True if a secret's value begins on the next line: only its name and ``=`` are here."""
    return (
        text[-1] in "=:" and _LINE.match(text + "x") is not None and bool(find_secrets(text + "x"))
    )


def _of_assignment(line: str) -> Iterator[Span]:
    """Yields the value of the line's own ``name = value``, up to the end of the line."""
    for pattern in (_LINE, _SETX, _SIGNLESS):
        match = pattern.match(line)
        if match and is_secret_by_name(match["name"], unquoted_value(match["value"])):
            yield _within_quotes(line, match.span("value"))


def _within(line: str) -> Iterator[Span]:
    """Yields secrets in parts of the line: assignments, arguments, a password in a URL."""
    for pattern in (_INNER, _FLAG, _ELEMENT):
        for match in _overlapping(pattern, line):
            value = unquoted_value(match["value"])
            if value and not value.startswith("-") and is_secret_by_name(match["name"], value):
                yield _with_pieces(line, strip_quotes(line, match.span("value")))
    if line.lstrip()[:1] in {"#", ";"}:
        yield from (match.span("value") for match in _IN_COMMENT.finditer(line))
    yield from _addresses(line)


def _with_pieces(line: str, span: Span) -> Span:
    """Returns the span with the pieces after it of a secret that white space has cut."""
    start, end = span
    while (match := _PIECE.match(line, end)) and is_piece(match[1], match[2]):
        end = match.end()
    return start, end


def _overlapping(pattern: re.Pattern[str], line: str) -> Iterator[re.Match[str]]:
    """Yields each match outside of ARNs, including one inside the previous match's value."""
    at, arns = 0, _ARN.finditer(line)
    start, end = next(((m.start(), m.end()) for m in arns), (len(line), len(line)))
    while (match := pattern.search(line, at)) is not None:
        while end <= match.start("name"):
            start, end = next(((m.start(), m.end()) for m in arns), (len(line), len(line)))
        if match.start("name") < start:
            yield match
        at = match.start("value")


def _addresses(line: str) -> Iterator[Span]:
    for match in _USERINFO.finditer(line):
        if match["password"] is not None:
            yield match.span("password")
        elif len(match["user"]) > 15:
            yield match.span("user")
    for pattern in (_AFTER_MARKER, _USERINFO_ALONE):
        for match in pattern.finditer(line):
            yield match.span(1)
    yield from spans_by_place(line)


def _in_message(line: str) -> Iterator[Span]:
    """Like the rules for a line of a file, but sentences also contain ``name: value``."""
    yield from _by_format(line)
    yield from _not_public(line, spans_in_message(line))
    if not _is_suspect(line):
        return
    match = _LINE.match(line)
    if match and "=" in match["sign"] and match["name"].count(" ") < 4:
        named = name_kind(match["name"]) in {"place", "secret"}
        masked = _MASKED_ALREADY.match(match["value"])
        if named and not masked and is_secret_by_name(match["name"], match["value"]):
            yield _within_quotes(line, match.span("value"))
    for match in _overlapping(_INNER, line):
        # "key = value" is how sentences speak of any key; "aws_secret_key = x" is one.
        alone = match["name"].lower() in {"key", "keys"}
        close = ("=" in match["sign"] and not alone) or match["close"]
        close = close or name_kind(match["name"]) == "place" or match["value"][0] in "\"'"
        value = unquoted_value(match["value"])
        if close and value and is_secret_by_name(match["name"], value):
            yield strip_quotes(line, match.span("value"))
    yield from _as_typed(line)


def _as_typed(line: str) -> Iterator[Span]:
    """Yields secrets of commands and server responses in a message: values contain digits."""
    yield from (m.span("password") for m in _USERINFO.finditer(line) if m["password"] is not None)
    for match in _ELEMENT.finditer(line):
        if is_secret_by_name(match["name"], match["value"]):
            yield match.span("value")
    at_start = (m for pattern in (_SIGNLESS, _SETX) if (m := pattern.match(line)))
    yield from spans_by_place(line)
    anywhere = (pattern.finditer(line) for pattern in (_AFTER_MARKER, _FLAG, _USERINFO_ALONE))
    for found in chain(at_start, *anywhere):
        name, value = found.groupdict().get("name", "token"), unquoted_value(found["value"])
        if re.search(r"\d", value) and not value.startswith("-") and is_secret_by_name(name, value):
            yield strip_quotes(line, found.span("value"))


def _within_quotes(line: str, span: Span) -> Span:
    """Returns the span without its surrounding quotes and a comma or semicolon after them."""
    start, end = span
    last = end - 1 if line[end - 1] in ",;" else end
    if last - start > 2 and line[start] in "\"'" and line[last - 1] == line[start]:
        return start + 1, last - 1
    return span


def _stripped(line: str) -> Span:
    return len(line) - len(line.lstrip()), len(line.rstrip())


def _merged(found: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif end > start:
            merged.append((start, end))
    return merged
