"""Diffs, previews and results of a change, as plain data that the terminal can print.

They live below `awsprof.terminal`, so that it needs to know nothing about profiles or files.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DiffLine:
    """One line of a diff. ``mark`` is ``+``, ``-`` or a space."""

    mark: str
    text: str


@dataclass(frozen=True)
class FileDiff:
    """The changed lines of one file, with secrets masked. ``path`` is the path to display.

    ``warnings`` are sentences about the whole file, such as that some SDKs cannot read it.
    """

    path: str
    lines: tuple[DiffLine, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a change would do now: a diff per file, and one sentence per secret in the vault."""

    files: tuple[FileDiff, ...]
    vault: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """True if the change would do nothing."""
        return not self.files and not self.vault


@dataclass(frozen=True)
class ChangeResult:
    """What applying a change did.

    ``id`` is the history entry (empty if nothing was recorded), ``notes`` are sentences for the
    user, ``kept_in`` is the vault's title if secrets were stored in it.
    """

    id: str
    notes: tuple[str, ...]
    written: bool
    kept_in: str = ""
