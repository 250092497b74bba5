"""Fakes of the prompter and of the session cache, in memory."""

from collections.abc import Callable
from datetime import datetime

from awsprof.secret import Secret


class FakePrompter:
    """A prompter that answers with ``code``; ``asked`` and ``shown`` are what it was given."""

    def __init__(self, code: Callable[[], str] = lambda: "000000") -> None:
        self._code = code
        self.asked: list[tuple[str, str]] = []
        self.shown: list[str] = []

    def code(self, *, profile: str, device: str) -> str:
        """The code of now."""
        self.asked.append((profile, device))
        return self._code()

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        """Always the same."""
        return Secret("correct horse battery staple")

    def show(self, message: str) -> None:
        """Keep what was shown."""
        self.shown.append(message)


class MemoryCache:
    """Sessions in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """What was put, for as long as this lives."""
        return self.kept.get(key)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> None:
        """Keep it."""
        self.kept[key] = payload

    def drop(self, key: str) -> None:
        """Forget it."""
        self.kept.pop(key, None)

    @property
    def sessions(self) -> dict[str, bytes]:
        """What is kept, but for the codes that were used."""
        return {key: kept for key, kept in self.kept.items() if not key.startswith("code/")}
