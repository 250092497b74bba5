"""Shows a change, asks, writes it, and verifies the profiles with AWS."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from awsprof.accesskeys.context import Proof
from awsprof.auth.identity import IdentityResult, check_identities
from awsprof.auth.identity_center import login
from awsprof.diff import ChangeResult, Preview
from awsprof.editing import operations
from awsprof.editing.apply import apply, undo
from awsprof.editing.change import Change, preview_change
from awsprof.editing.history import plan_undo
from awsprof.editing.identity_proof import can_stay_unproven, prove_identity
from awsprof.errors import AwsprofError
from awsprof.masking import for_display
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize
from awsprof.wizard import prompts
from awsprof.wizard.context import WizardContext
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.viewer import view

_MARGIN: Final = 5  # rows of the terminal that the question takes
_LISTED: Final = 8  # more verified profiles than this are counted
_ALONE: Final = 3  # with more profiles than this there is a progress bar


class WriteStatus(Enum):
    """How writing ended."""

    DONE = auto()  # written and verified, or kept
    ROLLED_BACK = auto()
    EDIT = auto()  # rolled back, and the user wants to change the answers


def ask_to_write(
    context: WizardContext, diff: Preview, question: str, more: Sequence[Option] = ()
) -> str:
    """Shows the diff and asks. Returns "write", "no", or the value of an option in ``more``.

    A diff that is longer than the screen can be read from its top.
    """
    context.terminal.diff(diff)
    lines = _lines(diff)
    options = [Option("write", "Yes"), *more, Option("no", "No")]
    if len(lines) > shutil.get_terminal_size().lines - _MARGIN:
        options.insert(1, Option("read", f"Read all {len(lines)} lines first"))
    while True:
        answer = prompts.select(question, options, back=False)
        if answer != "read":
            return answer
        view(lines)


def _lines(diff: Preview) -> list[str]:
    lines = []
    for file in diff.files:
        lines += [for_display(file.path), ""]
        lines += [f"{line.mark} {for_display(line.text)}" for line in file.lines]
        lines.append("")
    return lines + [for_display(sentence) for sentence in diff.vault]


def write_change(
    context: WizardContext, change: Change, proof: Proof | None = None
) -> ChangeResult | None:
    """Shows the diff, asks, and writes the change. Returns None if nothing was written."""
    shown = preview_change(change)
    if shown.empty:
        context.terminal.ok("nothing to change")
        return None
    if ask_to_write(context, shown, "Write this?") != "write":
        context.terminal.say("Nothing was written.")
        return None
    applied = apply(change, context.vault, proof)
    context.terminal.written(applied)
    return applied


@dataclass
class ProfileWriter:
    """Writes a change of profiles and verifies each of them; offers to undo what fails.

    ``previous`` is what the profile was before an edit: an edit that is not the reason for a
    failure is kept. ``prompts_none``: nobody has to be asked, so a progress bar disturbs nothing.
    """

    context: WizardContext
    names: Sequence[str]
    previous: IdentityResult | None = None
    prompts_none: bool = False
    error: AwsprofError | None = None

    def write(self, change: Change) -> WriteStatus:
        """Writes the change, which the user has agreed to, and verifies it."""
        before = self.context.catalog()
        applied = apply(change, self.context.vault)
        self.context.terminal.written(applied)
        while True:
            try:
                failed = self._failures(change, before)
            except KeyboardInterrupt:
                self._roll_back(applied)
                raise
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
                self._roll_back(applied)
                return WriteStatus.EDIT if answer == "edit" else WriteStatus.ROLLED_BACK

    def _failures(self, change: Change, before: Catalog) -> dict[str, AwsprofError]:
        """Verifies the profiles and prints what they are. Returns the error of each that fails."""
        terminal, catalog = self.context.terminal, self.context.catalog()
        if self.previous is None:
            try:
                self._sign_in(catalog)
            except AwsprofError as exc:
                return self._report(dict.fromkeys(self.names, exc))
        resolver = self.context.resolver(catalog, many=len(self.names) > 1)
        total = len(self.names) if self.prompts_none and len(self.names) > _ALONE else 0
        with terminal.progress("verifying the profiles with AWS", total) as advance:
            results = check_identities(resolver, self.names, progress=lambda _: advance())
        failed: dict[str, AwsprofError] = {}
        proven = []
        for checked in results:
            try:
                who = prove_identity(change, before, catalog, checked)
            except AwsprofError as exc:
                failed[checked.profile] = exc
            else:
                proven.append(f"{sanitize(checked.profile)} is {who.arn}")
        if len(proven) > _LISTED:
            terminal.ok(f"{len(proven)} of {len(results)} profiles verified with AWS")
        for line in proven if len(proven) <= _LISTED else ():
            terminal.ok(line)
        return self._report(failed)

    def _sign_in(self, catalog: Catalog) -> None:
        """Signs in to the Identity Center sessions of the profiles, where nobody is yet."""
        sessions = {}
        for name in self.names:
            session = catalog.chain(name).session
            if session is not None:
                sessions[session.name] = session
        for session in sessions.values():
            login.get_token(session, self.context.prompter, agree=prompts.agree)

    def _report(self, failed: dict[str, AwsprofError]) -> dict[str, AwsprofError]:
        """Prints the failures. Returns those that are not excused by what was before."""
        terminal = self.context.terminal
        for name, error in list(failed.items())[:_LISTED]:
            if self.previous is not None and can_stay_unproven(self.previous, error):
                terminal.warn(f"{sanitize(name)} is not verified: {error.message}")
                terminal.detail(error.fix)
                return {}
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
            return prompts.select("What now?", options)
        except Back:
            return "edit" if applied.id else "keep"

    def _roll_back(self, applied: ChangeResult) -> None:
        if applied.id:
            undo(plan_undo(applied.id), self.context.vault, force=True)
            self.context.terminal.say("Rolled back: everything is as it was.")

    def _remove(self, names: tuple[str, ...]) -> None:
        catalog = self.context.catalog()
        edits = tuple(e for name in names for e in operations.remove_profile(name, catalog).edits)
        change = Change(f"removed {len(names)} profiles that could not be verified", edits)
        self.context.terminal.written(apply(change, self.context.vault))
