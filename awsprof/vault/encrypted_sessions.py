"""Temporary credentials in encrypted files whose key only the running kernel has.

A kernel without ``big_key`` gives a user 20,000 bytes for keys: thirteen sessions. Sessions that
do not fit are written to files in our data directory, encrypted under a 32-byte key in the kernel
keyring. That key is in no file. It is lost on a restart, with ``awsprof logout --all``, and 36
hours after its last use, and the files cannot be read without it.

The cipher is AES-256-GCM, with a fresh nonce per file and the session's name as associated data.
Loading the library takes about 25 ms, so it is imported only if there is such a file.
"""

from __future__ import annotations

import os
import time

from awsprof import paths
from awsprof.vault import kernel_keyring

TYPE_CHECKING = False  # importing it from typing would cost every cache hit 3 ms
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

_MAGIC: Final = b"awsprof1"
_NONCE: Final = 12
_UNTIL: Final = 12  # bytes before the payload: expiry as digits, in seconds since 1970
_KEY_BYTES: Final = 32
_KEY_LASTS_S: Final = 36 * 3600  # no AWS session lasts longer
_SWEEP_EVERY_S: Final = 600
_MOST: Final = 5000  # files
_STALE_S: Final = 3600  # an older temporary file was left by a killed process


class EncryptedSessions:
    """Sessions by cache key, in files below the data directory; ``name`` names the kernel key.

    Safe for several processes at once. Raises nothing: an unreadable session counts as missing.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder = os.path.join(paths.data_text(), "sessions")  # noqa: PTH118  # pathlib is too slow for a cache hit

    def get(self, key: str) -> bytes | None:
        """Returns the payload under ``key``; None if it is missing, expired or damaged."""
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return None
        try:
            encrypted = os.read(descriptor, 1 << 20)
            self._note_use(descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        master = kernel_keyring.get_key(self._name)
        if master is None or len(master) != _KEY_BYTES:
            return None
        plain = _decrypt(master, key.encode(), encrypted)
        if plain is None or not plain[:_UNTIL].isdigit() or int(plain[:_UNTIL]) <= time.time():
            return None
        return plain[_UNTIL:]

    def put(self, key: str, payload: bytes, until: float) -> bool:
        """Stores ``payload`` until ``until`` (seconds since 1970); False if that is impossible."""
        master = self._key()
        if master is None:
            return False
        encrypted = _encrypt(master, key.encode(), b"%0*d" % (_UNTIL, int(until)) + payload)
        path = self._path(key)
        fresh = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.new"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103  # as above
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(descriptor, encrypted)
                os.utime(descriptor if os.utime in os.supports_fd else fresh, (time.time(), until))
            finally:
                os.close(descriptor)
            os.replace(fresh, path)  # noqa: PTH105  # as above
        except OSError:
            _remove(fresh)
            return False
        self._sweep()
        return True

    def drop(self, key: str) -> None:
        """Deletes the session under ``key``."""
        _remove(self._path(key))

    def keys(self) -> Iterator[str]:
        """Yields the cache keys of all files, expired ones included, in no order."""
        for entry in self._entries():
            if not entry.name.startswith(".") and not entry.name.endswith(".new"):
                yield entry.name.replace("-", "/", 1)

    def forget_key(self) -> None:
        """Deletes the encryption key from the kernel: no file can be decrypted any more."""
        kernel_keyring.drop_key(self._name)

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key.replace("/", "-", 1))  # noqa: PTH118

    def _key(self) -> bytes | None:
        for _ in range(3):
            found = kernel_keyring.get_key(self._name)
            if found is not None and len(found) == _KEY_BYTES:
                kernel_keyring.extend_key(self._name, _KEY_LASTS_S)
                return found
            # Another process may create the key at the same time, so read it back.
            if kernel_keyring.put_key(self._name, os.urandom(_KEY_BYTES), _KEY_LASTS_S) != "kept":
                return None
        return None

    def _note_use(self, descriptor: int) -> None:
        """Updates the access time: the sweep deletes the least recently used files first."""
        if os.utime in os.supports_fd:
            about = os.fstat(descriptor)
            if time.time() - about.st_atime > _SWEEP_EVERY_S:
                try:
                    os.utime(descriptor, (time.time(), about.st_mtime))
                except OSError:
                    return  # a read-only directory

    def _sweep(self) -> None:
        """Deletes expired and least recently used files, and leftovers of killed processes."""
        stamp = os.path.join(self._folder, ".swept")  # noqa: PTH118
        now = time.time()
        try:
            if now - os.stat(stamp).st_mtime < _SWEEP_EVERY_S:  # noqa: PTH116
                return
        except OSError:
            pass  # the first sweep
        try:
            os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT, 0o600))
            os.utime(stamp)
        except OSError:
            return
        remaining = []
        for entry in self._entries():
            try:
                about = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            lasts = about.st_ctime + _STALE_S if entry.name.endswith(".new") else about.st_mtime
            if entry.name != ".swept" and lasts <= now:
                _remove(entry.path)
            else:
                remaining.append((about.st_atime, entry.path))
        for _, path in sorted(remaining)[: max(len(remaining) - _MOST, 0)]:
            _remove(path)

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._folder) as entries:
                return list(entries)
        except OSError:
            return []


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108  # as above
    except OSError:
        return


def _encrypt(master: bytes, name: bytes, plain: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return _MAGIC + nonce + AESGCM(master).encrypt(nonce, plain, _MAGIC + name)


def _decrypt(master: bytes, name: bytes, data: bytes) -> bytes | None:
    """Returns the plain text; None if the data was changed or belongs to another name."""
    if not data.startswith(_MAGIC):
        return None
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, ciphertext = data[len(_MAGIC) :][:_NONCE], data[len(_MAGIC) + _NONCE :]
    try:
        return AESGCM(master).decrypt(nonce, ciphertext, _MAGIC + name)
    except (InvalidTag, ValueError):  # ValueError: truncated
        return None
