"""Checks the shape of an access key, without AWS calls and without showing the secret.

Sources: IAM User Guide, "IAM identifiers" (prefixes of IDs) and "Managing access keys": an AWS ID
has 20 capital letters and digits, a secret has 40 letters, digits, ``/`` and ``+``. ASIA keys need
their session token, AKIA keys have none.
"""

import re
import unicodedata
from typing import Final

from awsprof.key_ids import display_id, is_access_key_id, is_unique_id
from awsprof.masking.secret_shapes import SECRET_LENGTH
from awsprof.text import counted

ID_LENGTH: Final = 20
_SECRET: Final = re.compile(r"[A-Za-z0-9/+]{40}\Z")
_CLEAN: Final = re.compile(r"[!#-&(-_a-~]*\Z")  # visible and not a quotation mark
_VARIABLE: Final = re.compile(r"(?:\$\w+|\$?\{\{?\s*[\w.]+\s*\}\}?|%\w+%)\Z", re.ASCII)
_SURE_VARIABLE: Final = re.compile(  # a password of another service may begin with $ or %
    r"(?:\$[A-Z_][A-Z0-9_]*|\$\{\s*[\w.]+\s*\}|\$?\{\{\s*[\w.]+\s*\}\})\Z", re.ASCII
)
_NOT_REPLACED: Final = "names a variable, and no SDK replaces it by its value"
_QUOTES: Final = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_SEPARATORS: Final = {",": "a comma", ";": "a semicolon", "=": "an equals sign", ">": "a '>'"}
_EDGES: Final = "".join(_SEPARATORS)
_NAMES: Final = {
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
    "\u200e": "a left-to-right mark",
    "\u200f": "a right-to-left mark",
    "\u00ad": "a soft hyphen",
}


def is_swapped(key_id: str, secret: str) -> bool:
    """True if the ID and the secret are swapped."""
    id, other = _without_strays(secret), _without_strays(key_id)
    return is_access_key_id(id) and not is_unique_id(other)


def id_problem(key_id: str, *, of_aws: bool = True) -> str | None:
    """Returns what is wrong with the ID, as the end of a sentence; None if it may be valid.

    If calls go to another service than AWS (``of_aws=False``), any ID without stray characters may
    be valid.
    """
    if _names_variable(key_id, of_aws):
        return _NOT_REPLACED
    stray = _stray(key_id) or (_separator(key_id) if of_aws else None)
    if stray:
        return f"contains {stray}, which is not part of an ID"
    if _SECRET.match(key_id):
        return "has the shape of a secret, not of an ID"
    upper = key_id.upper()
    if upper != key_id and is_access_key_id(upper):
        return "has lowercase letters, but an ID has only capitals"
    if is_access_key_id(key_id):
        if len(key_id) == ID_LENGTH or not of_aws:
            return None
        return f"has {len(key_id)} letters and digits, but an ID has {ID_LENGTH}"
    if is_unique_id(key_id):
        return "is the ID of something else (a user, a role), not of an access key"
    if not of_aws:
        return None
    return "is not an AWS ID, which starts with AKIA or ASIA and has 20 capital letters and digits"


def secret_problem(secret: str, *, of_aws: bool = True) -> str | None:
    """Returns what is wrong with the secret, as the end of a sentence; None if it may be valid."""
    if _names_variable(secret, of_aws):
        return _NOT_REPLACED
    stray = _stray(secret) or (_separator(secret) if of_aws else None)
    if stray:
        return f"contains {stray}, which is not part of a secret"
    if is_access_key_id(secret):
        return f"has the shape of an ID ({display_id(secret)}), not of a secret"
    if not of_aws or _SECRET.match(secret):
        return None
    odd = re.search(r"[^A-Za-z0-9/+]", secret)
    if odd:
        return f"contains {odd[0]!r}, but a secret has only letters, digits, / and +"
    letters = counted(len(secret), "character")
    return f"has {letters}, but a secret has {SECRET_LENGTH}"


def whole_id(text: str) -> str | None:
    """Returns the ID without stray characters, in capitals; None if that is not an ID."""
    bare = _without_strays(text).strip(_EDGES).upper()
    return bare if len(bare) == ID_LENGTH and is_access_key_id(bare) else None


def whole_secret(text: str) -> str | None:
    """Returns the secret without stray characters; None if that is not a complete secret."""
    bare = _without_strays(text).strip(_EDGES)
    return bare if _SECRET.match(bare) else None


def key_half(kind: str, text: str) -> tuple[str, str]:
    """Returns half of a key without stray characters: ``key`` or ``secret`` by shape, and the text.

    ``kind`` is returned for a text of neither shape, which stays as it is.
    """
    key_id, secret = whole_id(text), whole_secret(text)
    if key_id is not None:
        return "key", key_id
    return (kind, text) if secret is None else ("secret", secret)


def _names_variable(text: str, of_aws: bool) -> bool:
    return (_VARIABLE if of_aws else _SURE_VARIABLE).match(text) is not None


def _without_strays(text: str) -> str:
    if _CLEAN.match(text):
        return text
    return "".join(letter for letter in text if _stray(letter) is None)


def _separator(text: str) -> str | None:
    """Returns what stands before or after a key or secret, such as a comma or a second '='."""
    for sign, place in ((text[:1], "start"), (text[-1:], "end")):
        if sign in _SEPARATORS:
            return f"{_SEPARATORS[sign]} at its {place}"
    return None


def _stray(text: str) -> str | None:
    """Returns the first stray character that copying added, in words; None if there is none."""
    for letter in text:
        if letter in _NAMES:
            return _NAMES[letter]
        if letter in _QUOTES:
            return "a quotation mark"
        if letter.isspace():
            return "a space"
        if unicodedata.category(letter) in ("Cc", "Cf"):
            return f"the invisible character U+{ord(letter):04X}"
        if ord(letter) > 0x7F:
            return f"the letter U+{ord(letter):04X} ({unicodedata.name(letter, 'unnamed').lower()})"
    return None
