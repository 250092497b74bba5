"""Remembers which lines and values of a team file have a secret, by the rules of ``masking``."""

from __future__ import annotations

from awsprof.masking.mask import MASK
from awsprof.masking.search import find_secrets, is_secret
from awsprof.masking.secret_shapes import looks_secret
from awsprof.team.placeholders import without_placeholders


class SecretFinder:
    """Tells whether lines and values of a team file have a secret.

    Use one for a file with all its includes: most lines and values occur many times, and each is
    looked at once. What it remembers goes with it, so that no pasted secret stays in the process.
    """

    def __init__(self) -> None:
        self._lines: dict[str, bool] = {}
        self._values: dict[tuple[str, str], bool] = {}

    def in_line(self, line: str) -> bool:
        """True if a line has a secret: by its format, in a comment and a value also by its name."""
        found = self._lines.get(line)
        if found is None:
            text = line.strip()
            found = bool(find_secrets(text)) if text.startswith("#") else looks_secret(text)
            self._lines[line] = found
        return found

    def in_value(self, value: str, key: str) -> bool:
        """True if the value of a key is a secret, in whole or in part."""
        found = self._values.get((value, key))
        if found is None:
            # The values of placeholders are not known yet.
            found = is_secret(without_placeholders(value, MASK) if "{" in value else value, key)
            self._values[value, key] = found
        return found
