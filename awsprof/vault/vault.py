"""The vault: long-term secrets by name, in the chosen keyring.

An access key's secret is stored under its key ID. Other packages store texts under names of their
own ("history/..."), which the index does not list. Every call holds one lock across processes, and
every write is read back and compared. See ``keyring_store`` for how keyrings are called and
``backends`` for how one is chosen.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from awsprof import trust
from awsprof.errors import AwsprofError, SecretNotFound, VaultError
from awsprof.key_ids import is_long_term
from awsprof.prompting import NonInteractive, Prompter
from awsprof.secret import Secret
from awsprof.text import sentence_start
from awsprof.vault import encrypted_file_store, key_answers
from awsprof.vault.backends import BackendChoice, available_backends, choose_backend, title_of
from awsprof.vault.hardening import protect_process
from awsprof.vault.index import Index
from awsprof.vault.keyring_store import Store, vault_lock

__all__ = [
    "BackendChoice",
    "StoreVault",
    "Vault",
    "available_backends",
    "check_passphrase_variable",
    "move_secrets",
    "open_vault",
    "returns_secret",
]

SERVICE: Final = "awsprof"


class Vault(Protocol):
    """Secrets by name. Every method raises VaultError if the vault cannot be used."""

    @property
    def title(self) -> str:
        """The display name: "GNOME Keyring", "the encrypted file /home/…"."""
        ...

    @property
    def backend(self) -> str:
        """The stable ID, for the index and the setting `vault`."""
        ...

    def get(self, key_id: str) -> Secret:
        """Returns the secret of that name. Raises SecretNotFound if the vault works but has none.

        Raises a plain VaultError if the index says that another keyring holds it.
        """
        ...

    def put(self, key_id: str, secret: Secret) -> None:
        """Stores ``secret``, replacing a former one, and reads it back."""
        ...

    def delete(self, key_id: str) -> None:
        """Deletes the secret. Raises SecretNotFound if there is none."""
        ...

    def holds(self, key_id: str) -> bool:
        """True if there is a secret of that name."""
        ...


def open_vault(
    prompter: Prompter, setting: str = "auto", *, patient: bool = False, ours: bool = True
) -> Vault:
    """Returns the vault that ``setting`` chooses: "auto", "keyring", "file", or a backend's class.

    ``patient``: a person is present, so a keyring may prompt for its password in its own window,
    and calls wait for it. Otherwise nothing prompts, no call takes longer than 2
    seconds, and choosing the keyring no longer than 10.
    ``ours``: this process is awsprof, so protect it from ptrace and core dumps. A program that
    imports awsprof decides that for itself.

    Raises FileError if awsprof's data belongs to another user.
    """
    trust.require_own_data()
    if ours:
        protect_process()
    return StoreVault(choose_backend(prompter, setting, patient=patient))


def check_passphrase_variable(vault: Vault) -> None:
    """Raises VaultError if ``vault`` is the encrypted file and AWSPROF_PASSPHRASE is no use for it.

    For callers that ask several questions before they write to the vault. Asks nothing itself; a
    vault that does not exist yet needs a passphrase of 12 characters or more.
    """
    if vault.backend == encrypted_file_store.ID:
        encrypted_file_store.EncryptedFileStore(NonInteractive("")).check_variable()


def returns_secret(vault: Vault, key_id: str, secret: Secret) -> bool:
    """True if ``vault`` has ``secret`` under that name, so that another copy is not the only one.

    Raises VaultError if the vault cannot be used.
    """
    return vault.holds(key_id) and vault.get(key_id) == secret


class StoreVault:
    """A Vault over a store; records the access keys that it stores and deletes in the index."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def title(self) -> str:
        """The display name of the store."""
        return self._store.title

    @property
    def backend(self) -> str:
        """The stable ID of the store."""
        return self._store.id

    def get(self, key_id: str) -> Secret:
        """Returns the secret of that name. Raises SecretNotFound, with its date if indexed."""
        text = self._text(key_id)
        if text is None:
            raise self._missing(key_id)
        return Secret(text)

    def put(self, key_id: str, secret: Secret) -> None:
        """Stores ``secret``. Raises VaultError if reading it back returns something else."""
        text = secret.reveal()
        self._store.ready(create=True)
        with vault_lock("writing"):
            if self._store.get(SERVICE, key_id) != text:
                key_answers.drop_answers()
                self._set_and_read_back(key_id, text)
        if is_long_term(key_id):
            Index.load().record(key_id, backend=self.backend)

    def _set_and_read_back(self, key_id: str, text: str) -> None:
        """Stores the text; deletes it and raises VaultError if the store returns another."""
        self._store.set(SERVICE, key_id, text)
        if self._store.get(SERVICE, key_id) == text:
            return
        with suppress(VaultError):
            self._store.delete(SERVICE, key_id)
        raise VaultError(
            f"{sentence_start(self.title)} took the secret of {key_id} but returned a different"
            " one.",
            "awsprof settings vault chooses another place for secrets",
        )

    def delete(self, key_id: str) -> None:
        """Deletes the secret of that name, also from the index. Raises SecretNotFound."""
        self._store.ready(create=False)
        with vault_lock("writing"):
            missing = self._store.get(SERVICE, key_id) is None
            if not missing:
                key_answers.drop_answers()
                self._store.delete(SERVICE, key_id)
        if missing:
            raise self._missing(key_id)
        noted = Index.load().find(key_id)
        if noted is not None and noted.backend == self.backend:  # otherwise another backend has it
            Index.load().forget(key_id)

    def holds(self, key_id: str) -> bool:
        """True if there is a secret of that name."""
        return self._text(key_id) is not None

    def _text(self, key_id: str) -> str | None:
        self._store.ready(create=False)
        with vault_lock("reading"):
            return self._store.get(SERVICE, key_id)

    def _missing(self, key_id: str) -> VaultError:
        noted = Index.load_or_empty().find(key_id)
        if noted is not None and noted.backend != self.backend:
            # Not SecretNotFound: the secret exists, in a keyring that is not in use now.
            return VaultError(
                f"The secret of {key_id} is in {title_of(noted.backend)}, but awsprof now uses"
                f" {self.title}.",
                "run this where that keyring works (in your desktop session); to see what is wrong"
                f" with it: awsprof settings vault {noted.backend}",
            )
        lost = f"; it was stored on {noted.since:%Y-%m-%d}" if noted else ""
        return SecretNotFound(
            f"{sentence_start(self.title)} holds no secret of {key_id}{lost}.",
            "add the key again: awsprof setup keys (if you no longer have the secret, create a new"
            " key)",
        )


