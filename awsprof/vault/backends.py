"""Chooses the keyring that stores secrets, and refuses backends that do not keep them safe.

In this order: awsprof's own setting, PYTHON_KEYRING_BACKEND, keyringrc.cfg, the system's keyring,
the encrypted file. System keyrings are tried by name, because `keyring` itself would choose a
chainer as soon as two are usable, or a plug-in that only serves some package index.
"""

import contextlib
import importlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from awsprof import paths
from awsprof.errors import VaultError
from awsprof.prompting import Prompter
from awsprof.shells import unset_variables
from awsprof.text import sanitize
from awsprof.vault import encrypted_file_store, secret_service
from awsprof.vault.chunked_store import ChunkedStore
from awsprof.vault.encrypted_file_store import EncryptedFileStore
from awsprof.vault.keyring_store import (
    PATIENT_S,
    UNATTENDED_S,
    KeyringStore,
    Store,
    shared_timeout,
    with_timeout,
)

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# Choosing asks only the bus, so only a dead bus reaches this limit, not a busy machine.
_CHOICE_S: Final = 10.0
_VARIABLE: Final = "PYTHON_KEYRING_BACKEND"
_WINDOWS: Final = "keyring.backends.Windows.WinVaultKeyring"
_TITLES: Final = {
    secret_service.CLASS: secret_service.TITLE,
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    _WINDOWS: "Windows Credential Locker",
}
_NATIVE: Final = {
    "darwin": ("keyring.backends.macOS.Keyring",),
    "win32": (_WINDOWS,),
}
_NATIVE_ELSEWHERE: Final = (secret_service.CLASS, "keyring.backends.kwallet.DBusKeyring")
_OURS: Final = "awsprof.vault.encrypted_file.EncryptedFileKeyring"
_REFUSED: Final = (
    ("keyring.backends.null.", "keeps nothing"),
    ("keyring.backends.fail.", "keeps nothing"),
    ("keyring.backends.chainer.", "spreads secrets over several keyrings"),
)


@dataclass(frozen=True)
class BackendChoice:
    """A backend for secrets. ``id`` is a value of the setting `vault`; ``reason`` if unusable."""

    id: str
    title: str
    usable: bool
    reason: str = ""


def choose_backend(prompter: Prompter, setting: str, *, patient: bool) -> Store:
    """Returns the store for ``setting``: "auto", "keyring", "file", or the class name of a
    backend.
    """
    if setting == encrypted_file_store.ID:
        return EncryptedFileStore(prompter)
    _import_keyring()
    with shared_timeout():
        backend = with_timeout(_CHOICE_S, lambda: _backend(setting), "The keyring")
    limit_s = PATIENT_S if patient else UNATTENDED_S
    if backend is None or class_of(backend) == _OURS:
        return EncryptedFileStore(prompter)
    return _store(backend, limit_s=limit_s, patient=patient)


def available_backends() -> tuple[BackendChoice, ...]:
    """Returns every backend for this platform, with the reason if it is unusable."""
    _import_keyring()
    return with_timeout(_CHOICE_S, _available, "The keyring")


def _import_keyring() -> None:
    """Imports `keyring` before a timeout starts: on a busy machine the import alone takes seconds.

    So do its backends, with the modules that call the bus or the system.
    """
    import keyring.core  # noqa: F401

    for name in _NATIVE.get(sys.platform, _NATIVE_ELSEWHERE):
        with contextlib.suppress(Exception):  # `_try` gives the reason
            importlib.import_module(name.rpartition(".")[0])


