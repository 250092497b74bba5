"""How any module prompts the user: the protocol, and the implementation without a user.

The prompter is passed in (the menu, /dev/tty, a test), so that no module below the CLI prompts.
"""

import unicodedata
from typing import Final, Protocol

from awsprof.errors import InteractionRequired
from awsprof.secret import Secret

_CODE_LENGTH = 6
MIN_PASSPHRASE_LENGTH: Final = 12
"""Minimum length of a new passphrase, in characters; an existing one may be shorter."""


def parse_mfa_code(text: str) -> str | None:
    """Returns the six-digit code in typed or pasted text; None if there is none.

    Spaces, hyphens and invisible characters are dropped, and digits of other scripts are converted:
    STS requires six ASCII digits.
    """
    digits = []
    for character in unicodedata.normalize("NFKC", text):
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            digits.append(str(digit))
        elif character != "\n" and unicodedata.category(character) not in {"Zs", "Pd", "Cf", "Cc"}:
            return None
    return "".join(digits) if len(digits) == _CODE_LENGTH else None


class Prompter(Protocol):
    """Prompts the user. Each method raises InteractionRequired if it cannot prompt."""

    def code(self, *, profile: str, device: str) -> str:
        """Asks for the six digits that ``device`` (an mfa_serial) shows, to sign ``profile`` in."""
        ...

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        """Asks for a passphrase without echo; ``twice`` asks again and compares."""
        ...

    def show(self, message: str) -> None:
        """Shows a message that the user must act on (a URL and code to approve)."""
        ...


class NonInteractive:
    """The Prompter without a user: every prompt fails at once and suggests ``fix``."""

    def __init__(self, fix: str = "run the command in a terminal") -> None:
        self._fix = fix

    def code(self, *, profile: str, device: str) -> str:
        raise InteractionRequired(
            f"{profile} needs a code from the MFA device {device}, and awsprof cannot prompt here.",
            self._fix,
            code="mfa-needed",
        )

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        raise InteractionRequired(
            f"{purpose} needs a passphrase, and awsprof cannot prompt here.", self._fix
        )

    def show(self, message: str) -> None:
        raise InteractionRequired("You must sign in, and awsprof cannot prompt here.", self._fix)
