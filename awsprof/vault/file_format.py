"""The bytes of the embedded keyring: sealing texts by service and user, and opening them again.

The whole file is one AES-256-GCM message, not one for each entry: so the names are hidden as well
as authenticated, an entry cannot be exchanged for an older one of its own, and a file of a few
keys is written anew in less than a millisecond. The key comes from scrypt, once for each file.

    header  magic, version, scrypt's costs and salt, key check, length of what follows, checksum
    body    nonce, ciphertext with its tag; the whole header is authenticated with it

The key check tells a wrong passphrase from damage; the checksum tells a damaged header from a
wrong passphrase; the length tells a cut file from a damaged one. Nothing here reads files or asks.
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
KEY_BYTES: Final = 64  # 32 to seal with, 32 to check with

Entries = dict[str, dict[str, str]]  # service, user, text

_PARAMETERS: Final = struct.Struct(">8sBBBB16s")  # magic, version, log2 n, r, p, salt
_HEADER: Final = struct.Struct(">28s16sI16s")  # parameters, key check, length of the body, checksum
_NONCE: Final = 12
# 128 MB and about 0.3 s. Source: OWASP Password Storage Cheat Sheet, scrypt (N=2^17, r=8, p=1).
COSTS: Final = (17, 8, 1)
# All that awsprof has ever written: a forged file may not make us take memory and time.
_WRITTEN: Final = frozenset({COSTS, (16, 8, 1)})


class WrongPassphrase(VaultError):
    """The key, and so the passphrase it was made of, does not open the file."""


class CorruptFile(VaultError):
    """The file was cut, changed, or is not ours."""


@dataclass(frozen=True)
class KdfParameters:
    """What turns a passphrase into the key of one file."""

    costs: tuple[int, int, int]
    salt: bytes

    @classmethod
    def fresh(cls) -> "KdfParameters":
        """For a new file."""
        return cls(COSTS, os.urandom(16))

    @property
    def packed(self) -> bytes:
        """As they stand at the head of the file."""
        return _PARAMETERS.pack(MAGIC, VERSION, *self.costs, self.salt)

    def key(self, passphrase: str) -> bytes:
        """The key that ``passphrase`` gives; slow on purpose."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        log_n, r, p = self.costs
        return Scrypt(self.salt, KEY_BYTES, 2**log_n, r, p).derive(
            passphrase.encode(errors="surrogateescape")
        )


def read_parameters(data: bytes, where: str) -> KdfParameters:
    """What the head of a sealed file says; ``where`` names it to people. Damaged where it is."""
    return _head(data, where)[0]


def is_right_key(data: bytes, key: bytes, where: str) -> bool:
    """Whether ``key`` is the one of this file."""
    found, check = _head(data, where)
    return hmac.compare_digest(check, _check(found, key))


def encrypt_entries(entries: Entries, wanted: KdfParameters, key: bytes) -> bytes:
    """``entries`` as the bytes of a file."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    plain = json.dumps(entries, separators=(",", ":")).encode()
    header = _header(wanted, key, _NONCE + len(plain) + 16)
    nonce = os.urandom(_NONCE)
    return header + nonce + AESGCM(key[:32]).encrypt(nonce, plain, header)


def decrypt_entries(data: bytes, key: bytes, where: str) -> Entries:
    """What the file holds. WrongPassphrase or Damaged, each with what to do."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not is_right_key(data, key, where):
        raise WrongPassphrase(
            f"That passphrase does not open {where}.",
            "give the passphrase that it was made with (AWSPROF_PASSPHRASE, where that is set)",
        )
    header, body = data[: _HEADER.size], data[_HEADER.size :]
    try:
        plain = AESGCM(key[:32]).decrypt(body[:_NONCE], body[_NONCE:], header)
    except InvalidTag as exc:
        raise _damaged(where, "was changed by something else than awsprof") from exc
    with parsing.wrap_parse_errors(
        f"What is sealed in {where}", "put it back from a backup", CorruptFile
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
        raise _damaged(where, "is not a file of awsprof's")
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
        raise _damaged(where, "was cut short" if cut else "has bytes that are not its own")
    log_n, r, p = costs
    return KdfParameters((log_n, r, p), salt), check


def _header(wanted: KdfParameters, key: bytes, length: int) -> bytes:
    start = _HEADER.pack(wanted.packed, _check(wanted, key), length, b"")[:-16]
    return start + _sum(start)


def _check(wanted: KdfParameters, key: bytes) -> bytes:
    return hmac.digest(key[32:], wanted.packed, "sha256")[:16]


def _sum(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def _damaged(where: str, how: str) -> CorruptFile:
    return CorruptFile(
        f"{where} {how}, so the secrets in it cannot be read.",
        "put it back from a backup; without one, move it away and add the keys anew",
    )
