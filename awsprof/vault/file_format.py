"""The format of the encrypted file: encrypts and decrypts texts by service and user.

The whole file is one AES-256-GCM message, not one per entry: that hides and authenticates the
names too, prevents replacing an entry by an older version of itself, and rewriting a file of a few
keys takes less than a millisecond. The key is derived with scrypt, with one salt per file.

    header  magic, version, scrypt's costs and salt, key check, length of the body, checksum
    body    nonce, ciphertext with its tag; authenticates the whole header too

The key check distinguishes a wrong passphrase from damage, the checksum a damaged header from a
wrong passphrase, and the length a truncated file from a damaged one. No I/O and no prompts here.
"""

import hashlib
import hmac
import json
import os
import struct
from dataclasses import dataclass
from typing import Final

from awsprof import parsing
from awsprof.errors import VaultError

MAGIC: Final = b"awsprof\x1a"
VERSION: Final = 1
KEY_BYTES: Final = 64  # 32 for encryption, 32 for the key check

Entries = dict[str, dict[str, str]]  # service, user, text

_PARAMETERS: Final = struct.Struct(">8sBBBB16s")  # magic, version, log2 n, r, p, salt
_HEADER: Final = struct.Struct(">28s16sI16s")  # parameters, key check, length of the body, checksum
_NONCE: Final = 12
# 128 MB and about 0.3 s. Source: OWASP Password Storage Cheat Sheet, scrypt (N=2^17, r=8, p=1).
COSTS: Final = (17, 8, 1)
# All costs that awsprof has ever used: a forged file must not make us spend memory and time.
_WRITTEN: Final = frozenset({COSTS, (16, 8, 1)})


class WrongPassphrase(VaultError):
    """The key, and so the passphrase, is not the one of this file."""


class CorruptFile(VaultError):
    """The file was truncated or changed, or is not an awsprof vault file."""


@dataclass(frozen=True)
class KdfParameters:
    """The parameters that derive a file's key from a passphrase."""

    costs: tuple[int, int, int]
    salt: bytes

    @classmethod
    def fresh(cls) -> "KdfParameters":
        """Returns parameters for a new file: current costs and a random salt."""
        return cls(COSTS, os.urandom(16))

    @property
    def packed(self) -> bytes:
        """The parameters as bytes, for the header."""
        return _PARAMETERS.pack(MAGIC, VERSION, *self.costs, self.salt)

    def key(self, passphrase: str) -> bytes:
        """Derives the key (64 bytes) from ``passphrase``; slow on purpose."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        log_n, r, p = self.costs
        return Scrypt(self.salt, KEY_BYTES, 2**log_n, r, p).derive(
            passphrase.encode(errors="surrogateescape")
        )


def read_parameters(data: bytes, where: str) -> KdfParameters:
    """Returns the parameters in a file's header; ``where`` is its name. Raises CorruptFile."""
    return _head(data, where)[0]


def is_right_key(data: bytes, key: bytes, where: str) -> bool:
    """True if ``key`` is the key of this file. Raises CorruptFile."""
    found, check = _head(data, where)
    return hmac.compare_digest(check, _check(found, key))


def encrypt_entries(entries: Entries, parameters: KdfParameters, key: bytes) -> bytes:
    """Returns the file's bytes for ``entries``."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    plain = json.dumps(entries, separators=(",", ":")).encode()
    header = _header(parameters, key, _NONCE + len(plain) + 16)
    nonce = os.urandom(_NONCE)
    return header + nonce + AESGCM(key[:32]).encrypt(nonce, plain, header)


def decrypt_entries(data: bytes, key: bytes, where: str) -> Entries:
    """Returns the entries in a file. Raises WrongPassphrase or CorruptFile."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not is_right_key(data, key, where):
        raise WrongPassphrase(
            f"That passphrase does not open {where}.",
            "enter the passphrase it was created with (AWSPROF_PASSPHRASE, if that is set)",
        )
    header, body = data[: _HEADER.size], data[_HEADER.size :]
    try:
        plain = AESGCM(key[:32]).decrypt(body[:_NONCE], body[_NONCE:], header)
    except InvalidTag as exc:
        raise _damaged(where, "was changed by another program than awsprof") from exc
    with parsing.wrap_parse_errors(
        f"The content of {where}", "restore it from a backup", CorruptFile
    ):
        return {
            parsing.expect_text(service): {
                parsing.expect_text(user): text for user, text in held.items()
            }
            for service, held in parsing.expect_table(parsing.parse_json(plain)).items()
        }


def _head(data: bytes, where: str) -> tuple[KdfParameters, bytes]:
    if not data.startswith(MAGIC):
        if MAGIC.startswith(data):
            raise _damaged(where, "was cut short")
        raise _damaged(where, "is not an awsprof vault file")
    version = data[len(MAGIC) : len(MAGIC) + 1]
    if version and version[0] != VERSION:
        raise VaultError(
            f"{where} was written by a newer awsprof (version {version[0]} of its format).",
            "upgrade awsprof",
        )
    if len(data) < _HEADER.size:
        raise _damaged(where, "was cut short")
    packed, check, length, checksum = _HEADER.unpack_from(data)
    *costs, salt = _PARAMETERS.unpack(packed)[2:]
    if _sum(data[: _HEADER.size - 16]) != checksum or tuple(costs) not in _WRITTEN:
        raise _damaged(where, "has a damaged header")
    if len(data) - _HEADER.size != length:
        cut = len(data) - _HEADER.size < length
        raise _damaged(where, "was cut short" if cut else "has extra bytes")
    log_n, r, p = costs
    return KdfParameters((log_n, r, p), salt), check


def _header(parameters: KdfParameters, key: bytes, length: int) -> bytes:
    start = _HEADER.pack(parameters.packed, _check(parameters, key), length, b"")[:-16]
    return start + _sum(start)


def _check(parameters: KdfParameters, key: bytes) -> bytes:
    return hmac.digest(key[32:], parameters.packed, "sha256")[:16]


def _sum(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def _damaged(where: str, how: str) -> CorruptFile:
    return CorruptFile(
        f"{where} {how}, so the secrets in it cannot be read.",
        "restore it from a backup; without one, move it away and add the keys again",
    )
