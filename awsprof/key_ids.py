"""Access key IDs and IAM unique IDs: the only module that knows their format.

Sources: IAM User Guide, "IAM identifiers" (unique ID prefixes); IAM API reference, AccessKey
(AccessKeyId: 16 to 128 characters). AWS's example IDs contain digits that real IDs never do
(``AKIAI44QH8DHBEXAMPLE``), so any capital letter or digit is accepted.
"""

import re
from typing import Final

_ID: Final = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}\Z")
_KEY_PREFIXES: Final = ("AKIA", "ASIA")
_MASK: Final = "***"


def is_access_key_id(text: str) -> bool:
    """True if the text has the format of an access key ID, long-term or temporary."""
    return text.startswith(_KEY_PREFIXES) and _ID.match(text) is not None


def is_long_term(text: str) -> bool:
    """True if the text is the ID of a long-term access key (IAM user or root user)."""
    return text.startswith("AKIA") and is_access_key_id(text)


def is_temporary(text: str) -> bool:
    """True if the text is the ID of temporary credentials, which need a session token."""
    return text.startswith("ASIA") and is_access_key_id(text)


def is_unique_id(text: str) -> bool:
    """True if the text is any IAM unique id: a key, a user (AIDA), a role (AROA), ..."""
    return _ID.match(text) is not None


def display_id(text: str) -> str:
    """Returns the ID if it looks like one, else ``***``: it could be a misplaced secret."""
    return text if is_unique_id(text) else _MASK
