"""Tells whether a passphrase is the same as when a secret was put beside this check.

The check lies beside a secret in the kernel keyring, and must not help to guess the passphrase,
which may open more than that: of its salted digest it holds 16 bits. On the ``credential-process``
hit path, so it imports next to nothing.
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
    """Return the check: ``LENGTH`` bytes that start with ``salt``. None: no passphrase is set."""
    given = b"\1" if passphrase else b"\0"
    return salt + given + blake2b(passphrase or b"", salt=salt, digest_size=2).digest()


def is_same(check: bytes, passphrase: bytes | None) -> bool:
    """True if the check was made of this passphrase."""
    return passphrase_check(check[:SALT_BYTES], passphrase) == check[:LENGTH]
