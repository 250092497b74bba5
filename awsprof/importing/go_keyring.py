"""Reads the stores of 99designs' keyring library for Go, which aws-vault and granted use.

Its Secret Service backend keeps each entry under a label in a collection of its own; its file
backend keeps each entry in a file of a folder, as a JWE with a passphrase (RFC 7516, RFC 7518
section 4.8: PBES2-HS256+A128KW, A256GCM). The content is JSON with the data in base64.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from awsprof.accesskeys.key_sources import KeyFile
from awsprof.errors import UsageError, VaultError
from awsprof.parsing import InvalidValue, wrap_parse_errors
from awsprof.paths import display_path
from awsprof.secret import Secret
from awsprof.text import sanitize
from awsprof.vault import foreign_entries

_ALGORITHM: Final = "PBES2-HS256+A128KW"
_ENCRYPTION: Final = "A256GCM"
_MOST_ROUNDS: Final = 1_000_000  # of PBKDF2; the library writes 8192
_LARGEST: Final = 64 * 1024  # bytes of one entry
# aws-vault's temporary sessions and tokens, in its formats since 2016; granted's tokens, by URL.
_TEMPORARY: Final = re.compile(
    r"https?:|oidc:|session[,:]|[^,]+,[^,]*,[^,]*,\d+\Z|.+ session \(\w+\)\Z"
)


class GoKeyring(Protocol):
    """One store of such a program."""

    @property
    def title(self) -> str:
        """Where it is, for display."""
        ...

    def names(self) -> list[str]:
        """Returns the names of its entries; empty if the store does not exist."""
        ...

    def read(self, name: str) -> bytes:
        """Returns the content of an entry. Raises VaultError."""
        ...


class CollectionKeyring:
    """A collection of the Secret Service."""

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self.title = f"the Secret Service, collection {collection}"

    def names(self) -> list[str]:
        """Returns the labels of the entries."""
        return foreign_entries.collection_labels(self._collection) or []

    def read(self, name: str) -> bytes:
        """Returns the content of an entry."""
        content = foreign_entries.collection_entry(self._collection, name)
        if content is None:
            raise VaultError(f"{sanitize(name)} is no longer in {self.title}.", "try again")
        return content


class FileKeyring:
    """A folder of encrypted files; ``passphrase`` returns what unlocks all of them."""

    def __init__(self, folder: Path, passphrase: Callable[[str], Secret]) -> None:
        self._folder = folder
        self._ask = passphrase
        self._known: Secret | None = None
        self.title = display_path(folder)

    def names(self) -> list[str]:
        """Returns the entries' names: file names, unescaped."""
        if not self._folder.is_dir():
            return []
        return [unquote(file.name) for file in sorted(self._folder.iterdir()) if file.is_file()]

    def read(self, name: str) -> bytes:
        """Returns the content of an entry. Raises VaultError if the passphrase does not fit."""
        file = next(f for f in self._folder.iterdir() if unquote(f.name) == name)
        if file.stat().st_size > _LARGEST:
            raise VaultError(f"{display_path(file)} is too large for a key.", "move it away")
        passphrase = self._known or self._ask(self.title)
        with wrap_parse_errors(self.title, "leave it out, or read it with its tool", VaultError):
            content = decrypt_jwe(file.read_text("ascii"), passphrase)
        self._known = passphrase  # it fits
        return content


def access_keys(store: GoKeyring) -> list[str]:
    """Returns the names in a store that are not temporary sessions or tokens."""
    return [name for name in store.names() if not _TEMPORARY.match(name)]


def read_access_key(store: GoKeyring, name: str) -> KeyFile:
    """Returns the access key in an entry. Raises VaultError, or UsageError if it is none."""
    content = store.read(name)
    with wrap_parse_errors(f"{sanitize(name)} in {store.title}", "leave it out", UsageError):
        item = json.loads(content)
        value = json.loads(base64.b64decode(item["Data"]))
        if value.get("SessionToken"):
            raise InvalidValue("it is a temporary session")
        return KeyFile(str(value["AccessKeyID"]), Secret(str(value["SecretAccessKey"])), None)


def decrypt_jwe(token: str, passphrase: Secret) -> bytes:
    """Decrypts a JWE in its compact form.

    Raises VaultError if the passphrase is wrong, ValueError if the text is no such JWE.
    """
    parts = token.strip().split(".")
    if len(parts) != 5:
        raise InvalidValue("it is not an encrypted entry")
    wrapped, iv, body, tag = map(_decode, parts[1:])
    header: dict[str, Any] = json.loads(_decode(parts[0]))
    rounds = int(header["p2c"])
    if header.get("alg") != _ALGORITHM or header.get("enc") != _ENCRYPTION:
        raise InvalidValue("its encryption is not known")
    if not 1 <= rounds <= _MOST_ROUNDS:
        raise InvalidValue(f"it asks for more than {_MOST_ROUNDS} rounds")
    salt = _ALGORITHM.encode() + b"\0" + _decode(header["p2s"])
    derived = PBKDF2HMAC(SHA256(), 16, salt, rounds).derive(passphrase.reveal().encode())
    try:
        key = aes_key_unwrap(derived, wrapped)
        return AESGCM(key).decrypt(iv, body + tag, parts[0].encode())
    except (InvalidUnwrap, InvalidTag):
        raise VaultError("That is not its passphrase.", "try again with the right one") from None


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
