"""Shows a change, asks, writes it, and verifies the profiles with AWS."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from awsprof.auth.caller_identities import IdentityResult
from awsprof.diff import ChangeResult, Preview
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.editing.change_flow import ChangeFlow
from awsprof.editing.command_context import CommandContext
from awsprof.editing.identity_proof import verify_profiles
from awsprof.errors import AwsprofError, InteractionRequired, VaultError
from awsprof.masking.mask import for_display
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize
from awsprof.vault.file_format import WrongPassphrase
from awsprof.wizard import prompts
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.viewer import view

_MARGIN: Final = 5  # rows of the terminal that the question takes
_LISTED: Final = 8  # more failures than this are counted
_ROLLED_BACK: Final = "Rolled back: everything is as it was."
_CLOSED: Final = (
    Option("retry", "Try again"),
    Option("edit", "Change the answers"),
    Option("stop", "Give up: write nothing"),
)


class WriteStatus(Enum):
    """How writing ended."""

    DONE = auto()  # written and verified, or kept
    ROLLED_BACK = auto()
    EDIT = auto()  # rolled back, and the user wants to change the answers


def ask_to_write(context: CommandContext, diff: Preview, more: Sequence[Option] = ()) -> str:
    """Shows the diff and asks. Returns "write", "no", or the value of an option in ``more``.

    A diff that is longer than the screen can be read from its top.
    """
    context.terminal.diff(diff)
    return _ask(diff, more)


def _ask(diff: Preview, more: Sequence[Option] = ()) -> str:
    lines = _lines(diff)
    options = [Option("write", "Yes"), *more, Option("no", "No")]
    if len(lines) > shutil.get_terminal_size().lines - _MARGIN:
        options.insert(1, Option("read", f"Read all {len(lines)} lines first"))
    while True:
        answer = prompts.select("Write this?", options, back_row=False)
        if answer != "read":
            return answer
        view(lines)


def _lines(diff: Preview) -> list[str]:
    lines = []
    for file in diff.files:
        lines += [for_display(file.path), ""]
        lines += [f"{line.mark} {for_display(line.text)}" for line in file.lines]
        lines += [*map(for_display, file.warnings), ""]
    return lines + [for_display(sentence) for sentence in diff.vault]


def change_flow(context: CommandContext) -> ChangeFlow:
    """Returns how the wizard writes a change: it asks, and offers to read a long diff."""

    def agree(diff: Preview) -> bool:
        return _ask(diff) == "write"

    return ChangeFlow(context.terminal, context.vault, agree)


@dataclass
class ProfileWriter:
    """Writes a change of profiles and verifies each of them; offers to undo what fails.

    ``previous`` is what the profile was before an edit: an edit that is not the reason for a
    failure is kept. ``prompts_none``: nobody has to be asked, so a progress bar disturbs nothing.
    """

    context: CommandContext
    names: Sequence[str]
    previous: IdentityResult | None = None
    prompts_none: bool = False
    error: AwsprofError | None = None

    def write(self, change: Change) -> WriteStatus:
        """Writes the change, which the user has agreed to, and verifies it."""
        flow, before = change_flow(self.context), self.context.catalog()
        try:
            applied = self._write_agreed(flow, change)
        except Back:
            return WriteStatus.EDIT
        if applied is None:
            return WriteStatus.ROLLED_BACK
        while True:
            with flow.undone_on_error(applied, _ROLLED_BACK):
                failed = self._failures(change, before)
                if not failed:
                    return WriteStatus.DONE
                self.error = next(iter(failed.values()))
                answer = self._what_now(applied, len(failed))
            if answer == "keep":
                self.context.terminal.say("Kept. To check again: awsprof doctor")
                return WriteStatus.DONE
            if answer == "part":
                self._remove(tuple(failed))
                return WriteStatus.DONE
            if answer != "retry":
                if applied.id:
                    flow.roll_back(applied, _ROLLED_BACK)
                return WriteStatus.EDIT if answer == "edit" else WriteStatus.ROLLED_BACK

    def _write_agreed(self, flow: ChangeFlow, change: Change) -> ChangeResult | None:
        """Writes the change, again and again while the vault stays closed and the user wants to.

        Returns None if the user gives up; raises Back to change the answers, which are all kept.
        """
        while True:
            try:
                return flow.write_agreed(change)
            except (InteractionRequired, VaultError) as exc:
                # The fixes for a passphrase speak to whoever started a command.
                again = isinstance(exc, InteractionRequired | WrongPassphrase)
                fix = "try again to enter the passphrase" if again else exc.fix
                self.context.terminal.failed(f"Nothing was written. {exc.message}", fix)
            answer = prompts.select("What now?", _CLOSED, back_row=False)
            if answer == "edit":
                raise Back
            if answer != "retry":
                return None

    def _failures(self, change: Change, before: Catalog) -> dict[str, AwsprofError]:
        """Verifies the profiles and prints the outcome. Returns the error of each that fails."""
        failed = verify_profiles(
            self.context,
            change,
            before,
            self.names,
            previous=self.previous,
            progress=self.prompts_none,
        )
        terminal = self.context.terminal
        for name, error in list(failed.items())[:_LISTED]:
            several = f"{sanitize(name)}: " if len(self.names) > 1 else ""
            terminal.failed(f"{several}{error.message}", error.fix)
        if len(failed) > _LISTED:
            terminal.failed(f"and {len(failed) - _LISTED} more, which fail too")
        return failed

    def _what_now(self, applied: ChangeResult, failures: int) -> str:
        options = [Option("retry", "Try again")]
        if applied.id:
            options += [Option("edit", "Change the answers"), Option("undo", "Undo")]
        if applied.id and 0 < failures < len(self.names):
            title = f"Remove the {failures} that failed, and keep the others"
            options.append(Option("part", title))
        keep = "Keep the profile" if len(self.names) == 1 else "Keep all of them"
        options.append(Option("keep", keep))
        try:
            return prompts.select("What now?", options, back_row=False)  # Esc: change the answers
        except Back:
            return "edit" if applied.id else "keep"

    def _remove(self, names: tuple[str, ...]) -> None:
        catalog = self.context.catalog()
        edits = tuple(
            e for name in names for e in profile_operations.remove_profile(name, catalog).edits
        )
        change = Change(f"removed {len(names)} profiles that could not be verified", edits)
        change_flow(self.context).write_agreed(change)
