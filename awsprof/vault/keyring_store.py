"""How a keyring of the system is called: limited in time, with its errors made ours.

A frozen keyring daemon, or a prompt that nobody answers, would hang a caller for ever; so each
call runs in a thread of its own that nobody waits for longer than the limit, or at exit. Every
exception of `keyring` and of what it stands on becomes a VaultError here, and nowhere else.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from awsprof import locks, paths
from awsprof.errors import AwsprofError, VaultError
from awsprof.failure_sharing import SharedFailure, command_start
from awsprof.text import sanitize

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

UNATTENDED_S: Final = 2.0
_SILENT: Final = "keyring-unusable"  # the check that would find it
_GRACE_S: Final = 0.5
PATIENT_S: Final = 120.0  # a person finds and types the keyring's password

T = TypeVar("T")


@contextmanager
def vault_lock(doing: str) -> Iterator[None]:
    """The one lock across processes under which every call of a store stands, reads too.

    gnome-keyring 42 crashes under concurrent reads. Busy where another goes on holding it. A
    keyring that hangs is waited for by one of those who want it, and the others are told.
    """
    lock = paths.locks_dir() / "vault.lock"
    failure = SharedFailure(lock, command_start())
    with locks.hold_lock(lock, purpose=f"{doing} the vault", needed=doing != "reading"):
        failure.raise_known()
        try:
            yield
        except VaultError as exc:
            if exc.code == _SILENT:
                failure.note(exc)
            raise


class Store(Protocol):
    """Texts by service and user: what the vault is made over. Raises AwsprofErrors only."""

    @property
    def id(self) -> str:
        """Stable, and a value of the setting `vault`: "file" or the class of a keyring backend."""
        ...

    @property
    def title(self) -> str:
        """For people."""
        ...

    def ready(self, *, create: bool) -> None:
        """Ask a person for what opens it, before anyone's lock is held."""
        ...

    def get(self, service: str, user: str) -> str | None:
        """The text, None where there is none."""
        ...

    def set(self, service: str, user: str, text: str) -> None:
        """Keep ``text``, in place of a former one."""
        ...

    def delete(self, service: str, user: str) -> None:
        """Forget the text, where there is one."""
        ...


class KeyringStore:
    """A backend of `keyring` as a store."""

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
        """A keyring opens itself, or asks by a window of its own."""

    def get(self, service: str, user: str) -> str | None:
        """The text, None where there is none."""
        found = self._limited(lambda: self._backend.get_password(service, user))
        if found is not None and not isinstance(found, str):
            raise VaultError(
                f"{self.title} answered with something that is no text.",
                "awsprof settings vault chooses another place for secrets",
            )
        return found

    def set(self, service: str, user: str, text: str) -> None:
        """Keep ``text``, in place of a former one."""
        if self._delete_first:
            self.delete(service, user)
        try:
            self._limited(lambda: self._backend.set_password(service, user, text))
        except VaultError as exc:
            if text in f"{exc}{exc.__cause__!r}":  # a backend that quotes what it was given
                raise VaultError(f"{self.title} did not keep the secret.", exc.fix) from None
            raise

    def delete(self, service: str, user: str) -> None:
        """Forget the text. Some backends forget one of several of that name at a time."""
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
    """What ``call`` returns, within ``seconds``; VaultError for whatever it raises, or no answer.

    After that its thread is left to itself; it does not keep the process from ending. Where a
    signal interrupts the waiting, the call is let come to its end for half a second: a write that
    landed after everything was put back would stay.
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
        code=_SILENT,
    )


def locked_error(title: str) -> VaultError:
    """The error of a keyring that a person must open."""
    return VaultError(
        f"{title} is locked.",
        "unlock it: run `awsprof doctor` in a terminal of your desktop, and give its password",
    )


def wrap_error(exc: BaseException, title: str) -> VaultError:
    """``exc``, whichever library raised it, in our words and with the one thing to do."""
    from keyring.errors import (
        InitError,
        KeyringLocked,
        NoKeyringError,
        PasswordDeleteError,
        PasswordSetError,
    )

    kind = type(exc).__name__  # secretstorage's by name: it is here on Linux only
    detail = sanitize(str(exc), 160).rstrip(".") or kind
    if isinstance(exc, KeyringLocked) or kind in ("LockedException", "PromptDismissedException"):
        return locked_error(title)
    if isinstance(exc, NoKeyringError):
        return VaultError(
            "`keyring` finds no keyring on this machine.",
            "awsprof settings vault file keeps secrets in an encrypted file",
        )
    if isinstance(exc, PasswordSetError | PasswordDeleteError):
        verb = "keep" if isinstance(exc, PasswordSetError) else "delete"
        return VaultError(
            f"{title} refused to {verb} the secret: {detail}.",
            "see in the keyring's own program whether it may be written to",
        )
    # ItemNotFoundException: the daemon went away, or a new one came, between two calls.
    if isinstance(exc, InitError | OSError | RuntimeError | KeyError) or kind in (
        "SecretServiceNotAvailableException",
        "ItemNotFoundException",
        "DBusErrorResponse",
    ):
        return VaultError(
            f"{title} cannot be reached: {detail}.",
            "run this again from your desktop session; on a machine without one,"
            " awsprof settings vault file",
        )
    return VaultError(
        f"{title} failed ({kind}: {detail}).",
        "awsprof settings vault chooses another place for secrets",
    )
