"""What an access key id is, and what its first letters say: the one place that knows.

Sources: IAM User Guide, "IAM identifiers" (unique ID prefixes); IAM API reference, AccessKey
(AccessKeyId: 16 to 128 characters). AWS's own examples hold digits that real ids never do
(``AKIAI44QH8DHBEXAMPLE``), so any capital letter or digit is taken.
"""

import re
from typing import Final

_ID: Final = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}\Z")
_KEY_PREFIXES: Final = ("AKIA", "ASIA")
_MASK: Final = "***"


def is_access_key_id(text: str) -> bool:
    """Whether the text has the shape of an access key's id, long-term or temporary."""
    return text.startswith(_KEY_PREFIXES) and _ID.match(text) is not None


def is_long_term(text: str) -> bool:
    """Whether the text is the id of a long-term key of an IAM user or of the root user."""
    return text.startswith("AKIA") and is_access_key_id(text)


def is_temporary(text: str) -> bool:
    """Whether the text is the id of temporary credentials, which need a session token."""
    return text.startswith("ASIA") and is_access_key_id(text)


def is_unique_id(text: str) -> bool:
    """Whether the text is any of IAM's unique ids: a key, a user (AIDA), a role (AROA), ..."""
    return _ID.match(text) is not None


def display_id(text: str) -> str:
    """The id where it looks like one, else ``***``: a secret may stand where the id belongs."""
    return text if is_unique_id(text) else _MASK
