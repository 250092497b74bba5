"""What is wrong with the shape of an access key, told without AWS and without showing the secret.

Sources: IAM User Guide, "IAM identifiers" (the prefixes of ids) and "Managing access keys": an id
of AWS has 20 capital letters and digits, a secret 40 letters, digits, ``/`` and ``+``; what begins
with ASIA needs the session token that came with it, and AKIA takes none.
"""

import re
import unicodedata
from typing import Final

from awsprof.key_ids import display_id, is_access_key_id, is_unique_id

ID_LENGTH: Final = 20
SECRET_LENGTH: Final = 40
_SECRET: Final = re.compile(r"[A-Za-z0-9/+]{40}\Z")
_CLEAN: Final = re.compile(r"[!#-&(-_a-~]*\Z")  # what can be seen, and is no quotation mark
_QUOTES: Final = "\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"
_NAMES: Final = {
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
    "\u200e": "a left-to-right mark",
    "\u200f": "a right-to-left mark",
    "\u00ad": "a soft hyphen",
}


def is_swapped(key_id: str, secret: str) -> bool:
    """Whether id and secret stand in each other's place."""
    id, other = _without_strays(secret), _without_strays(key_id)
    return is_access_key_id(id) and not is_unique_id(other)


def id_problem(key_id: str, *, of_aws: bool = True) -> str | None:
    """What is wrong with the id, as the end of a sentence; None where it may be one.

    Where calls go elsewhere (``of_aws`` off) any id may be right that has no stray signs.
    """
    stray = _stray(key_id)
    if stray:
        return f"holds {stray}, which is no part of an id"
    if _SECRET.match(key_id):
        return "has the shape of a secret, not of an id"
    upper = key_id.upper()
    if upper != key_id and is_access_key_id(upper):
        return "has small letters, and an id has capital ones alone"
    if is_access_key_id(key_id):
        if len(key_id) == ID_LENGTH or not of_aws:
            return None
        return f"has {len(key_id)} letters and digits, and an id has {ID_LENGTH}"
    if is_unique_id(key_id):
        return "is the id of something else (a user, a role), and not of an access key"
    if not of_aws:
        return None
    return "is no id of AWS's: it begins with AKIA or ASIA, and has 20 capital letters and digits"


def secret_problem(secret: str, *, of_aws: bool = True) -> str | None:
    """What is wrong with the secret, as the end of a sentence that does not show it."""
    stray = _stray(secret)
    if stray:
        return f"holds {stray}, which is no part of a secret"
    if is_access_key_id(secret):
        return f"has the shape of an id ({display_id(secret)}), not of a secret"
    if not of_aws or _SECRET.match(secret):
        return None
    odd = re.search(r"[^A-Za-z0-9/+]", secret)
    if odd:
        return f"holds {odd[0]!r}, and a secret has letters, digits, / and + alone"
    return f"has {len(secret)} characters, and a secret has {SECRET_LENGTH}"


def whole_id(text: str) -> str | None:
    """The id without what copying put into it, in capitals; None where that is no id either."""
    bare = _without_strays(text).upper()
    return bare if len(bare) == ID_LENGTH and is_access_key_id(bare) else None


def whole_secret(text: str) -> str | None:
    """The secret without what copying put into it; None where that is not a whole one."""
    bare = _without_strays(text)
    return bare if _SECRET.match(bare) else None


def _without_strays(text: str) -> str:
    if _CLEAN.match(text):
        return text
    return "".join(letter for letter in text if _stray(letter) is None)


def _stray(text: str) -> str | None:
    """Signs that come with copying, and that nobody sees; None where there is none."""
    for letter in text:
        if letter in _NAMES:
            return _NAMES[letter]
        if letter in _QUOTES:
            return "a quotation mark"
        if letter.isspace():
            return "a blank"
        if unicodedata.category(letter) in ("Cc", "Cf"):
            return f"the invisible character U+{ord(letter):04X}"
        if ord(letter) > 0x7F:
            return f"the letter U+{ord(letter):04X} ({unicodedata.name(letter, 'unnamed').lower()})"
    return None
