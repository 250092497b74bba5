"""Calls the system keyring with a timeout, and turns its exceptions into VaultErrors.

A frozen keyring daemon, or an unanswered prompt, would block the caller forever. So each call runs
in a daemon thread that is abandoned after the limit. Every exception of `keyring` and the
libraries below it becomes a VaultError here, and nowhere else.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from awsprof import locks, paths
from awsprof.errors import AwsprofError, VaultError
from awsprof.failure_sharing import SharedFailure, command_start
from awsprof.text import sanitize

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

UNATTENDED_S: Final = 2.0
_UNUSABLE: Final = "keyring-unusable"  # the doctor check for it
_GRACE_S: Final = 0.6
PATIENT_S: Final = 120.0  # time to find and type the keyring's password
# Results of Security.framework that `keyring` passes on as numbers ("Security Framework Result
# Codes"): errSecInteractionNotAllowed; errSecAuthFailed and errSecCSInfoPlistFailed.
_KEYCHAIN_LOCKED: Final = -25308
_KEYCHAIN_REFUSED: Final = frozenset({-25293, -67030})

T = TypeVar("T")


@contextmanager
def vault_lock(doing: str) -> Iterator[None]:
    """Holds the lock across processes that every call of a store needs, reads included.

    gnome-keyring 42 crashes under concurrent reads. Raises LockTimeout if another process keeps
    the lock while writing. If the keyring hangs, only one process waits for it; the others that
    wait for the lock get the same error at once.
    """
    failure = _shared_failure()
    lock = locks.hold_lock(_lock_file(), purpose=f"{doing} the vault", needed=doing != "reading")
    with lock, shared_timeout(failure):
        yield


@contextmanager
def shared_timeout(failure: SharedFailure | None = None) -> Iterator[None]:
    """Raises at once if another process that waited found the keyring hanging, or tells the others.

    ``failure`` was created before this process began to wait for a lock, if it did.
    """
    failure = failure or _shared_failure()
    failure.raise_known()
    try:
        yield
    except VaultError as exc:
        if exc.code == _UNUSABLE:
            failure.note(exc)
        raise


def _shared_failure() -> SharedFailure:
    return SharedFailure(_lock_file(), command_start())


def _lock_file() -> Path:
    return paths.locks_dir() / "vault.lock"


class Store(Protocol):
    """Texts by service and user, the layer below the vault. Raises only AwsprofErrors."""

    @property
    def id(self) -> str:
        """A stable ID and value of the setting `vault`: "file" or a keyring backend's class."""
        ...

    @property
    def title(self) -> str:
        """The display name."""
        ...

    def ready(self, *, create: bool) -> None:
        """Prompts for what unlocks the store. Call it without holding a lock."""
        ...

    def get(self, service: str, user: str) -> str | None:
        """Returns the text; None if there is none."""
        ...

    def set(self, service: str, user: str, text: str) -> None:
        """Stores ``text``, replacing a former one."""
        ...

    def delete(self, service: str, user: str) -> None:
        """Deletes the text, if there is one."""
        ...


class KeyringStore:
    """A store over a `keyring` backend."""

    def __init__(
        self,
        backend: "KeyringBackend",
        *,
        id_: str,
        title: str,
        limit_s: float = UNATTENDED_S,
        delete_first: bool = False,
    ) -> None:
        self._backend = backend
        self.id = id_
        self.title = title
        self._limit_s = limit_s
        self._delete_first = delete_first

    def ready(self, *, create: bool) -> None:
        """Does nothing: a keyring unlocks itself, or prompts in its own window."""

    def get(self, service: str, user: str) -> str | None:
        """Returns the text; None if there is none."""
        found = self._limited(lambda: self._backend.get_password(service, user))
        if found is not None and not isinstance(found, str):
            raise VaultError(
                f"{self.title} returned something that is not text.",
                "awsprof settings vault chooses another place for secrets",
            )
        return found

    def set(self, service: str, user: str, text: str) -> None:
        """Stores ``text``, replacing a former one."""
        if self._delete_first:
            self.delete(service, user)
        try:
            self._limited(lambda: self._backend.set_password(service, user, text))
        except VaultError as exc:
            if text in f"{exc}{exc.__cause__!r}":  # the backend's error quotes the secret
                raise VaultError(f"{self.title} did not keep the secret.", exc.fix) from None
            raise

    def delete(self, service: str, user: str) -> None:
        """Deletes the text. Some backends delete only one of several entries with that name."""
        for _ in range(10):
            if self.get(service, user) is None:
                return
            self._limited(lambda: self._backend.delete_password(service, user))
        raise VaultError(
            f"{self.title} still holds {user} after it was deleted.",
            "delete the entry in the keyring's own program",
        )

    def _limited(self, call: Callable[[], T]) -> T:
        return with_timeout(self._limit_s, call, self.title)


