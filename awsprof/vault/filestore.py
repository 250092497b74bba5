"""The embedded keyring as a store: its file, its passphrase, and the key that this gives.

The passphrase is AWSPROF_PASSPHRASE, or is asked; the key made of it then stays in the kernel's
keyring for eight hours, so that unattended programs can read without asking. Whoever calls holds
the vault's lock, but not in ``ready``, which may wait for a person. The bytes are in ``sealed``.
"""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, paths
from awsprof.asking import Asker
from awsprof.errors import PersonNeeded, VaultError
from awsprof.vault import kernel, sealed

ID: Final = "file"
VARIABLE: Final = "AWSPROF_PASSPHRASE"
_HOURS: Final = 8
_TRIES: Final = 3
_TYPING_S: Final = 120.0  # others wait so long for one who is typing, and then need not ask


class FileStore:
    """Texts by service and user, in the encrypted file at ``paths.vault_file()``."""

    id = ID

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._path: Final[Path] = paths.vault_file()
        self._key: bytes | None = None
        self.title = f"encrypted file {paths.short(self._path)}"

    def ready(self, *, create: bool) -> None:
        """Have the key at hand, asking where that must be; ``create`` the file where none is."""
        data = atomic.read(self._path)
        if data is not None:
            self._key = self._key_of(data)
        elif create:
            self._create()

    def get(self, service: str, user: str) -> str | None:
        """The text; None where there is none, or no file."""
        return self._entries().get(service, {}).get(user)

    def set(self, service: str, user: str, text: str) -> None:
        """Keep ``text``, in place of a former one; ``ready(create=True)`` comes before."""
        entries = self._entries()
        entries.setdefault(service, {})[user] = text
        self._write(entries)

    def delete(self, service: str, user: str) -> None:
        """Forget the text, where there is one."""
        entries = self._entries()
        if entries.get(service, {}).pop(user, None) is not None:
            self._write(entries)

    def _entries(self) -> sealed.Entries:
        data = atomic.read(self._path)
        if data is None:
            return {}
        self._key = self._key_of(data)
        return sealed.unseal(data, self._key, str(self._path))

    def _write(self, entries: sealed.Entries) -> None:
        data = atomic.read(self._path)
        if data is None or self._key is None:
            raise VaultError(f"{self._path} was taken away meanwhile.", "run this again")
        wanted = sealed.parameters(data, str(self._path))
        atomic.write(self._path, sealed.seal(entries, wanted, self._key))

    def _key_of(self, data: bytes) -> bytes:
        where = str(self._path)
        if self._key is not None and sealed.fits(data, self._key, where):
            return self._key
        wanted = sealed.parameters(data, where)
        given = os.environ.get(VARIABLE)
        if given:
            return self._fitting(data, wanted.key(given), f"{VARIABLE} is not the passphrase of")
        remembered = self._remembered(data, wanted)
        if remembered is None:
            with _typing():
                remembered = self._remembered(data, wanted) or self._asked(data, wanted)
        return remembered

    def _fitting(self, data: bytes, key: bytes, otherwise: str) -> bytes:
        if not sealed.fits(data, key, str(self._path)):
            raise sealed.NotThatKey(
                f"{otherwise} {self._path}.",
                f"set {VARIABLE} to the passphrase that the file was made with, or unset it",
            )
        return key

    def _remembered(self, data: bytes, wanted: sealed.Parameters) -> bytes | None:
        key = kernel.get(_name(wanted))
        fits = key is not None and sealed.fits(data, key, str(self._path))
        return key if fits else None

    def _asked(self, data: bytes, wanted: sealed.Parameters) -> bytes:
        for _ in range(_TRIES):
            key = wanted.key(self._passphrase(twice=False))
            if sealed.fits(data, key, str(self._path)):
                kernel.put(_name(wanted), key, _HOURS * 3600)
                return key
            self._asker.show("That is not its passphrase.")
        raise sealed.NotThatKey(
            f"The passphrase of {self._path} was not given.", "run this again, with its passphrase"
        )

    def _create(self) -> None:
        with _typing():
            data = atomic.read(self._path)
            if data is None:  # else another process made it while we waited
                wanted = sealed.Parameters.fresh()
                given = os.environ.get(VARIABLE)
                self._key = wanted.key(given or self._passphrase(twice=True))
                atomic.write(self._path, sealed.seal({}, wanted, self._key))
                if not given:
                    kernel.put(_name(wanted), self._key, _HOURS * 3600)
        if data is not None:
            self._key = self._key_of(data)

    def _passphrase(self, *, twice: bool) -> str:
        try:
            return self._asker.passphrase(purpose=f"the {self.title}", twice=twice).reveal()
        except PersonNeeded as exc:
            once = (
                f"run `awsprof doctor` in a terminal (it then holds for {_HOURS} hours), or "
                if kernel.available() and not twice
                else ""
            )
            raise PersonNeeded(exc.message, f"{once}set {VARIABLE}") from exc


def _typing() -> AbstractContextManager[None]:
    return locks.hold(
        paths.locks_dir() / "passphrase.lock",
        purpose="waiting for the vault's passphrase",
        timeout=_TYPING_S,
    )


def _name(wanted: sealed.Parameters) -> str:
    # The salt is the file's own, so that two files never meet under one name.
    return f"awsprof:passphrase:{wanted.salt.hex()}"
