"""How any room asks a person for something: the protocol, and the one that asks nobody.

Who asks is passed in (the wizard, /dev/tty, a test), so that no room below the doors prompts.
"""

from typing import Protocol

from awsprof.errors import PersonNeeded
from awsprof.secret import Secret


class Asker(Protocol):
    """Asks a person. Each method raises PersonNeeded where nobody can be asked."""

    def code(self, *, profile: str, device: str) -> str:
        """The six digits that ``device`` (an mfa_serial) shows now, to sign ``profile`` in."""
        ...

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        """A passphrase, typed unseen; ``twice`` asks again and compares."""
        ...

    def show(self, message: str) -> None:
        """Tell the person something that they must act on (a URL and code to approve)."""
        ...


class Nobody:
    """The Asker where there is no person: every question fails at once, with ``fix``."""

    def __init__(self, fix: str = "run the command in a terminal") -> None:
        self._fix = fix

    def code(self, *, profile: str, device: str) -> str:
        raise PersonNeeded(
            f"{profile} needs a code of the MFA device {device}, and nobody can be asked here.",
            self._fix,
            code="mfa-needed",
        )

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        raise PersonNeeded(
            f"{purpose} needs a passphrase, and nobody can be asked here.", self._fix
        )

    def show(self, message: str) -> None:
        raise PersonNeeded("A person must sign in, and nobody can be asked here.", self._fix)
