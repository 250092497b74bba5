"""awsprof help: the help of a command, as its --help shows it."""

from __future__ import annotations

import click

from awsprof.cli.command_group import examples


@click.command("help", epilog=examples("awsprof help keys rotate"))
@click.argument("command", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help_command(context: click.Context, command: tuple[str, ...]) -> int:
    """Show the help of a command."""
    current = context.find_root()
    for word in command:
        if not isinstance(current.command, click.Group):
            break
        name, found, _ = current.command.resolve_command(current, [word])
        if found is not None:
            current = click.Context(found, info_name=name, parent=current)
    click.echo(current.get_help())
    return 0
