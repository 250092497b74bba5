"""The root of the command line: global options, and the commands in their sections."""

import logging
import time

import click

from awsprof import __version__, logs
from awsprof.cli import root_help
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import CommandGroup
from awsprof.cli.lazy_commands import LazyCommands
from awsprof.cli.recovery import recover_interrupted_changes
from awsprof.terminal import Terminal


class _Root(CommandGroup):
    """The root group; its help lists the commands in sections, without loading them."""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(root_help.help_text())


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
    commands=LazyCommands(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
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
    recover_interrupted_changes(context.obj)
    if context.invoked_subcommand is None:
        from awsprof.cli import add

        return int(context.invoke(add.setup, flow=None))
    return 0
