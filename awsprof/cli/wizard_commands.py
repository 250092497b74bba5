"""The commands that the wizard offers as they are; their questions are the wizard's prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from awsprof.cli import (
    console,
    doctor,
    edit,
    history,
    import_command,
    list_command,
    login,
    mfa,
    policy,
    settings_command,
    team_apply,
)
from awsprof.cli.app_context import AppContext

if TYPE_CHECKING:
    from awsprof.doctor.report import Report


class WizardCommands:
    """Runs commands in this process, with the wizard's context."""

    def __init__(self, app: AppContext, click_context: click.Context) -> None:
        from awsprof.wizard import prompts

        self._app = app
        self._click_context = click_context
        app.ask_yes_or_no = prompts.agree
        app.ask_which = prompts.choose
        app.ask_text = prompts.fill_in

    def check_health(self) -> Report:
        """Checks every profile with AWS and prints the report."""
        return doctor.doctor_for_wizard(self._app)

    def fix_finding(self, check: str, profile: str | None) -> None:
        """Repairs what a check found, of one profile or of all."""
        doctor.fix_for_wizard(self._app, check, profile)

    def fix_all_findings(self) -> None:
        """Offers each repair in turn."""
        doctor.fix_for_wizard(self._app, doctor.ANY_CHECK)

    def show_tree(self) -> None:
        """Prints the profiles as a tree."""
        self._run(list_command.list_command, tree=True)

    def undo(self, id: str) -> None:
        """Undoes a change of the history."""
        self._run(history.undo_command, id=id)

    def remove_session(self, name: str) -> None:
        """Removes an sso-session that no profile uses."""
        self._run(edit.remove, session=name)

    def log_in(self, *, profile: str | None = None, session: str | None = None) -> None:
        """Signs in to a profile or an sso-session."""
        self._run(login.login, profile=profile, session=session)

    def log_out(self, *, profile: str | None = None, session: str | None = None) -> None:
        """Signs out of a profile or an sso-session; of everything without either."""
        every = profile is None and session is None
        self._run(login.logout, profile=profile, session=session, every=every)

    def open_console(self, profile: str) -> None:
        """Opens the AWS console in the browser."""
        self._run(console.console, profiles=(profile,))

    def enable_mfa(self, profile: str) -> None:
        """Creates a virtual MFA device for the profile's user, who has asked for it."""
        self._run(mfa.enable, profile=profile, yes=True)

    def change_setting(self, key: str, value: str) -> None:
        """Changes a setting; a new vault gets the secrets of the former one."""
        self._run(settings_command.settings_command, key=key, value=value)

    def apply_team(self, source: str) -> None:
        """Applies a team file; the wizard's prompts ask its questions."""
        self._run(team_apply.apply_command, source=source)

    def import_tool(self, tool: str) -> None:
        """Imports the profiles and keys of another tool."""
        self._run(import_command.import_tool, tool=tool)

    def print_policy(self, name: str, options: Mapping[str, str | Sequence[str]]) -> None:
        """Prints an IAM policy."""
        self._run(policy.policy, name=name, **options)

    def _run(self, command: click.Command, **options: object) -> None:
        self._click_context.invoke(command, **options)
