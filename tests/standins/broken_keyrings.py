"""Backends of `keyring` that misbehave as real ones have, each in one way.

Chosen by class name, as a person would. Their priority is below zero, so nothing picks them.
"""

import sys
import threading
from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import (
    InitError,
    KeyringLocked,
    NoKeyringError,
    PasswordDeleteError,
    PasswordSetError,
)

if sys.platform == "linux":
    from secretstorage.exceptions import (
        ItemNotFoundException,
        PromptDismissedException,
        SecretServiceNotAvailableException,
    )


class Sound(KeyringBackend):
    """Nothing wrong with it: a dictionary for the whole process."""

    priority = -2
    entries: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """The password, or None."""
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("No such password!")


class ForgetfulKeyring(Sound):
    """Takes everything and keeps nothing, as the null backend and some broken wallets do."""

    entries: ClassVar[dict[tuple[str, str], str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        """Do nothing."""


class Mangling(Sound):
    """Cuts what it is given."""

    entries: ClassVar[dict[tuple[str, str], str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep all but the last character."""
        super().set_password(service, username, password[:-1])


class Undying(Sound):
    """Says that it deleted, and did not."""

    entries: ClassVar[dict[tuple[str, str], str]] = {}

    def delete_password(self, service: str, username: str) -> None:
        """Do nothing."""


class Hanging(Sound):
    """Never answers, like a prompt that nobody sees."""

    def get_password(self, service: str, username: str) -> str | None:
        """Wait for ever."""
        threading.Event().wait()
        return None


class Numbers(Sound):
    """Answers with no text."""

    def get_password(self, service: str, username: str) -> str | None:
        """A number."""
        return 3  # type: ignore[return-value]  # that is the fault


class Quoting(Sound):
    """Repeats the secret in its error."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Refuse."""
        raise PasswordSetError(f"cannot keep {password!r}")


class PlaintextKeyring(Sound):
    """By its name, as keyrings.alt's."""


class Unfit(Sound):
    """Not for this machine, as its priority tells by raising."""

    @properties.classproperty
    def priority(cls) -> float:  # type: ignore[override]  # as keyring's own backends do
        """None here."""
        raise RuntimeError("it needs a smart card")


class Limited(Sound):
    """The Windows Credential Locker: 2,560 bytes of UTF-16, and a set that leaves the old behind.

    A second entry of a service moves the first to a name made of both.
    """

    entries: ClassVar[dict[tuple[str, str], str]] = {}
    left_behind: ClassVar[list[str]] = []

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep what is short enough."""
        if len(password.encode("utf-16-le")) > 2560:
            raise OSError(1783, "CredWrite", "The stub received bad data.")
        former = self.entries.get((service, username))
        if former is not None:
            self.left_behind.append(former)
        self.entries[service, username] = password


class Raising(Sound):
    """Raises ``failure`` whatever is asked."""

    failure: ClassVar[Exception] = RuntimeError("failed")

    def get_password(self, service: str, username: str) -> str | None:
        """Raise it."""
        raise self.failure


class Locked(Raising):
    """A person pressed Cancel, or there is no prompter."""

    failure = KeyringLocked("Failed to unlock the collection!")


class Uninitialised(Raising):
    """The daemon died between two calls."""

    failure = InitError("Failed to create the collection: gone.")


class NoBus(Raising):
    """The socket of the bus is not there."""

    failure = FileNotFoundError(2, "No such file or directory")


class None_(Raising):
    """`keyring` found nothing."""

    failure = NoKeyringError("No recommended backend was available.")


class Surprising(Raising):
    """Anything else."""

    failure = ZeroDivisionError("division by zero")


if sys.platform == "linux":  # secretstorage is installed there alone

    class Dismissed(Raising):
        """The prompt for an item was dismissed."""

        failure = PromptDismissedException("Prompt dismissed.")

    class Unavailable(Raising):
        """The daemon died, in secretstorage's words; it is no KeyringError."""

        failure = SecretServiceNotAvailableException("The name is not activatable")

    class ItemLost(Raising):
        """The same, in the middle of a call."""

        failure = ItemNotFoundException("Item does not exist!")
