"""Seeds of virtual MFA devices that you chose to store in the vault, and their codes.

This weakens MFA: the second factor is stored beside the first. A file without secrets lists the
devices, so that the vault is opened only for a device that has a seed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof import atomic, locks, parsing, paths
from awsprof.errors import AwsprofError, SecretNotFound, UsageError
from awsprof.profiles.model import Profile
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault

STEP: Final = 30  # seconds that a code is valid (RFC 6238)
_DIGITS: Final = 6
_SHORTEST: Final = 10  # bytes: the minimum of common authenticator apps


class StoredTotp:
    """Codes from the seed in the vault, if there is one."""

    def __init__(self, vault: Callable[[], Vault]) -> None:
        self._vault = vault

    def code(self, profile: Profile, device: str) -> str | None:
        """Returns the current code; None if the vault has no seed of the device."""
        if device not in stored_serials():
            return None
        try:
            seed = self._vault().get(_name(device))
        except SecretNotFound:  # the keyring was reset: ask instead
            return None
        return code_at(seed, time.time())


def code_at(seed: Secret, moment: float) -> str:
    """Returns the code at ``moment``, in seconds since 1970 (RFC 6238, SHA-1)."""
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    algorithm = SHA1()  # noqa: S303  # RFC 6238, and AWS accepts no other
    generator = TOTP(_bytes(seed), _DIGITS, algorithm, STEP, enforce_key_length=False)
    return generator.generate(int(moment)).decode()


def normalize_seed(text: Secret) -> Secret:
    """Returns the seed in upper case without blanks. Raises UsageError if it is not base32."""
    tidy = Secret(re.sub(r"[\s-]", "", text.reveal()).upper().rstrip("="))
    if len(_bytes(tidy)) < _SHORTEST:
        raise UsageError(
            "That is too short for the secret of an MFA device.",
            "enter all of the text that AWS shows under the QR code",
        )
    return tidy


def _bytes(seed: Secret) -> bytes:
    text = seed.reveal()
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:  # binascii.Error, or for other letters than ASCII's a plain one
        raise UsageError(
            "That is not the secret of an MFA device, which has letters and the digits 2 to 7.",
            "enter the text that AWS shows under the QR code",
        ) from None  # the text is a secret


def store_seed(vault: Vault, device: str, seed: Secret) -> None:
    """Stores the device's seed in the vault; replaces an earlier one.

    The list has the device first: whatever happens then, the seed can be found and deleted.
    """
    normal = normalize_seed(seed)
    with _locked():
        before = stored_serials()
        _write(before | {device})
        try:
            vault.put(_name(device), normal)
        except AwsprofError:
            _write(before)
            raise


def forget_stored_seed(vault: Callable[[], Vault], device: str) -> bool:
    """Deletes the device's seed; returns False, without opening the vault, if there is none."""
    if device not in stored_serials():
        return False
    with _locked():
        with suppress(SecretNotFound):
            vault().delete(_name(device))
        _write(stored_serials() - {device})
    return True


def stored_serials() -> frozenset[str]:
    """Returns the serials of the devices with a stored seed. Raises FileError."""
    with parsing.wrap_parse_errors(_file(), f"delete {_file()}, then store the seeds again"):
        return frozenset(
            parsing.expect_texts(parsing.parse_json(atomic.read_file(_file()) or b"[]"))
        )


def seed_vault_names() -> tuple[str, ...]:
    """Returns the vault entry names of the stored seeds."""
    return tuple(_name(device) for device in sorted(stored_serials()))


def _name(device: str) -> str:
    return f"totp/{hashlib.sha256(device.encode()).hexdigest()}"


def _file() -> Path:
    return paths.data_dir() / "totp.json"


def _locked() -> AbstractContextManager[None]:
    return locks.hold_lock(paths.locks_dir() / "totp.lock", purpose="noting MFA secrets")


def _write(devices: frozenset[str]) -> None:
    atomic.write_file(_file(), json.dumps(sorted(devices), indent=1).encode())