def with_timeout(seconds: float, call: Callable[[], T], title: str) -> T:
    """Returns what ``call`` returns within ``seconds``; raises VaultError if it fails or is late.

    A late call's thread is abandoned; it does not keep the process alive. On Ctrl-C the call gets
    another 0.6 seconds to finish: a write that lands after the rollback would stay.
    """
    results: list[T] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            results.append(call())
        except BaseException as exc:
            failures.append(exc)
        finally:
            done.set()

    threading.Thread(target=work, name="awsprof-keyring", daemon=True).start()
    try:
        answered = done.wait(seconds)
    except KeyboardInterrupt:
        done.wait(_GRACE_S)
        raise
    if not answered:
        raise _no_answer(title, seconds)
    if failures:
        failure = failures.pop()
        if isinstance(failure, AwsprofError):
            raise failure
        if isinstance(failure, TimeoutError):
            raise _no_answer(title, seconds) from failure
        raise wrap_error(failure, title) from failure
    return results.pop()


def _no_answer(title: str, seconds: float) -> VaultError:
    return VaultError(
        f"{title} did not answer within {seconds:.0f} seconds.",
        "answer the window in which it asks for its password, or restart it (sign out of the"
        " desktop and in again), and run this again",
        code=_UNUSABLE,
    )


def locked_error(title: str) -> VaultError:
    """Returns the error for a locked keyring."""
    return VaultError(
        f"{title} is locked.",
        "unlock it: run `awsprof doctor` in a terminal of your desktop and enter its password",
    )


def _keychain_error(exc: BaseException, title: str) -> VaultError | None:
    """Returns the error for a result of macOS's Keychain that `keyring` has no exception for."""
    result = next(iter(exc.__cause__.args), None) if exc.__cause__ is not None else None
    if not isinstance(result, int):
        return None
    if result == _KEYCHAIN_LOCKED:
        return VaultError(f"{title} is locked.", "unlock it: security unlock-keychain")
    if result in _KEYCHAIN_REFUSED:
        return VaultError(
            f"{title} does not let this Python read or write the secret.",
            "allow it in Keychain Access, at the entry named awsprof, or reinstall awsprof with"
            " another Python",
        )
    return None


# Errors of secretstorage. ItemNotFoundException: the daemon stopped or restarted between two calls.
_UNREACHABLE: Final = frozenset(
    {"SecretServiceNotAvailableException", "ItemNotFoundException", "DBusErrorResponse"}
)


def wrap_error(exc: BaseException, title: str) -> VaultError:
    """Translates ``exc``, from whichever library, into a VaultError with a fix."""
    from keyring.errors import (
        InitError,
        KeyringLocked,
        NoKeyringError,
        PasswordDeleteError,
        PasswordSetError,
    )

    known = _keychain_error(exc, title)
    if known is not None:
        return known
    kind = type(exc).__name__  # by name: secretstorage exists on Linux only
    detail = sanitize(str(exc), 160).rstrip(".") or kind
    if isinstance(exc, KeyringLocked) or kind in ("LockedException", "PromptDismissedException"):
        return locked_error(title)
    if isinstance(exc, NoKeyringError):
        return VaultError(
            "`keyring` found no keyring on this machine.",
            "awsprof settings vault file keeps secrets in an encrypted file",
        )
    if isinstance(exc, PasswordSetError | PasswordDeleteError):
        verb = "keep" if isinstance(exc, PasswordSetError) else "delete"
        return VaultError(
            f"{title} refused to {verb} the secret: {detail}.",
            "check in the keyring's own program that it can be written to",
        )
    if isinstance(exc, InitError | OSError | RuntimeError | KeyError) or kind in _UNREACHABLE:
        return VaultError(
            f"{title} cannot be reached: {detail}.",
            "run this again from your desktop session; on a machine without one,"
            " awsprof settings vault file",
        )
    return VaultError(
        f"{title} failed ({kind}: {detail}).",
        "awsprof settings vault chooses another place for secrets",
    )
