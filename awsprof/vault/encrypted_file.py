"""The embedded keyring as a backend of PyPI's `keyring`, for other programs that use that.

Any of them reaches it by PYTHON_KEYRING_BACKEND=awsprof.vault.encrypted_file.EncryptedFileKeyring.
It has the lowest priority and no entry point, so it never changes what `keyring` picks by itself.
awsprof's own vault uses the store beneath without it. Importing this imports `keyring`.
"""

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from awsprof.vault.file_store import EncryptedFileStore
from awsprof.vault.keyring_store import vault_lock


class EncryptedFileKeyring(KeyringBackend):
    """Passwords in awsprof's encrypted file; asks on the terminal for its passphrase."""

    priority = -1

    def get_password(self, service: str, username: str) -> str | None:
        """The password, or None. VaultError where the file cannot be opened."""
        store = self._ready(create=False)
        with vault_lock("reading"):
            return store.get(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep ``password``, in place of a former one."""
        store = self._ready(create=True)
        with vault_lock("writing"):
            store.set(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        """Forget it; PasswordDeleteError, which `keyring` prescribes, where there is none."""
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
