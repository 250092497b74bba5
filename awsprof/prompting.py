"""How any room asks a person for something: the protocol, and the one that asks nobody.

Who asks is passed in (the wizard, /dev/tty, a test), so that no room below the doors prompts.
"""

import unicodedata
from typing import Final, Protocol

from awsprof.errors import InteractionRequired
from awsprof.secret import Secret

_CODE_LENGTH = 6
SHORTEST_PASSPHRASE: Final = 12
"""Characters that a new passphrase has at least; an old one opens its file whatever its length."""


def six_digits(text: str) -> str | None:
    """The code in what a person typed or pasted; None where there is none.

    Spaces, hyphens and invisible characters between the digits are dropped, and full-width or
    other scripts' digits are taken for what they mean: STS wants six ASCII digits.
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
    """Asks a person. Each method raises InteractionRequired where nobody can be asked."""

    def code(self, *, profile: str, device: str) -> str:
        """The six digits that ``device`` (an mfa_serial) shows now, to sign ``profile`` in."""
        ...

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        """A passphrase, typed unseen; ``twice`` asks again and compares."""
        ...

    def show(self, message: str) -> None:
        """Tell the person something that they must act on (a URL and code to approve)."""
        ...


class NonInteractive:
    """The Asker where there is no person: every question fails at once, with ``fix``."""

    def __init__(self, fix: str = "run the command in a terminal") -> None:
        self._fix = fix

    def code(self, *, profile: str, device: str) -> str:
        raise InteractionRequired(
            f"{profile} needs a code of the MFA device {device}, and nobody can be asked here.",
            self._fix,
            code="mfa-needed",
        )

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        raise InteractionRequired(
            f"{purpose} needs a passphrase, and nobody can be asked here.", self._fix
        )

    def show(self, message: str) -> None:
        raise InteractionRequired("A person must sign in, and nobody can be asked here.", self._fix)
