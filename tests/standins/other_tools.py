"""What other tools leave on a machine, written as they write it."""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from tests.standins.cli_runner import LongTermKey

PASSPHRASE = "a passphrase of aws-vault"


def go_entry(name: str, value: dict[str, Any]) -> bytes:
    """An item of the keyring library for Go: JSON, its data in base64."""
    data = base64.b64encode(json.dumps(value).encode()).decode()
    return json.dumps({"Key": name, "Data": data, "Label": f"aws-vault ({name})"}).encode()


def key_entry(name: str, key: LongTermKey, token: str = "") -> bytes:
    """The same with an access key, as aws-vault and granted store it."""
    value = {"AccessKeyID": key.id, "SecretAccessKey": key.secret, "SessionToken": token}
    return go_entry(name, {**value, "CanExpire": False, "Expires": "0001-01-01T00:00:00Z"})


def go_file(folder: Path, name: str, content: bytes) -> None:
    """An entry of the library's file backend: JWE with PBES2-HS256+A128KW and A256GCM."""
    folder.mkdir(parents=True, exist_ok=True)
    salt, key, iv = os.urandom(12), os.urandom(32), os.urandom(12)
    algorithm = "PBES2-HS256+A128KW"
    header = {"alg": algorithm, "enc": "A256GCM", "p2c": 8192, "p2s": _encoded(salt)}
    first = _encoded(json.dumps({**header, "created": "2026-01-02 03:04:05"}).encode())
    whole = algorithm.encode() + b"\0" + salt
    wrapping = PBKDF2HMAC(SHA256(), 16, whole, 8192).derive(PASSPHRASE.encode())
    sealed = AESGCM(key).encrypt(iv, content, first.encode())
    parts = (aes_key_wrap(wrapping, key), iv, sealed[:-16], sealed[-16:])
    (folder / name).write_text(".".join([first, *map(_encoded, parts)]))


def leapp_file(path: Path, machine_id: str, workspace: dict[str, Any]) -> None:
    """Leapp's workspace: OpenSSL's salted AES-256-CBC, as crypto-js writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    passphrase = hashlib.sha256(machine_id.encode()).hexdigest().encode()
    salt, derived, last = os.urandom(8), b"", b""
    while len(derived) < 48:
        last = hashlib.md5(last + passphrase + salt, usedforsecurity=False).digest()
        derived += last
    plain = json.dumps(workspace).encode()
    padding = 16 - len(plain) % 16
    encryptor = Cipher(AES(derived[:32]), CBC(derived[32:48])).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    path.write_bytes(base64.b64encode(b"Salted__" + salt + sealed))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
