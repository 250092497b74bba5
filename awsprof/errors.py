"""Every exception that awsprof raises, and the exit code of each.

A message says in one sentence what failed and why; ``fix`` says what to do about it.
``cli.main`` prints both. This module imports nothing, and no exception ever carries a secret.

Exit codes: 0 success; 1 findings; 2 wrong usage; 3 failed, or the output could not be written; 4
you must sign in or give an MFA code; 5 the vault cannot be used; 6 written, but the disk did not
confirm it; 128 plus the signal's number if a signal ended the command (130 Ctrl-C, 129 SIGHUP, 143
SIGTERM).
"""

INTERRUPTED = 130  # the exit code after Ctrl-C: 128 and SIGINT's number


class AwsprofError(Exception):
    """Base class: what failed and why (``message``), and how to fix it (``fix``).

    ``exit_code`` is the exit code of a command that ends with this error; ``code`` is AWS's error
    code or a doctor check ID, empty if there is none.
    """

    exit_code = 3

    def __init__(self, message: str, fix: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.code = code

    @property
    def line(self) -> str:
        """Message and fix in one line, for SDKs that pass on what a credential process says."""
        return f"{self.message} To fix it: {self.fix}" if self.fix else self.message


class UsageError(AwsprofError):
    """An argument cannot be used: a wrong flag, name, ARN or value.

    ``field`` is the field of a kind of profile that is wrong, empty if it is not known.
    """

    exit_code = 2

    def __init__(self, message: str, fix: str = "", *, code: str = "", field: str = "") -> None:
        super().__init__(message, fix, code=code)
        self.field = field


class UnknownProfile(UsageError):
    """There is no profile or sso-session of that name."""


class EditRefused(AwsprofError):
    """The edit would lose something; the file is unchanged."""


class FileError(AwsprofError):
    """A file of AWS's or ours cannot be read, parsed or written; its content is safe."""


class LockTimeout(AwsprofError):
    """Another process held the lock until the timeout."""


class CredentialsError(AwsprofError):
    """AWS, or a program that should return credentials, refused; ``code`` says why."""


class InteractionRequired(AwsprofError):
    """Somebody must sign in or enter a code, and awsprof cannot prompt here."""

    exit_code = 4


class VaultError(AwsprofError):
    """The vault, where secrets are stored, cannot be used."""

    exit_code = 5


class SecretNotFound(VaultError):
    """The vault works but has no secret for that key."""


class DurabilityError(AwsprofError):
    """Written and visible to every program, but may not survive a power failure."""

    exit_code = 6
