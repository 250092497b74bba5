"""Caches outputs of credential-process with a key of the vault in the kernel keyring, for minutes.

SDKs ask for a key without MFA at each start of each program, and opening the vault takes many times
as long as reading the kernel keyring. The cache key covers everything that the output depends on
(``auth.fast_path.vault_cache_key``). The output is in the kernel's memory only, never in a file.
Every change of the vault deletes all of them. Without a kernel keyring nothing is cached.
"""

from __future__ import annotations

import os
import time
import zlib

from awsprof import paths
from awsprof.vault import kernel_keyring
from awsprof.vault.passphrase_check import SALT_BYTES, VARIABLE, passphrase_check

KIND = "vault-key"
"""The third part of the names of such keys in the kernel keyring."""
_MOST = 20  # answers; a user has 200 keys, and 20,000 bytes where the kernel has no big_key


def keep_answer(cache_key: str, answer: bytes, minutes: int) -> None:
    """Stores ``answer`` for so many minutes. Compute ``cache_key`` before reading the vault."""
    if minutes <= 0:
        return
    if len(_names()) >= _MOST:
        _delete_answers()
    passphrase = os.environ.get(VARIABLE, "").encode(errors="surrogateescape")
    check = passphrase_check(os.urandom(SALT_BYTES), passphrase)
    home = zlib.crc32(paths.data_text().encode())
    kernel_keyring.put_key(f"awsprof:{home:08x}:{KIND}:{cache_key}", check + answer, minutes * 60)


def drop_answers() -> None:
    """Deletes every cached output. Call it before the vault changes.

    Those of other data directories are deleted too, since they may share a keyring. It also touches
    the index, whose modification time is part of the cache key: an output that another process is
    about to store is not found again.
    """
    _delete_answers()
    now = time.time_ns()
    try:
        os.utime(paths.index_file(), ns=(now, now))
    except OSError:
        return  # no index, so no key; or a read-only disk, on which no vault changes


def _delete_answers() -> None:
    for name in _names():
        kernel_keyring.drop_key(name)


def _names() -> list[str]:
    names = kernel_keyring.key_names("awsprof:")
    return [name for name in names if name.split(":")[2:3] == [KIND]]
