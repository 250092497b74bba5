"""The root of the command line: global options, and the commands in their sections."""

import logging
import time

import click

from awsprof import __version__, logs
from awsprof.cli import (
    add,
    completion,
    console,
    credential_process,
    doctor,
    edit,
    exec_command,
    help_command,
    history,
    keys,
    list_command,
    login,
    mfa,
    policy,
    settings_command,
    shell,
    show,
    sso,
)
from awsprof.cli.command_group import CommandGroup, examples
from awsprof.cli.context import AppContext
from awsprof.terminal import Terminal

_GROUPS = (
    ("Inspect", (list_command.list_profiles, show.show, doctor.doctor)),
    ("Set up", (add.setup, add.add)),
    ("Edit", (edit.set_value, edit.unset, edit.rename, edit.copy, edit.remove)),
    ("Undo", (history.undo, history.history)),
    ("Access keys", (keys.keys, mfa.mfa, policy.policy)),
    ("Sign in", (login.login, login.logout, sso.sso)),
    (
        "Use",
        (exec_command.exec_command, exec_command.env, console.console, shell.use, shell.shell_init),
    ),
    (
        "Configuration",
        (
            settings_command.settings_command,
            completion.completion,
            credential_process.credential_process,
            help_command.help_command,
        ),
    ),
)


class _Root(CommandGroup):
    """The root group; its help lists the commands in sections."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, commands in _GROUPS:
            with formatter.section(title):
                formatter.write_dl([(c.name or "", c.get_short_help_str(60)) for c in commands])


class _DebugHandler(logging.Handler):
    """Prints log lines to stderr with the seconds since the start, while a command runs."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(logging.DEBUG)
        self._terminal = terminal
        self._started = time.time()
        self._logger = logging.getLogger(logs.ROOT)
        self._level = self._logger.level
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        since = record.created - self._started
        self._terminal.debug(f"{since:.3f} {record.name}: {record.getMessage()}")

    def close(self) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        super().close()


@click.group(
    cls=_Root,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog=examples(
        "awsprof                          open the wizard",
        "awsprof doctor                   check every profile with AWS",
        "awsprof exec dev -- aws s3 ls    run a command with a profile",
    )
    + "\n\n"
    "Exit codes: 0 success; 1 the doctor found errors; 2 wrong usage; 3 failed; 4 you must sign in"
    " or enter a code; 5 the vault cannot be used; 6 written, but the disk did not confirm it;"
    " 130 interrupted (129 and 143: ended by SIGHUP or SIGTERM).",
)
@click.version_option(__version__, prog_name="awsprof", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Log each step, and show the traceback of an error.")
@click.pass_context
def awsprof_command(context: click.Context, debug: bool) -> int:
    """Set up AWS profiles, keep their keys in your keyring, and find out why one fails.

    Without a command, opens the wizard.
    """
    context.obj = AppContext()
    if debug:
        context.call_on_close(_DebugHandler(context.obj.terminal).close)
    list_command.report_unfinished(context.obj)
    if context.invoked_subcommand is None:
        return int(context.invoke(add.setup, flow=None))
    return 0


for _, _commands in _GROUPS:
    for _command in _commands:
        awsprof_command.add_command(_command)
completion.complete_profiles(awsprof_command)
