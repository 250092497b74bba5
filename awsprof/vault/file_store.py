"""The embedded keyring as a store: its file, its passphrase, and the key that this gives.

The passphrase is AWSPROF_PASSPHRASE, or is asked; the key made of it then stays in the kernel's
keyring for eight hours, so that unattended programs can read without asking. Whoever calls holds
the vault's lock, but not in ``ready``, which may wait for a person. The bytes are in ``sealed``.
"""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, paths
from awsprof.errors import InteractionRequired, VaultError
from awsprof.prompting import SHORTEST_PASSPHRASE, Prompter
from awsprof.secret import Secret
from awsprof.vault import file_format, kernel_keyring

ID: Final = "file"
VARIABLE: Final = "AWSPROF_PASSPHRASE"
_HOURS: Final = 8
_TRIES: Final = 3
_TYPING_S: Final = 120.0  # others wait so long for one who is typing, and then need not ask


class EncryptedFileStore:
    """Texts by service and user, in the encrypted file at ``paths.vault_file()``."""

    id = ID

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._path: Final[Path] = paths.vault_file()
        self._key: bytes | None = None
        self._known: Secret | None = None  # the passphrase, where it was given to this process
        self.title = f"encrypted file {paths.display_path(self._path)}"

    def ready(self, *, create: bool) -> None:
        """Have the key at hand, asking where that must be; ``create`` the file where none is."""
        data = atomic.read_file(self._path)
        if data is None:
            if create:
                self._create()
            return
        if create and self._known is None and self._costs(data) != file_format.COSTS:
            # The key that is remembered cannot be made into one that is harder to guess.
            with suppress(InteractionRequired), _typing():
                self._key = self._given(data) or self._asked(data)
                return
        self._key = self._key_of(data)

    def _costs(self, data: bytes) -> tuple[int, int, int]:
        return file_format.read_parameters(data, str(self._path)).costs

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

    def _entries(self) -> file_format.Entries:
        data = atomic.read_file(self._path)
        if data is None:
            return {}
        self._key = self._key_of(data)
        return file_format.decrypt_entries(data, self._key, str(self._path))

    def _write(self, entries: file_format.Entries) -> None:
        data = atomic.read_file(self._path)
        if data is None or self._key is None:
            raise VaultError(f"{self._path} was taken away meanwhile.", "run this again")
        wanted = file_format.read_parameters(data, str(self._path))
        key = self._key
        if wanted.costs != file_format.COSTS and self._known is not None:
            former, wanted = wanted, file_format.KdfParameters.fresh()
            key = wanted.key(self._known.reveal())
            atomic.write_file(self._path, file_format.encrypt_entries(entries, wanted, key))
            kernel_keyring.drop_key(_name(former))
            self._remember(wanted, key)
        else:
            atomic.write_file(self._path, file_format.encrypt_entries(entries, wanted, key))
        self._key = key

    def _key_of(self, data: bytes) -> bytes:
        if self._key is not None and file_format.is_right_key(data, self._key, str(self._path)):
            return self._key
        found = self._given(data) or self._remembered(data)
        if found is None:
            with _typing():
                found = self._remembered(data) or self._asked(data)
        return found

    def _given(self, data: bytes) -> bytes | None:
        """The key by the variable, where that is set. WrongPassphrase where it is another's."""
        given = os.environ.get(VARIABLE)
        if not given:
            return None
        key = file_format.read_parameters(data, str(self._path)).key(given)
        if not file_format.is_right_key(data, key, str(self._path)):
            raise file_format.WrongPassphrase(
                f"{VARIABLE} is not the passphrase of {self._path}.",
                f"set {VARIABLE} to the passphrase that the file was made with, or unset it",
            )
        self._known = Secret(given)
        return key

    def _remembered(self, data: bytes) -> bytes | None:
        key = kernel_keyring.get_key(_name(file_format.read_parameters(data, str(self._path))))
        fits = key is not None and file_format.is_right_key(data, key, str(self._path))
        return key if fits else None

    def _remember(self, wanted: file_format.KdfParameters, key: bytes) -> None:
        if not os.environ.get(VARIABLE):
            kernel_keyring.put_key(_name(wanted), key, _HOURS * 3600)

    def _asked(self, data: bytes) -> bytes:
        wanted = file_format.read_parameters(data, str(self._path))
        for _ in range(_TRIES):
            typed = self._passphrase(twice=False)
            key = wanted.key(typed.reveal())
            if file_format.is_right_key(data, key, str(self._path)):
                self._known = typed
                self._remember(wanted, key)
                return key
            self._prompter.show("That is not its passphrase.")
        raise file_format.WrongPassphrase(
            f"The passphrase of {self._path} was not given.", "run this again, with its passphrase"
        )

    def _create(self) -> None:
        with _typing():
            data = atomic.read_file(self._path)
            if data is None:  # else another process made it while we waited
                wanted = file_format.KdfParameters.fresh()
                self._known = _new_by_variable() or self._passphrase(twice=True)
                self._key = wanted.key(self._known.reveal())
                atomic.write_file(self._path, file_format.encrypt_entries({}, wanted, self._key))
                self._remember(wanted, self._key)
        if data is not None:
            self._key = self._key_of(data)

    def _passphrase(self, *, twice: bool) -> Secret:
        try:
            return self._prompter.passphrase(purpose=f"the {self.title}", twice=twice)
        except InteractionRequired as exc:
            once = (
                f"run `awsprof doctor` in a terminal (it then holds for {_HOURS} hours), or "
                if kernel_keyring.kernel_keyring_works() and not twice
                else ""
            )
            raise InteractionRequired(exc.message, f"{once}set {VARIABLE}") from exc


def _new_by_variable() -> Secret | None:
    """The variable's passphrase for a new file, where it is set. VaultError: it is too short."""
    given = os.environ.get(VARIABLE)
    if given and len(given) < SHORTEST_PASSPHRASE:
        raise VaultError(
            f"{VARIABLE} has {len(given)} characters; a new vault needs a passphrase of"
            f" {SHORTEST_PASSPHRASE} or more.",
            f"set {VARIABLE} to some random words, such as `openssl rand -base64 24` prints",
        )
    return Secret(given) if given else None


def _typing() -> AbstractContextManager[None]:
    return locks.hold_lock(
        paths.locks_dir() / "passphrase.lock",
        purpose="waiting for the vault's passphrase",
        timeout=_TYPING_S,
        needed=False,
    )


def _name(wanted: file_format.KdfParameters) -> str:
    # The salt is the file's own, so that two files never meet under one name.
    return f"awsprof:passphrase:{wanted.salt.hex()}"
