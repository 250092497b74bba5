"""The root of the command line: its global options and the commands of each module."""

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
from awsprof.cli.context import AppContext
from awsprof.terminal import Terminal

_GROUPS = (
    ("Look", (list_command.list_profiles, show.show, doctor.doctor)),
    ("Set up", (add.setup, add.add)),
    ("Edit", (edit.set_value, edit.unset, edit.rename, edit.copy, edit.remove)),
    ("Take back", (history.undo, history.history)),
    ("Access keys", (keys.keys, mfa.mfa, policy.policy)),
    ("Sign in", (login.login, login.logout, sso.sso)),
    (
        "Use",
        (exec_command.exec_command, exec_command.env, console.console, shell.use, shell.shell_init),
    ),
    (
        "Ourselves",
        (
            settings_command.settings_command,
            completion.completion,
            credential_process.credential_process,
        ),
    ),
)


class _Grouped(click.Group):
    """A group whose help lists its commands by what they are for."""

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
    cls=_Grouped,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="Exit codes: 0 well; 1 findings; 2 wrong usage; 3 it failed; 4 a person must sign in or"
    " give a code; 5 the vault cannot be used; 6 written, but not known to be safe on disk;"
    " 130 interrupted (129 and 143: by SIGHUP and SIGTERM).",
)
@click.version_option(__version__, prog_name="awsprof", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Log each step, and where an error comes from.")
@click.pass_context
def awsprof_command(context: click.Context, debug: bool) -> int:
    """Set up AWS access on this machine, once and safely.

    Without a command it opens the wizard.
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