def move_secrets(
    source: Vault,
    target: Vault,
    names: Sequence[str],
    switch: Callable[[], object] = lambda: None,
    note: Callable[[tuple[str, ...], tuple[str, ...]], object] = lambda moved, kept: None,
) -> tuple[str, ...]:
    """Moves the secrets of ``names``, all or none; returns the names that were moved.

    Calls ``note`` with all names, and those that ``target`` already holds, before copying. Copies
    each secret and reads it back, then calls ``switch`` (undoing that is up to the caller), and
    only then deletes from ``source``. A name that only ``target`` holds was moved by an earlier
    attempt. A failure restores both vaults.
    """
    if source.backend == target.backend:
        return ()
    secrets = {n: source.get(n) for n in names if source.holds(n) or not target.holds(n)}
    before = {n: target.get(n) if target.holds(n) else None for n in secrets}
    note(tuple(secrets), tuple(name for name, former in before.items() if former is not None))
    try:
        for name, secret in secrets.items():
            target.put(name, secret)
        switch()
        for name in secrets:
            source.delete(name)
    except KeyboardInterrupt:
        _put_back(source, target, secrets, before)
        raise
    except AwsprofError as exc:
        stuck = _put_back(source, target, secrets, before)
        remain = f" Copies remain in {target.title}: {', '.join(stuck)}." if stuck else ""
        raise VaultError(
            f"Nothing was moved from {source.title} to {target.title}: {exc.message}{remain}",
            exc.fix,
        ) from exc
    return tuple(secrets)


def _put_back(
    source: Vault, target: Vault, secrets: dict[str, Secret], before: dict[str, Secret | None]
) -> list[str]:
    """Restores both vaults; returns the names that could not be removed from ``target``."""
    stuck = []
    for name, secret in secrets.items():
        try:
            source.put(name, secret)  # first, so that a secret is always somewhere
            former = before[name]
            if former is not None:
                target.put(name, former)
            elif target.holds(name):
                target.delete(name)
        except AwsprofError:
            stuck.append(name)
    return stuck
