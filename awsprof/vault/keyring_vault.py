"""The vault: long-term secrets, by name, in the keyring that was chosen.

An access key's secret stands under its key id; other rooms may keep texts under names of their
own ("history/..."), which the index does not list. Every call stands under one lock across
processes; what is put is read back and compared. How keyrings are called is in ``stores``, which
one is chosen in ``backends``. Nothing here knows what AWS is.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from awsprof.errors import AwsprofError, FileError, SecretNotFound, VaultError
from awsprof.prompting import Prompter
from awsprof.secret import Secret
from awsprof.vault.backends import BackendChoice, available_backends, choose_backend, title_of
from awsprof.vault.hardening import protect_process
from awsprof.vault.index import Index
from awsprof.vault.keyring_store import Store, vault_lock

__all__ = [
    "BackendChoice",
    "KeyringVault",
    "Vault",
    "available_backends",
    "move_secrets",
    "open_vault",
]

SERVICE: Final = "awsprof"
_ACCESS_KEY: Final = re.compile(r"AKIA[A-Z0-9]{12,124}\Z")  # IAM: a long-term key's id


class Vault(Protocol):
    """Where secrets are kept, by name. Every method raises VaultError where it cannot be used."""

    @property
    def title(self) -> str:
        """What people know it as: "GNOME Keyring", "encrypted file /home/…"."""
        ...

    @property
    def backend(self) -> str:
        """Its stable id, for the index and the setting `vault`."""
        ...

    def get(self, key_id: str) -> Secret:
        """The secret of that name; SecretNotFound where the vault works and has none.

        A plain VaultError where the index knows that another keyring holds it.
        """
        ...

    def put(self, key_id: str, secret: Secret) -> None:
        """Keep ``secret``, in place of a former one; it was read back when this returns."""
        ...

    def delete(self, key_id: str) -> None:
        """Forget the secret; SecretNotFound where there is none."""
        ...

    def holds(self, key_id: str) -> bool:
        """Whether there is a secret of that name."""
        ...


def open_vault(
    prompter: Prompter, setting: str = "auto", *, patient: bool = False, ours: bool = True
) -> Vault:
    """The vault that ``setting`` chooses: "auto", "keyring", "file", or a backend's class.

    ``patient`` says that a person sits there: a keyring may then ask for its password in its own
    window, and is waited for. Else no window is raised, and no call takes longer than 2 seconds.
    ``ours`` says that this process is awsprof: it is then closed to other programs and leaves no
    core dump. A program that only uses awsprof decides that for itself.
    """
    if ours:
        protect_process()
    return KeyringVault(choose_backend(prompter, setting, patient=patient))


class KeyringVault:
    """The Vault over a store; what it puts and deletes of access keys is noted in the index."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def title(self) -> str:
        """What people know it as."""
        return self._store.title

    @property
    def backend(self) -> str:
        """Its stable id."""
        return self._store.id

    def get(self, key_id: str) -> Secret:
        """The secret of that name. SecretNotFound says where it went, as far as is known."""
        text = self._text(key_id)
        if text is None:
            raise self._missing(key_id)
        return Secret(text)

    def put(self, key_id: str, secret: Secret) -> None:
        """Keep ``secret``; VaultError where it is not what is read back."""
        text = secret.reveal()
        self._store.ready(create=True)
        with vault_lock("writing"):
            if self._store.get(SERVICE, key_id) != text:
                self._store.set(SERVICE, key_id, text)
                if self._store.get(SERVICE, key_id) != text:
                    with suppress(VaultError):
                        self._store.delete(SERVICE, key_id)
                    raise VaultError(
                        f"{self.title} took the secret of {key_id}, but gave another one back.",
                        "awsprof settings vault chooses another place for secrets",
                    )
        if _ACCESS_KEY.match(key_id):
            Index.load().record(key_id, backend=self.backend)

    def delete(self, key_id: str) -> None:
        """Forget the secret of that name, and see that it is gone."""
        self._store.ready(create=False)
        with vault_lock("writing"):
            missing = self._store.get(SERVICE, key_id) is None
            if not missing:
                self._store.delete(SERVICE, key_id)
        if missing:
            raise self._missing(key_id)
        noted = Index.load().find(key_id)
        if noted is not None and noted.backend == self.backend:  # else it was moved elsewhere
            Index.load().forget(key_id)

    def holds(self, key_id: str) -> bool:
        """Whether there is a secret of that name."""
        return self._text(key_id) is not None

    def _text(self, key_id: str) -> str | None:
        self._store.ready(create=False)
        with vault_lock("reading"):
            return self._store.get(SERVICE, key_id)

    def _missing(self, key_id: str) -> VaultError:
        try:
            noted = Index.load().find(key_id)
        except FileError:  # the entry is missing in any case
            noted = None
        if noted is not None and noted.backend != self.backend:
            # No SecretNotFound: the secret is there, in a keyring that could not be used just now.
            return VaultError(
                f"The secret of {key_id} is kept in {title_of(noted.backend)}, and now"
                f" {self.title} is used.",
                "run this where that keyring is (in your desktop session), or"
                f" `awsprof settings vault {noted.backend}` tells what is wrong with it",
            )
        lost = f"; it was put there on {noted.since:%Y-%m-%d}" if noted else ""
        return SecretNotFound(
            f"{self.title} holds no secret of {key_id}{lost}.",
            "add the key again: awsprof setup keys; AWS shows a secret only"
            " once, so where nobody has it make a new key",
        )


def move_secrets(
    source: Vault,
    target: Vault,
    names: Sequence[str],
    switch: Callable[[], object] = lambda: None,
    note: Callable[[tuple[str, ...], tuple[str, ...]], object] = lambda moved, kept: None,
) -> tuple[str, ...]:
    """Move the secrets of ``names``: all of them, or none; returns those that were moved.

    ``note`` is told all names, and those that ``target`` holds already, before anything is copied.
    Each is copied and read back, then ``switch`` is called (what it did is the caller's to put
    back), and only then the first is deleted from ``source``. A name that only
    ``target`` holds was moved by an earlier attempt. Where it fails, everything is put back.
    """
    if source.backend == target.backend:
        return ()
    secrets = {n: source.get(n) for n in names if source.holds(n) or not target.holds(n)}
    before = {n: target.get(n) if target.holds(n) else None for n in secrets}
    note(tuple(secrets), tuple(name for name, held in before.items() if held is not None))
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
        told = f" Still to be found in {target.title} too: {', '.join(stuck)}." if stuck else ""
        raise VaultError(
            f"Nothing was moved from {source.title} to {target.title}: {exc.message}{told}",
            exc.fix,
        ) from exc
    return tuple(secrets)


def _put_back(
    source: Vault, target: Vault, secrets: dict[str, Secret], before: dict[str, Secret | None]
) -> list[str]:
    """As it was before; the names of those that ``target`` could not be rid of."""
    stuck = []
    for name, secret in secrets.items():
        try:
            source.put(name, secret)  # first: a secret is nowhere at no time
            former = before[name]
            if former is not None:
                target.put(name, former)
            elif target.holds(name):
                target.delete(name)
        except AwsprofError:
            stuck.append(name)
    return stuck
