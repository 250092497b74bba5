"""What the command line passes to the wizard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from awsprof.doctor.report import Report
from awsprof.editing.command_context import CommandContext


class Commands(Protocol):
    """The commands that the wizard offers as they are. They print, and ask by the wizard's prompts.

    Each raises AwsprofError as the command does.
    """

    def check_health(self) -> Report:
        """Checks every profile with AWS and prints the report."""
        ...

    def fix_finding(self, check: str, profile: str | None) -> None:
        """Repairs what a check found, of one profile or of all, after a diff and a question."""
        ...

    def fix_all_findings(self) -> None:
        """Offers each safe repair in turn: shows its diff and outcome, and asks."""
        ...

    def show_tree(self) -> None:
        """Prints the profiles as a tree."""
        ...

    def undo(self, id: str) -> None:
        """Undoes a change of the history, after a diff and a question."""
        ...

    def remove_session(self, name: str) -> None:
        """Removes an sso-session that no profile uses, after a diff and a question."""
        ...

    def log_in(self, *, profile: str | None = None, session: str | None = None) -> None:
        """Signs in to a profile or an sso-session."""
        ...

    def log_out(self, *, profile: str | None = None, session: str | None = None) -> None:
        """Signs out of a profile or an sso-session; of everything without either."""
        ...

    def open_console(self, profile: str) -> None:
        """Opens the AWS console in the browser."""
        ...

    def enable_mfa(self, profile: str) -> None:
        """Creates a virtual MFA device for the profile's user, and uses it in the profile."""
        ...

    def change_setting(self, key: str, value: str) -> None:
        """Changes a setting; a new vault gets the secrets of the former one."""
        ...

    def apply_team(self, source: str) -> None:
        """Applies a team file, after a diff and a question."""
        ...

    def import_tool(self, tool: str) -> None:
        """Imports the profiles and keys of another tool, after a diff and a question."""
        ...

    def print_policy(self, name: str, options: Mapping[str, str | Sequence[str]]) -> None:
        """Prints an IAM policy."""
        ...


@dataclass(frozen=True)
class Wizard:
    """The context and the commands of one run of the wizard."""

    context: CommandContext
    commands: Commands
