"""Temporary credentials in files that only this machine's running kernel can open.

A kernel without ``big_key`` gives an ordinary user 20,000 bytes for keys: thirteen sessions. So
what does not fit into its keyring goes into files beside our other data, sealed by a key of 32
bytes that the kernel holds. The key is in no file; it is gone with a restart, with ``awsprof logout
--all``, and 36 hours after it was last used, and with it all that the files say.

Sealed means AES-256-GCM, with a fresh nonce for each file and the session's name as associated
data. Loading it costs some 25 ms, so that it is loaded only where there is such a file.
"""

from __future__ import annotations

import os
import time

from awsprof import paths
from awsprof.vault import kernel_keyring

TYPE_CHECKING = False  # as typing's own, without its three milliseconds on the way of every hit
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

_MAGIC: Final = b"awsprof1"
_NONCE: Final = 12
_UNTIL: Final = 12  # bytes before the payload: until when it is kept, in seconds since 1970
_KEY_BYTES: Final = 32
_KEY_LASTS_S: Final = 36 * 3600  # no session of AWS's lasts longer
_SWEEP_EVERY_S: Final = 600
_MOST: Final = 5000  # files
_STALE_S: Final = 3600  # a temporary file that is older belongs to nobody who lives


class EncryptedSessions:
    """Sessions by key, in the folder ``sessions`` of our data; ``name`` names the kernel's key.

    Several processes may use it at once. Nothing here fails: what cannot be read is not there.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder = os.path.join(paths.data_text(), "sessions")  # noqa: PTH118  # no time for it

    def get(self, key: str) -> bytes | None:
        """What was put under ``key``, until its time is over; None too where it is not whole."""
        try:
            descriptor = os.open(self._path(key), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return None
        try:
            sealed = os.read(descriptor, 1 << 20)
            self._note_use(descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        master = kernel_keyring.get_key(self._name)
        if master is None or len(master) != _KEY_BYTES:
            return None
        plain = _opened(master, key.encode(), sealed)
        if plain is None or not plain[:_UNTIL].isdigit() or int(plain[:_UNTIL]) <= time.time():
            return None
        return plain[_UNTIL:]

    def put(self, key: str, payload: bytes, until: float) -> bool:
        """Keep ``payload`` until then (seconds since 1970); False where it cannot be kept."""
        master = self._key()
        if master is None:
            return False
        sealed = _sealed(master, key.encode(), b"%0*d" % (_UNTIL, int(until)) + payload)
        path = self._path(key)
        fresh = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.new"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)  # noqa: PTH103  # as above
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.write(descriptor, sealed)
                os.utime(descriptor if os.utime in os.supports_fd else fresh, (time.time(), until))
            finally:
                os.close(descriptor)
            os.replace(fresh, path)  # noqa: PTH105  # as above
        except OSError:
            _removed(fresh)
            return False
        self._sweep()
        return True

    def drop(self, key: str) -> None:
        """Forget what is kept under ``key``."""
        _removed(self._path(key))

    def keys(self) -> Iterator[str]:
        """The keys that something is kept under, some of it over, in no order."""
        for entry in self._entries():
            if not entry.name.startswith(".") and not entry.name.endswith(".new"):
                yield entry.name.replace("-", "/", 1)

    def forget_key(self) -> None:
        """Have the kernel forget its key: no file can be opened any more."""
        kernel_keyring.drop_key(self._name)

    def _path(self, key: str) -> str:
        return os.path.join(self._folder, key.replace("/", "-", 1))  # noqa: PTH118

    def _key(self) -> bytes | None:
        for _ in range(3):
            found = kernel_keyring.get_key(self._name)
            if found is not None and len(found) == _KEY_BYTES:
                kernel_keyring.extend_key(self._name, _KEY_LASTS_S)
                return found
            # Whoever else makes one now may win: what is read back counts.
            if kernel_keyring.put_key(self._name, os.urandom(_KEY_BYTES), _KEY_LASTS_S) != "kept":
                return None
        return None

    def _note_use(self, descriptor: int) -> None:
        """What was used last goes last, where there are too many."""
        if os.utime in os.supports_fd:
            about = os.fstat(descriptor)
            if time.time() - about.st_atime > _SWEEP_EVERY_S:
                try:
                    os.utime(descriptor, (time.time(), about.st_mtime))
                except OSError:
                    return  # a folder that is not to be written

    def _sweep(self) -> None:
        """Take away what is over, what the killed left, and what was used longest ago."""
        stamp = os.path.join(self._folder, ".swept")  # noqa: PTH118
        now = time.time()
        try:
            if now - os.stat(stamp).st_mtime < _SWEEP_EVERY_S:  # noqa: PTH116
                return
        except OSError:
            pass  # never yet
        try:
            os.close(os.open(stamp, os.O_WRONLY | os.O_CREAT, 0o600))
            os.utime(stamp)
        except OSError:
            return
        living = []
        for entry in self._entries():
            try:
                about = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            lasts = about.st_ctime + _STALE_S if entry.name.endswith(".new") else about.st_mtime
            if entry.name != ".swept" and lasts <= now:
                _removed(entry.path)
            else:
                living.append((about.st_atime, entry.path))
        for _, path in sorted(living)[: max(len(living) - _MOST, 0)]:
            _removed(path)

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._folder) as entries:
                return list(entries)
        except OSError:
            return []


def _removed(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108  # as above
    except OSError:
        return


def _sealed(master: bytes, name: bytes, plain: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return _MAGIC + nonce + AESGCM(master).encrypt(nonce, plain, _MAGIC + name)


def _opened(master: bytes, name: bytes, sealed: bytes) -> bytes | None:
    """The plain text; None where a bit of it, or its name, is another one."""
    if not sealed.startswith(_MAGIC):
        return None
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, hidden = sealed[len(_MAGIC) :][:_NONCE], sealed[len(_MAGIC) + _NONCE :]
    try:
        return AESGCM(master).decrypt(nonce, hidden, _MAGIC + name)
    except (InvalidTag, ValueError):  # ValueError: cut short
        return None