def class_of(backend: "KeyringBackend") -> str:
    """Returns the dotted class name of a backend: its ID, also in the index."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def title_of(id_: str) -> str:
    """Returns the display name of the backend with that ID, usable or not."""
    return "the encrypted file" if id_ == encrypted_file_store.ID else _TITLES.get(id_, id_)


def _store(backend: "KeyringBackend", *, limit_s: float, patient: bool) -> Store:
    id_ = class_of(backend)
    title = _title(id_)
    if id_ == secret_service.CLASS:
        backend = secret_service.with_limits(backend, limit_s=limit_s, patient=patient, title=title)
        # The backend's own limit expires first, so that no thread is left behind.
        return KeyringStore(backend, id_=id_, title=title, limit_s=limit_s + 0.5)
    if id_ == _WINDOWS:
        return ChunkedStore(
            KeyringStore(backend, id_=id_, title=title, limit_s=limit_s, delete_first=True)
        )
    return KeyringStore(backend, id_=id_, title=title, limit_s=limit_s)


def _title(id_: str) -> str:
    if id_ == secret_service.CLASS:
        with contextlib.suppress(VaultError):  # the next call reports what is wrong
            return with_timeout(UNATTENDED_S, secret_service.secret_service_title, _TITLES[id_])
    return title_of(id_)


def _backend(setting: str) -> "KeyringBackend | None":
    """Returns the `keyring` backend; None means the encrypted file."""
    if setting not in ("auto", "keyring"):
        return _load(setting, "the setting vault")
    named = os.environ.get(_VARIABLE)
    if named:
        return _load(named, _VARIABLE)
    configured = _configured()
    if configured is not None:
        return configured
    found, reasons = _native()
    if found or setting == "auto":
        return found
    raise VaultError(
        f"No usable keyring was found ({'; '.join(reasons)}).",
        "awsprof settings vault file keeps secrets in an encrypted file",
    )


def _native() -> "tuple[KeyringBackend | None, list[str]]":
    """Returns the system's keyring with the highest priority, or the reasons why there is none."""
    found: list[KeyringBackend] = []
    reasons = []
    for name in _NATIVE.get(sys.platform, _NATIVE_ELSEWHERE):
        backend, reason = _try(name)
        if backend is None:
            reasons.append(f"{_TITLES[name]}: {reason}")
        else:
            found.append(backend)
    return max(found, key=lambda backend: float(backend.priority), default=None), reasons


def _try(name: str) -> "tuple[KeyringBackend | None, str]":
    from keyring.core import load_keyring

    try:
        return load_keyring(name), ""
    except Exception as exc:  # backends raise anything if they lack something
        return None, sanitize(str(exc), 160).rstrip(".") or type(exc).__name__


def _load(name: str, source: str) -> "KeyringBackend":
    from keyring.core import load_keyring

    _check_allowed(name, source)  # first: loading a chainer loads all the others
    try:
        backend = load_keyring(name)
    except (ImportError, AttributeError, ValueError, TypeError) as exc:
        raise VaultError(
            f"{source} names {sanitize(name, 100)}, which is not an installed keyring backend.",
            _fix_for(source),
        ) from exc
    except Exception as exc:
        raise VaultError(
            f"{source} names {sanitize(name, 100)}, which cannot be used here:"
            f" {sanitize(str(exc), 160).rstrip('.')}.",
            _fix_for(source),
        ) from exc
    return _accepted(backend, source)


def _configured() -> "KeyringBackend | None":
    from keyring.core import load_config
    from keyring.util import platform_

    source = f"{platform_.config_root()}/keyringrc.cfg"
    try:
        backend = load_config()
    except Exception as exc:
        raise VaultError(
            f"{source} does not name a usable keyring: {sanitize(str(exc), 160).rstrip('.')}.",
            _fix_for(source),
        ) from exc
    return None if backend is None else _accepted(backend, source)


def _accepted(backend: object, source: str) -> "KeyringBackend":
    from keyring.backend import KeyringBackend

    if not isinstance(backend, KeyringBackend):
        raise VaultError(
            f"{source} names {type(backend).__name__}, which is not a keyring backend.",
            _fix_for(source),
        )
    _check_allowed(class_of(backend), source)
    return backend


def _check_allowed(id_: str, source: str) -> None:
    why = next((why for start, why in _REFUSED if id_.startswith(start)), "")
    if "plaintext" in id_.rpartition(".")[2].lower():  # as in keyrings.alt and others
        why = "keeps secrets as plain text"
    if why:
        raise VaultError(f"{source} chooses {sanitize(id_, 100)}, which {why}.", _fix_for(source))


def _fix_for(source: str) -> str:
    if source == _VARIABLE:
        unset = unset_variables(_VARIABLE)
        return f"{unset}, or `awsprof settings vault file` for an encrypted file"
    if source == "the setting vault":
        return "awsprof settings vault auto, or file for an encrypted file"
    return f"fix {source}, or `awsprof settings vault file` for an encrypted file"


def _available() -> tuple[BackendChoice, ...]:
    choices = []
    for name in _NATIVE.get(sys.platform, _NATIVE_ELSEWHERE):
        backend, reason = _try(name)
        title = _TITLES[name] if backend is None else _title(name)
        choices.append(BackendChoice(name, title, backend is not None, reason))
    file_title = f"the encrypted file {paths.display_path(paths.vault_file())}"
    choices.append(BackendChoice(encrypted_file_store.ID, file_title, usable=True))
    return tuple(choices)
