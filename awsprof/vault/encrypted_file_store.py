"""The encrypted file as a store: manages the file, its passphrase and its key.

The passphrase is AWSPROF_PASSPHRASE or prompted for. The kernel keyring then holds the derived key,
so that unattended programs can read the file: 8 hours of one that was typed; of one in the variable
some minutes (setting key-cache), for processes that have the same variable. Callers hold the
vault's lock, except for ``ready``, which may wait for a person. See ``file_format`` for the bytes.
"""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

from awsprof import atomic, locks, paths, settings
from awsprof.errors import AwsprofError, InteractionRequired, VaultError
from awsprof.prompting import MIN_PASSPHRASE_LENGTH, Prompter
from awsprof.secret import Secret
from awsprof.vault import fast_file, file_format, kernel_keyring
from awsprof.vault.passphrase_check import VARIABLE

ID: Final = "file"
_HOURS: Final = 8
_TRIES: Final = 3
_TYPING_S: Final = 120.0  # other processes wait so long for the passphrase typed in this one


class EncryptedFileStore:
    """Texts by service and user in the encrypted file ``paths.vault_file()``."""

    id = ID

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._path: Final[Path] = paths.vault_file()
        self._key: bytes | None = None
        self._known: Secret | None = None  # the passphrase, if this process has it
        self.title = f"the encrypted file {paths.display_path(self._path)}"

    def ready(self, *, create: bool) -> None:
        """Gets the key, prompting if necessary; ``create`` the file if it does not exist."""
        data = atomic.read_file(self._path)
        if data is None:
            if create:
                self._create()
            return
        if create and self._known is None and self._costs(data) != file_format.COSTS:
            # Raising the costs needs the passphrase: the remembered key is not enough.
            with suppress(InteractionRequired), _passphrase_lock(self._prompter):
                self._key = self._from_variable(data, derive=True) or self._prompt(data)
                return
        self._key = self._key_of(data)

    def check_variable(self) -> None:
        """Raises VaultError if AWSPROF_PASSPHRASE can neither open nor create the file; never asks.

        A caller that is going to write to the file can so tell it before it asks for anything else.
        """
        data = atomic.read_file(self._path)
        if data is None:
            _new_from_variable()
        else:
            self._from_variable(data)

    def _costs(self, data: bytes) -> tuple[int, int, int]:
        return file_format.read_parameters(data, str(self._path)).costs

    def get(self, service: str, user: str) -> str | None:
        """Returns the text; None if there is none, or no file."""
        return self._entries().get(service, {}).get(user)

    def set(self, service: str, user: str, text: str) -> None:
        """Stores ``text``, replacing a former one. Call ``ready(create=True)`` first."""
        entries = self._entries()
        entries.setdefault(service, {})[user] = text
        self._write(entries)

    def delete(self, service: str, user: str) -> None:
        """Deletes the text, if there is one."""
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
            raise VaultError(f"{self._path} was deleted in the meantime.", "run this again")
        parameters = file_format.read_parameters(data, str(self._path))
        key = self._key
        if parameters.costs != file_format.COSTS and self._known is not None:
            former, parameters = parameters, file_format.KdfParameters.fresh()
            key = parameters.key(self._known.reveal())
            atomic.write_file(self._path, file_format.encrypt_entries(entries, parameters, key))
            kernel_keyring.drop_key(fast_file.typed_key_name(former.salt))
            kernel_keyring.drop_key(fast_file.given_key_name(former.salt))
            self._remember(parameters, key)
        else:
            atomic.write_file(self._path, file_format.encrypt_entries(entries, parameters, key))
        self._key = key

    def _key_of(self, data: bytes) -> bytes:
        if self._key is not None and file_format.is_right_key(data, self._key, str(self._path)):
            return self._key
        found = self._from_variable(data) or self._remembered(data)
        if found is None:
            with _passphrase_lock(self._prompter):
                found = self._remembered(data) or self._prompt(data)
        return found

    def _from_variable(self, data: bytes, *, derive: bool = False) -> bytes | None:
        """Returns the key from AWSPROF_PASSPHRASE, if that is set. Raises WrongPassphrase.

        ``derive``: from the passphrase itself, though the kernel may have the key.
        """
        passphrase = os.environ.get(VARIABLE)
        if not passphrase:
            return None
        parameters = file_format.read_parameters(data, str(self._path))
        kept = None if derive else fast_file.kept_key(parameters.salt)
        if kept is not None and file_format.is_right_key(data, kept, str(self._path)):
            return kept
        key = parameters.key(passphrase)
        if not file_format.is_right_key(data, key, str(self._path)):
            raise file_format.WrongPassphrase(
                f"{VARIABLE} is not the passphrase of {self._path}.",
                f"set {VARIABLE} to the passphrase that the file was created with, or unset it",
            )
        self._known = Secret(passphrase)
        self._remember(parameters, key)
        return key

    def _remembered(self, data: bytes) -> bytes | None:
        parameters = file_format.read_parameters(data, str(self._path))
        key = kernel_keyring.get_key(fast_file.typed_key_name(parameters.salt))
        fits = key is not None and file_format.is_right_key(data, key, str(self._path))
        return key if fits else None

    def _remember(self, parameters: file_format.KdfParameters, key: bytes) -> None:
        if os.environ.get(VARIABLE):
            fast_file.keep_key(parameters.salt, key, _minutes())
        else:
            kernel_keyring.put_key(fast_file.typed_key_name(parameters.salt), key, _HOURS * 3600)

    def _prompt(self, data: bytes) -> bytes:
        parameters = file_format.read_parameters(data, str(self._path))
        for _ in range(_TRIES):
            typed = self._passphrase(twice=False)
            key = parameters.key(typed.reveal())
            if file_format.is_right_key(data, key, str(self._path)):
                self._known = typed
                self._remember(parameters, key)
                return key
            self._prompter.show("Wrong passphrase.")
        raise file_format.WrongPassphrase(
            f"The passphrase of {self._path} was not entered.", "run this again and enter it"
        )

    def _create(self) -> None:
        with _passphrase_lock(self._prompter):
            data = atomic.read_file(self._path)
            if data is None:  # otherwise another process created it while we waited
                parameters = file_format.KdfParameters.fresh()
                self._known = _new_from_variable() or self._passphrase(twice=True)
                self._key = parameters.key(self._known.reveal())
                atomic.write_file(
                    self._path, file_format.encrypt_entries({}, parameters, self._key)
                )
                self._remember(parameters, self._key)
        if data is not None:
            self._key = self._key_of(data)

    def _passphrase(self, *, twice: bool) -> Secret:
        try:
            return self._prompter.passphrase(purpose=self.title, twice=twice)
        except InteractionRequired as exc:
            once = (
                f"run `awsprof doctor` in a terminal (it then holds for {_HOURS} hours), or "
                if kernel_keyring.kernel_keyring_works() and not twice
                else ""
            )
            raise InteractionRequired(exc.message, f"{once}set {VARIABLE}") from exc


def _minutes() -> int:
    """Returns the setting key-cache in minutes; 0 if the settings cannot be read."""
    try:
        return settings.key_cache_minutes()
    except AwsprofError:
        return 0


def _new_from_variable() -> Secret | None:
    """Returns AWSPROF_PASSPHRASE for a new file, if set. Raises VaultError if it is too short."""
    passphrase = os.environ.get(VARIABLE)
    if passphrase and len(passphrase) < MIN_PASSPHRASE_LENGTH:
        raise VaultError(
            f"{VARIABLE} has {len(passphrase)} characters; a new vault needs a passphrase of"
            f" {MIN_PASSPHRASE_LENGTH} or more.",
            f"set {VARIABLE} to some random words, such as `openssl rand -base64 24` prints",
        )
    return Secret(passphrase) if passphrase else None


def _passphrase_lock(prompter: Prompter) -> AbstractContextManager[None]:
    return locks.hold_lock(
        paths.locks_dir() / "passphrase.lock",
        purpose="waiting for the vault's passphrase",
        timeout=_TYPING_S,
        tell=prompter.show,
        needed=False,
    )
