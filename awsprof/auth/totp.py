"""Secrets of virtual MFA devices that a person chose to keep in the vault, and their codes.

It gives something up: the second factor then lies beside the first. Which devices have one stands
in a file without secrets, so that nobody opens a vault for a device that has none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import SecretNotFound, UsageError
from awsprof.profiles.model import Profile
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.vault.keyring_vault import Vault

STEP: Final = 30  # seconds that a code is shown (RFC 6238)
_DIGITS: Final = 6
_SHORTEST: Final = 10  # bytes: what the apps of the trade take at least


class StoredTotp:
    """The secret that the vault keeps of a device, where the person put it there."""

    def __init__(self, vault: Callable[[], Vault]) -> None:
        self._vault = vault

    def code(self, profile: Profile, device: str) -> str | None:
        """The code of this moment; None where no secret of the device is kept."""
        if device not in stored_serials():
            return None
        try:
            seed = self._vault().get(_name(device))
        except SecretNotFound:  # the keyring was reset: the person is asked
            return None
        return code_at(seed, time.time())


def code_at(seed: Secret, moment: float) -> str:
    """The code that the secret gives at ``moment``, in seconds since 1970 (RFC 6238, SHA-1)."""
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    by = SHA1()  # noqa: S303  # RFC 6238, and AWS takes no other
    maker = TOTP(_bytes(seed), _DIGITS, by, STEP, enforce_key_length=False)
    return maker.generate(int(moment)).decode()


def normalize_seed(text: Secret) -> Secret:
    """The secret without blanks, in capitals. UsageError where it is no base32 text."""
    tidy = Secret(re.sub(r"[\s-]", "", text.reveal()).upper().rstrip("="))
    if len(_bytes(tidy)) < _SHORTEST:
        raise UsageError(
            "That is too short for the secret of an MFA device.",
            "give all of the text that AWS shows under the QR code",
        )
    return tidy


def _bytes(seed: Secret) -> bytes:
    text = seed.reveal()
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise UsageError(
            "That is not the secret of an MFA device: it has letters and the digits 2 to 7.",
            "give the text that AWS shows under the QR code",
        ) from None  # the text is a secret


def store_seed(vault: Vault, device: str, seed: Secret) -> None:
    """Keep the device's secret in the vault, in place of a former one."""
    vault.put(_name(device), normalize_seed(seed))
    _note({*stored_serials(), device})


def forget_stored_seed(vault: Callable[[], Vault], device: str) -> bool:
    """Forget the device's secret; False where none was kept, and then no vault is opened."""
    if device not in stored_serials():
        return False
    with suppress(SecretNotFound):
        vault().delete(_name(device))
    _note({*stored_serials()} - {device})
    return True


def stored_serials() -> frozenset[str]:
    """The serials of the devices whose secret is kept. FileProblem where that cannot be read."""
    with parsing.wrap_parse_errors(_file(), f"delete {_file()}, then keep them anew"):
        return frozenset(
            parsing.expect_texts(parsing.parse_json(atomic.read_file(_file()) or b"[]"))
        )


def seed_vault_names() -> tuple[str, ...]:
    """The names under which the vault keeps them."""
    return tuple(_name(device) for device in sorted(stored_serials()))


def _name(device: str) -> str:
    return f"totp/{hashlib.sha256(device.encode()).hexdigest()}"


def _file() -> Path:
    return paths.data_dir() / "totp.json"


def _note(devices: set[str]) -> None:
    with locks.hold_lock(paths.locks_dir() / "totp.lock", purpose="noting MFA secrets"):
        atomic.write_file(_file(), json.dumps(sorted(devices), indent=1).encode())
