"""What errors are about, and what `awsprof login` takes: a profile or an sso-session."""

from __future__ import annotations

from dataclasses import dataclass

from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize


@dataclass(frozen=True)
class LoginTarget:
    """A profile, or an sso-session, by its name."""

    name: str
    is_session: bool = False

    @property
    def shown(self) -> str:
        """What a sentence calls it."""
        return f"the sso-session {sanitize(self.name)}" if self.is_session else self.name

    @property
    def subject(self) -> str:
        """The same at the beginning of a sentence."""
        return f"The sso-session {sanitize(self.name)}" if self.is_session else self.name

    @property
    def arguments(self) -> str:
        """What follows ``awsprof login``, quoted."""
        return f"--session {shell_word(self.name)}" if self.is_session else arguments(self.name)

    @property
    def show(self) -> str:
        """The command that shows its lines; ``awsprof show`` takes only profiles."""
        return "awsprof doctor --offline" if self.is_session else f"awsprof show {self.arguments}"

    def fix_by_showing(self, says: str = "") -> str:
        """Returns a fix: the command that shows its lines, and what that says of a profile."""
        if self.is_session:
            return f"{self.show} shows which line is wrong"
        return f"{self.show} {says}".rstrip()
