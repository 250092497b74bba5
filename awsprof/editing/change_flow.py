"""How a change reaches the files: shown, agreed to, written, verified, rolled back if that fails.

The command line, the wizard, the doctor, the access-key flows and imports all write this way. They
differ in how they ask, and in what they verify.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from awsprof.configfile.document import FileKind
from awsprof.configfile.storage import read_config_file
from awsprof.editing.apply import BeforeWrite, apply
from awsprof.editing.change import preview_change
from awsprof.editing.undo import plan_undo, undo
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog, unreadable_file

if TYPE_CHECKING:
    from awsprof.diff import ChangeResult, Preview
    from awsprof.editing.change import Change
    from awsprof.terminal import Terminal
    from awsprof.vault.vault import Vault

Proof: TypeAlias = Callable[[], object]
"""Called before the files are written: an exception from it cancels the change."""


@dataclass(frozen=True)
class ChangeFlow:
    """Shows a change, asks, and writes it.

    ``agree`` asks whether to write the preview that was shown; ``dry_run``: only show it.
    """

    terminal: Terminal
    vault: Callable[[], Vault]
    agree: Callable[[Preview], bool]
    dry_run: bool = False

    def write(
        self,
        change: Change,
        *,
        proof: Proof | None = None,
        before_write: BeforeWrite | None = None,
        shown: bool = False,
        catalog: Catalog | None = None,
    ) -> ChangeResult | None:
        """Shows the diff, asks, and writes the change. Returns None if nothing was written.

        ``proof`` is called before a file is written; if it raises, nothing is. So is
        ``before_write``, with the entry that the history will have (``editing.apply``). ``shown``:
        the user has seen the diff already. ``catalog`` has the files as they were read just now,
        and saves reading them again for the diff.
        """
        read = catalog.stored if catalog else read_config_file
        preview = preview_change(change, read=read)
        if preview.empty:
            self.terminal.ok("nothing to change")
            return None
        if not shown:
            self.terminal.diff(preview)
        if self.dry_run:
            self.terminal.say("Nothing was written (--dry-run).")
            return None
        if not self.agree(preview):
            self.terminal.say("Nothing was written.")
            return None
        applied = self.write_agreed(change, proof, catalog, before_write)
        return applied if applied.written else None

    def write_agreed(
        self,
        change: Change,
        proof: Proof | None = None,
        catalog: Catalog | None = None,
        before_write: BeforeWrite | None = None,
    ) -> ChangeResult:
        """Writes a change that the user has agreed to, and prints what was done."""
        # An edit makes no readable file unreadable (configfile.verify), but may leave one so.
        unreadable = (
            bool(catalog.unreadable)
            if catalog
            else any(unreadable_file(read_config_file(kind)) for kind in FileKind)
        )
        applied = apply(change, self.vault, proof, before_write, tell=self.terminal.say)
        self.terminal.written(applied)
        for file in Catalog.load().unreadable if unreadable else ():
            self.terminal.failed(file.says, file.fix)
        return applied

    @contextmanager
    def undone_on_error(
        self,
        applied: ChangeResult | None,
        says: str = "Rolled back.",
        *,
        keep: Callable[[AwsprofError], bool] | None = None,
    ) -> Iterator[None]:
        """Undoes ``applied`` and prints ``says`` if the block raises an error or is interrupted.

        Without ``applied``, or if it changed nothing, the error passes through. ``keep`` asks
        whether to keep the change in spite of the error, which then ends here. An interrupt of that
        question undoes the change too.
        """
        try:
            yield
        except BaseException as exc:  # click.Abort, an interrupt of a question, is no AwsprofError
            if applied is None or not applied.id:
                raise
            kept = False
            try:
                kept = keep is not None and isinstance(exc, AwsprofError) and keep(exc)
            finally:
                if not kept:
                    self.roll_back(applied, says)
            if not kept:
                raise

    def roll_back(self, applied: ChangeResult, says: str) -> None:
        """Undoes a change that was just written, and prints ``says``."""
        undo(plan_undo(applied.id), self.vault, tell=self.terminal.say)
        self.terminal.say(says)
