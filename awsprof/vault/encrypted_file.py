"""The encrypted file as a backend for PyPI's `keyring`, for other programs.

To use it, set PYTHON_KEYRING_BACKEND=awsprof.vault.encrypted_file.EncryptedFileKeyring.
It has the lowest priority and no entry point, so that it never changes what `keyring` chooses.
awsprof's own vault uses the store directly. Importing this module imports `keyring`.
"""

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from awsprof.vault.encrypted_file_store import EncryptedFileStore
from awsprof.vault.keyring_store import vault_lock


class EncryptedFileKeyring(KeyringBackend):
    """Passwords in awsprof's encrypted file; prompts for the passphrase on the terminal."""

    priority = -1

    def get_password(self, service: str, username: str) -> str | None:
        """Returns the password, or None. Raises VaultError if the file cannot be opened."""
        store = self._ready(create=False)
        with vault_lock("reading"):
            return store.get(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Stores ``password``, replacing a former one."""
        store = self._ready(create=True)
        with vault_lock("writing"):
            store.set(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        """Deletes the password. Raises `keyring`'s PasswordDeleteError if there is none."""
        store = self._ready(create=False)
        with vault_lock("writing"):
            if store.get(service, username) is None:
                raise PasswordDeleteError("No such password!")
            store.delete(service, username)

    def _ready(self, *, create: bool) -> EncryptedFileStore:
        from awsprof.tty import tty_prompter

        store = EncryptedFileStore(tty_prompter("run this in a terminal"))
        store.ready(create=create)
        return store
