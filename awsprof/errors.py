"""Every exception that awsprof raises, and the exit code each one means.

A message says what failed and why, in one sentence; ``fix`` says what to type. The boundary in
``__main__`` prints both. Nothing here imports anything, and no exception ever carries a secret.

Exit codes: 0 well; 1 findings; 2 wrong usage; 3 it failed, or its output could not be written; 4 a
person must sign in or give a code; 5 the vault cannot be used; 6 written, but not known to be safe
on disk; 128 and a signal's number where that ended it (130 Ctrl-C, 129 SIGHUP, 143 SIGTERM).
"""

INTERRUPTED = 130  # the exit code after Ctrl-C: 128 and SIGINT's number


class AwsprofError(Exception):
    """We cannot go on: what failed and why (``message``), and how to mend it (``fix``).

    ``exit_code`` is what a command that ends so returns; ``code`` is AWS's own error code or a
    doctor's check id, where one is known.
    """

    exit_code = 3

    def __init__(self, message: str, fix: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.code = code

    @property
    def line(self) -> str:
        """Both, for what shows one line: an SDK, which passes on what its process says."""
        return f"{self.message} To fix it: {self.fix}" if self.fix else self.message


class UsageError(AwsprofError):
    """What the person gave cannot be used: a wrong flag, name, ARN or value."""

    exit_code = 2


class UnknownProfile(UsageError):
    """No profile or session bears that name."""


class EditRefused(AwsprofError):
    """An edit that could not be made without losing something; the file is untouched."""


class FileError(AwsprofError):
    """A file of AWS's or ours cannot be read, parsed or written; what it held is safe."""


class LockTimeout(AwsprofError):
    """Another process holds the lock, and went on holding it."""


class CredentialsError(AwsprofError):
    """AWS, or a program that should give credentials, refused; ``code`` says why."""


class InteractionRequired(AwsprofError):
    """Somebody must sign in or give a code, and nobody can be asked here."""

    exit_code = 4


class VaultError(AwsprofError):
    """The place where secrets are kept cannot be used."""

    exit_code = 5


class SecretNotFound(VaultError):
    """The vault works, and does not hold that key."""


class DurabilityError(AwsprofError):
    """Written, and visible to every program, but not known to survive a power cut."""

    exit_code = 6
