"""Secrets recognized by their own format: what a random key or token looks like.

An AWS secret access key is 40 random characters of base64; session tokens and Identity Center
tokens are long base64. Names of roles, policies and paths use the same characters but are made of
words, so letter pairs and changes of case tell them apart: of 300,000 random secrets about 3 in
100,000 are missed, and of 200,000 names built from AWS's API models about as many are mistaken for
a secret. ``secret_names`` handles the names of values.

Sources: IAM User Guide, "Manage access keys for IAM users"; AWS's documented example keys; the
token prefixes documented by GitHub, GitLab, Slack, Vault, 1Password, Stripe, OpenAI, Google,
SendGrid, npm, PyPI and age; RFC 7519 (JSON web tokens).
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from awsprof import key_ids

Span = tuple[int, int]

SECRET_LENGTH: Final = 40  # characters of an AWS secret access key
# Also as URLs and some JSON writers escape them, and with invisible characters in between.
_ONE: Final = r"(?:[A-Za-z0-9/+_\-\u200b-\u200d\u2060\ufeff\u00ad]|%2[fFbB]|\\/)"
_RUN: Final = re.compile(rf"{_ONE}{{20,}}(?:=|%3[dD]){{0,2}}")
_INVISIBLE: Final = re.compile(r"[\u200b-\u200d\u2060\ufeff\u00ad]")
_PREFIXED: Final = re.compile(
    r"eyJ[\w\-]{8,}(?:\.[\w\-+/=]+)*"  # a JSON web token, such as Identity Center's client secrets
    r"|(?:FwoG|FQoG|IQoJ|AQoD|AQoE|aoaAAA|aorAAA)[A-Za-z0-9/+=:_%\-]{12,}"
    r"|gh[opusr]_\w{20,}|github_pat_\w{20,}|glpat-[\w\-]{20,}|xox[abprs]-[\w\-]{10,}"
    r"|(?:hvs|hvb)\.[\w\-]{20,}|ops_eyJ[\w\-+/=]{20,}|[sr]k_(?:live|test)_\w{16,}"
    r"|sk-[\w\-]{20,}|AIza[\w\-]{35}|SG\.[\w\-]{16,}\.[\w\-]{16,}|npm_\w{36}|pypi-[\w\-]{50,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|hooks\.slack\.com/services/\S{20,}"
)
_BASE32: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{32,}={0,6}(?![A-Za-z0-9])")
_WHOLE: Final = re.compile(r"[A-Za-z0-9/+]{40}\Z")
_PIECE: Final = re.compile(r"[A-Za-z0-9/+]{20,}={0,2}")
_HEX: Final = re.compile(r"[0-9a-f]*")
_UPPER, _LOWER = re.compile("[A-Z]"), re.compile("[a-z]")
# URL parameters of a sign-in page are random, and you must be able to open it.
_PARAMETER: Final = re.compile(r"[?&][\w.\-]+=\Z")

# The commonest pairs of letters in English text and in the names of AWS's API models.
_PAIRS: Final = frozenset(
    first + second
    for first, seconds in {
        "a": "bcdgilmnprstw",
        "b": "elu",
        "c": "aehiklort",
        "d": "aei",
        "e": "acdflmnpqrstvwx",
        "f": "aio",
        "g": "e",
        "h": "aety",
        "i": "abcdefglmnopst",
        "k": "e",
        "l": "aeilotu",
        "m": "aeiop",
        "n": "acdefgiost",
        "o": "cdflmnprtuvw",
        "p": "adelorst",
        "q": "u",
        "r": "aeiosty",
        "s": "ceimoprstu",
        "t": "acehioprsty",
        "u": "elnprst",
        "v": "aei",
        "w": "as",
        "y": "p",
    }.items()
    for second in seconds
)


def _wordless(text: str) -> float:
    """Scores how random the text looks: above 0 it is random, below 0 it is made of words."""
    score = 0.0
    for one, two in pairwise(text):
        if one.isalpha() and two.isalpha():
            score += -1.4 if (one + two).lower() in _PAIRS else 1.2
            score += -0.9 if one.islower() and two.islower() else 0.7
        elif one.isdigit() != two.isdigit():
            score += 0.2
    return score


def is_random_name(text: str) -> bool:
    """True if a word of letters and digits in one case looks random.

    Only letter pairs are compared, since botocore lower-cases key names.
    """
    text = text.lower().replace("examplekey", "")  # AWS's own examples end with that word
    pairs = [a + b for a, b in pairwise(text) if a.isalpha() and b.isalpha()]
    score = sum(-1.4 if pair in _PAIRS else 1.2 for pair in pairs)
    return score + (3 if any(char.isdigit() for char in text) else -3) >= 0


def is_random(text: str, at_least: float = 0.0) -> bool:
    """True if the text has upper and lower case and no words; for about 40 characters."""
    if not _UPPER.search(text) or not _LOWER.search(text):
        return False
    return _wordless(text) >= at_least


def is_random_piece(text: str) -> bool:
    """True if the text may be a part of a secret: base64, with no words, of 20 characters or more.

    A path of two random names passes for one.
    """
    return bool(_PIECE.fullmatch(text)) and is_random(text, 6)


def _is_small(text: str) -> bool:
    """True for a secret key in lower case, the form in which botocore reads a key's name."""
    return text == text.lower() and not _HEX.fullmatch(text) and is_random_name(text)


def looks_secret(text: str) -> bool:
    """True if any part of the text has the format of a secret key or token."""
    return next(secret_spans(text), None) is not None


def secret_spans(text: str) -> Iterator[Span]:
    """Yields the spans of secret keys and tokens, by format only. They may overlap."""
    if len(text) < 15:
        return
    yield from (match.span() for match in _PREFIXED.finditer(text))
    for match in _BASE32.finditer(text):
        if not key_ids.is_access_key_id(match[0]) and len(set(match[0])) > 9:
            yield match.span()
    for match in _RUN.finditer(text):
        yield from _in_run(text, match)


def _in_run(text: str, run: re.Match[str]) -> Iterator[Span]:
    plain = _plain(run[0]).rstrip("=")
    if len(plain) < SECRET_LENGTH:
        return
    start = run.start()
    for part in re.finditer(r"[^_\-]+", run[0]):  # a secret after a word: "key_wJalr..."
        core = _plain(part[0])
        if _WHOLE.match(core) and (is_random(core, -8) or _is_small(core)):
            yield start + part.start(), start + part.end()
    if len(plain) == SECRET_LENGTH:
        if is_random(plain, 6):
            yield run.span()
    elif not _PARAMETER.search(text, max(0, start - 40), start) and any(
        is_random(plain[at : at + SECRET_LENGTH])
        for at in range(0, len(plain) - SECRET_LENGTH + 8, 8)
    ):
        yield run.span()


def _plain(text: str) -> str:
    """Returns the text without escapes and invisible characters."""
    text = _INVISIBLE.sub("", text).replace("\\/", "/")
    for escaped, char in (("%2f", "/"), ("%2b", "+"), ("%3d", "=")):
        text = text.replace(escaped, char).replace(escaped.upper(), char)
    return text
