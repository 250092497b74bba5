"""Every command: its name, module and summary, so that help and completion import no command.

To add a command, add its line here, in the section of the help where it belongs. The summary is
the first sentence of the command's docstring; ``profiles`` says which first argument is a profile's
name. tests/unit/cli/test_command_table.py compares all of it with the commands.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would take half of the time of --help
if TYPE_CHECKING:
    from typing import Final


class CommandLine:
    """A command: the module in this package that defines it, and its summary.

    ``profiles``: its own usage and those of its subcommands whose first argument is a profile, as
    ``PROFILE``, ``PROFILE...`` or ``rotate PROFILE``.
    """

    def __init__(
        self, name: str, module: str, summary: str, profiles: tuple[str, ...] = ()
    ) -> None:
        self.name, self.module, self.summary, self.profiles = name, module, summary, profiles


_ONE: Final = ("PROFILE",)
_MANY: Final = ("PROFILE...",)

SECTIONS: Final[tuple[tuple[str, tuple[CommandLine, ...]], ...]] = (
    (
        "Inspect",
        (
            CommandLine(
                "list", "list_command", "List profiles: kind, account, region, source, time left."
            ),
            CommandLine("show", "show", "Show one profile: its chain, values and problems.", _ONE),
            CommandLine("whoami", "whoami", "Ask AWS who a profile is: account and ARN.", _MANY),
            CommandLine(
                "doctor", "doctor", "Check every profile with AWS; explain how to fix it.", _MANY
            ),
        ),
    ),
    (
        "Set up",
        (
            CommandLine("setup", "add", "Open the wizard, or one part of it."),
            CommandLine(
                "add",
                "add",
                "Add a profile with options instead of the wizard.",
                ("sso PROFILE", "role PROFILE", "keys PROFILE", "process PROFILE"),
            ),
            CommandLine(
                "import", "import_command", "Import profiles and keys from aws-vault, granted, ..."
            ),
            CommandLine("team", "team", "Share profiles with a team: one file, in git."),
        ),
    ),
    (
        "Edit",
        (
            CommandLine("set", "edit", "Set one value of a profile.", _ONE),
            CommandLine("unset", "edit", "Remove one value from a profile.", _ONE),
            CommandLine("rename", "edit", "Rename a profile, and every reference to it.", _ONE),
            CommandLine("copy", "edit", "Copy a profile to a new name.", _ONE),
            CommandLine("remove", "edit", "Remove a profile, or an sso-session.", _ONE),
        ),
    ),
    (
        "Undo",
        (
            CommandLine("undo", "history", "Undo the last change, or the one with that ID."),
            CommandLine("history", "history", "List the changes awsprof made, newest first."),
        ),
    ),
    (
        "Access keys",
        (
            CommandLine(
                "keys",
                "keys",
                "Manage access keys: import, list, rotate, delete, ...",
                ("list PROFILE...", "import PROFILE", "move PROFILE...", "rotate PROFILE"),
            ),
            CommandLine(
                "mfa",
                "mfa",
                "Manage MFA devices: enable, resync, list, ...",
                ("enable PROFILE", "resync PROFILE", "list PROFILE", "keep-seed PROFILE"),
            ),
            CommandLine("policy", "policy", "Print an IAM policy to attach, or to request."),
        ),
    ),
    (
        "Sign in",
        (
            CommandLine("login", "login", "Sign in to Identity Center, or with an MFA code.", _ONE),
            CommandLine("logout", "login", "Sign out, and delete cached sessions.", _ONE),
            CommandLine("sso", "sso", "Create profiles from IAM Identity Center."),
        ),
    ),
    (
        "Use",
        (
            CommandLine(
                "exec", "exec_command", "Run a command with a profile's credentials.", _ONE
            ),
            CommandLine(
                "env", "exec_command", "Print a profile's credentials as shell variables.", _ONE
            ),
            CommandLine("console", "console", "Open the AWS console, signed in as PROFILE.", _MANY),
            CommandLine(
                "use", "shell", "Set AWS_PROFILE in this shell; without PROFILE, unset it.", _ONE
            ),
            CommandLine(
                "prompt",
                "shell",
                "Print the profile of this shell, and its time left.",
            ),
            CommandLine(
                "shell-init", "shell", "Print the shell function that `awsprof use` needs."
            ),
        ),
    ),
    (
        "Configuration",
        (
            CommandLine("settings", "settings_command", "Show the settings, or change one."),
            CommandLine("completion", "completion", "Print the completion script for a shell."),
            CommandLine(
                "credential-process",
                "credential_process",
                "Print a profile's credentials for an SDK, as JSON.",
                _ONE,
            ),
            CommandLine("help", "help_command", "Show the help of a command."),
        ),
    ),
)
COMMANDS: Final = {line.name: line for _, lines in SECTIONS for line in lines}
COMMAND_MODULES: Final = tuple(
    sorted({f"{__package__}.{line.module}" for line in COMMANDS.values()})
)
