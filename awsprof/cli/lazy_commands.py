"""The commands of the root group, each loaded when it is first used."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click

from awsprof.cli.command_table import COMMANDS
from awsprof.cli.completion import complete_profiles  # which also tells click how shells complete


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
