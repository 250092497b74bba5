"""awsprof completion: commands, flags and names of profiles, completed by the shell."""

from __future__ import annotations

import os
from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class

from awsprof.cli.app import App

_VARIABLE: Final = "_AWSPROF_COMPLETE"  # click's own: it answers where this is set
_PROFILES: Final = frozenset({"profile", "profiles", "name"})


class ProfileName(click.types.StringParamType):
    """The name of a profile: any text, completed from the files."""

    name = "profile"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The profiles that begin so; none where the files cannot be read."""
        from awsprof.errors import AwsprofError
        from awsprof.profiles.catalog import Catalog

        try:
            names = Catalog.load().profiles
        except AwsprofError:
            return []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def complete_profiles(command: click.Command) -> None:
    """Have every argument of the command that names a profile complete, and of those below it."""
    for parameter in command.params:
        text = parameter.type is click.STRING  # one that chooses among words checks them itself
        if isinstance(parameter, click.Argument) and text and parameter.name in _PROFILES:
            parameter.type = ProfileName()
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        complete_profiles(below)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what makes SHELL complete awsprof: eval "$(awsprof completion bash)"."""
    app: App = context.obj
    kind = get_completion_class(shell)
    if kind is not None:
        root = context.find_root().command
        os.environ.pop("AWSPROF_PASSPHRASE", None)  # click asks bash for its version
        app.terminal.data(kind(root, {}, "awsprof", _VARIABLE).source())
    return 0
