"""Collects every error of a team file, so that people see all of them at once."""

from typing import Final

from awsprof.masking.mask import for_display
from awsprof.team.model import Place, TeamFileError, TeamProblem
from awsprof.team.toml_lines import Path
from awsprof.text import sanitize

_MOST: Final = 500  # errors; a file with more has one cause
_MOST_HINTS: Final = 10
_LONGEST: Final = 300  # characters of a message, a key or a fix


class Problems:
    """The errors found so far; one for each key of a place, in the order of files and lines."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str], TeamProblem] = {}
        self._files: dict[str, int] = {}

    def add(self, place: Place, key: str, says: str, fix: str = "") -> None:
        """Adds an error; further ones of the same line and key are left out.

        A line of a template or a ``for_each`` may be part of thousands of profiles.
        """
        if not self.full:
            self._files.setdefault(place.file, len(self._files))
            shown = (sanitize(for_display(text), _LONGEST) for text in (key, says, fix))
            problem = TeamProblem(place, *shown)
            self._found.setdefault((place, key.rpartition(".")[2]), problem)

    @property
    def full(self) -> bool:
        """True if further errors are left out: the search for them can stop."""
        return len(self._found) >= _MOST

    @property
    def takes_hints(self) -> bool:
        """True until there are 10 errors: finding similar names among thousands is slow."""
        return len(self._found) < _MOST_HINTS

    @property
    def all(self) -> tuple[TeamProblem, ...]:
        """The errors, sorted by file in reading order, then by line."""
        return tuple(
            sorted(
                self._found.values(),
                key=lambda each: (self._files[each.place.file], each.place.line),
            )
        )

    def raise_if_any(self, source: str) -> None:
        """Raises TeamFileError with all errors in ``source``, if there are any."""
        if self._found:
            raise TeamFileError(self.all, source)


def key_text(path: Path) -> str:
    """Returns a path as people write it: ``profile.dev.region``, ``accounts[2].id`` (from 1)."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text
