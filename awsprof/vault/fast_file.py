"""Reads one secret of the encrypted file if the kernel has the file's key.

A faster way to read what ``encrypted_file_store`` wrote (in ``file_format``), for
``credential-process``: it has few imports, derives no key and never prompts. Anything unexpected is
left to ``encrypted_file_store``.
"""

from __future__ import annotations

import os

from awsprof.fast_read import read_regular_file
from awsprof.vault import kernel_keyring
from awsprof.vault.hardening import protect_process
from awsprof.vault.passphrase_check import (
    LENGTH,
    SALT_BYTES,
    VARIABLE,
    is_same,
    passphrase_check,
)

TYPE_CHECKING = False  # importing it from typing would cost 3 ms
if TYPE_CHECKING:
    from typing import Any

_START = b"awsprof\x1a\x01"  # magic and version
_HEADER, _SALT, _NONCE = 64, slice(12, 28), 12
_KEY_BYTES = 64
_GIVEN = "awsprof:passphrase-variable:"
SECRET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
"""The characters of a secret access key."""


def read_secret(path: str, key_id: str, minutes: int) -> str | None:
    """Returns the secret of an access key; None to leave it to ``encrypted_file_store``.

    ``minutes``: how much longer the kernel keeps a file key that AWSPROF_PASSPHRASE gave.
    """
    try:
        data = read_regular_file(path)
    except OSError:
        return None
    if not data.startswith(_START) or len(data) <= _HEADER + _NONCE:
        return None
    key = _derived_key(data[_SALT], minutes)
    plain = _decrypt(key, data) if key else None
    return _secret_of(key_id.encode(), plain) if plain else None


def _derived_key(salt: bytes, minutes: int) -> bytes | None:
    if not os.environ.get(VARIABLE):
        key = kernel_keyring.get_key(typed_key_name(salt))
        return key if key is not None and len(key) == _KEY_BYTES else None
    key = kept_key(salt)
    if key is not None and minutes:
        kernel_keyring.extend_key(given_key_name(salt), minutes * 60)
    return key


def kept_key(salt: bytes) -> bytes | None:
    """Returns the file key in the kernel for the passphrase in AWSPROF_PASSPHRASE, which must be
    set.

    The caller verifies it: the passphrase is very likely the same, not certainly.
    """
    kept = kernel_keyring.get_key(given_key_name(salt))
    if kept is None or len(kept) != LENGTH + _KEY_BYTES or not is_same(kept, _passphrase()):
        return None
    return kept[LENGTH:]


def keep_key(salt: bytes, key: bytes, minutes: int) -> None:
    """Stores the file key of the passphrase in AWSPROF_PASSPHRASE for ``minutes`` minutes."""
    if minutes:
        check = passphrase_check(os.urandom(SALT_BYTES), _passphrase())
        kernel_keyring.put_key(given_key_name(salt), check + key, minutes * 60)


def drop_kept_keys() -> None:
    """Deletes the keys of passphrases in AWSPROF_PASSPHRASE from the kernel."""
    for name in kernel_keyring.key_names(_GIVEN):
        kernel_keyring.drop_key(name)


def _passphrase() -> bytes:
    return os.environ.get(VARIABLE, "").encode(errors="surrogateescape")


def typed_key_name(salt: bytes) -> str:
    """Returns the kernel's name for a typed passphrase's key; no two files share a salt."""
    return f"awsprof:passphrase:{salt.hex()}"


def given_key_name(salt: bytes) -> str:
    """Returns the name of the kernel key that holds the key derived from AWSPROF_PASSPHRASE."""
    return f"{_GIVEN}{salt.hex()}"


def _decrypt(key: bytes, data: bytes) -> bytes | None:
    protect_process()
    nonce, body = data[_HEADER : _HEADER + _NONCE], data[_HEADER + _NONCE :]
    try:
        plain: bytes = _aes_gcm()(key[:32]).decrypt(nonce, body, data[:_HEADER])
    except Exception:  # another key, a changed file, no such library here
        return None
    return plain


def _aes_gcm() -> Any:
    """Returns cryptography's AESGCM, without the modules around it where that is possible."""
    try:
        from cryptography.hazmat.bindings._rust import openssl

        return openssl.aead.AESGCM
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM


def _secret_of(key_id: bytes, plain: bytes) -> str | None:
    """Returns the secret in the file's JSON, which has no blanks; None if it needs a parser."""
    before, found, rest = plain.partition(b'"' + key_id + b'":"')
    secret, quote, after = rest.partition(b'"')
    services = plain.count(b'":{') - plain.count(b'\\":{')  # those in texts are escaped
    if not found or not quote or found in after or services != 1:
        return None
    if not before.startswith(b'{"awsprof":{') or secret.translate(None, SECRET):
        return None
    return secret.decode() or None
