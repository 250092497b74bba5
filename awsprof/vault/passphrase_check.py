"""Detects that AWSPROF_PASSPHRASE changed since a key was cached.

The check is stored with the cached key. It has only 16 bits of a salted digest, so that it does not
help to guess the passphrase, which opens more than that key. It is on the ``credential-process``
hit path, so it has few imports.
"""

from __future__ import annotations

try:  # hashlib's own, without the OpenSSL that it loads for its others
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

VARIABLE = "AWSPROF_PASSPHRASE"
SALT_BYTES = 16
LENGTH = SALT_BYTES + 3


def passphrase_check(salt: bytes, passphrase: bytes | None) -> bytes:
    """Returns the check: ``LENGTH`` bytes that start with ``salt``. None: no passphrase is set."""
    given = b"\1" if passphrase else b"\0"
    return salt + given + blake2b(passphrase or b"", salt=salt, digest_size=2).digest()


def is_same(check: bytes, passphrase: bytes | None) -> bool:
    """True if the check was made of this passphrase."""
    return passphrase_check(check[:SALT_BYTES], passphrase) == check[:LENGTH]
