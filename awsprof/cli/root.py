"""The root of the command line: global options, and the commands, each imported when it runs.

Each command starts here: what an interrupted command left is finished or rolled back first.
"""

import logging
import time
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from pathlib import Path

import click

from awsprof import __version__, atomic, logs, paths, settings, trust
from awsprof.atomic.snapshot import unreadable_error
from awsprof.cli import root_help
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import CommandGroup
from awsprof.cli.command_table import COMMANDS
from awsprof.cli.completion import complete_profiles  # which also tells click how shells complete
from awsprof.terminal import Terminal


class LazyCommands(MutableMapping[str, click.Command]):
    """Maps each name in the table of commands to its command, imported on first access."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command | None] = dict.fromkeys(COMMANDS)

    def __getitem__(self, name: str) -> click.Command:
        command = self._loaded[name]
        if command is None:
            command = self._loaded[name] = _load(name)
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._loaded  # without loading it

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)


def _load(name: str) -> click.Command:
    """Imports the module that defines the command, and makes its profile arguments complete."""
    module = import_module(f"awsprof.cli.{COMMANDS[name].module}")
    defined = (each for each in vars(module).values() if isinstance(each, click.Command))
    command = next(each for each in defined if each.name == name)
    complete_profiles(command)
    return command


def recover_interrupted_changes(app: AppContext) -> None:
    """Finishes or rolls back interrupted changes; warns if their intents cannot be read."""
    try:
        _recover(app)
    except PermissionError as exc:  # root's, after a run with sudo: many commands do not need it
        error = unreadable_error(Path(exc.filename), exc)
        app.terminal.warn(error.message)
        app.terminal.detail(error.fix)


def _recover(app: AppContext) -> None:
    """Finishes or rolls back interrupted changes, and says which.

    Also warns, once each, about edits that another program has overwritten since, and about
    secrets removed from history entries that an earlier version wrote.
    """
    if trust.find_foreign_data() is not None:
        return  # commands that need it raise; the doctor reports it
    from awsprof.editing import history_old_secrets, recovery
    from awsprof.editing.history import overwritten_edits
    from awsprof.prompting import NonInteractive
    from awsprof.vault import migration
    from awsprof.vault.vault import open_vault

    atomic.sweep_folders(paths.written_dirs())
    for sentence in recovery.recover_unfinished(app.vault):
        app.terminal.warn(sentence)
    prompter = NonInteractive("awsprof settings vault")
    moved = migration.resume_migration(lambda value: open_vault(prompter, value))
    if moved:
        app.terminal.warn(moved)
    cleaned = history_old_secrets.clean_old_entries(
        lambda: open_vault(prompter, settings.get_setting("vault"))
    )
    if cleaned:
        app.terminal.warn(cleaned)
    for sentence in overwritten_edits():
        app.terminal.warn(sentence)


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
