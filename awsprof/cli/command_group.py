"""Command groups that suggest the nearest command, and how the help texts look."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

import click

from awsprof.errors import UsageError

# What people type out of habit from other tools, and the command that does it here.
_HABITS: Final = {
    "configure": "setup",
    "delete": "remove",
    "init": "setup",
    "ls": "list",
    "rm": "remove",
    "version": "--version",
}


_HYPHEN: Final = "\N{NON-BREAKING HYPHEN}"  # of the same width


class WholeOptionsFormatter(click.HelpFormatter):
    """Breaks no word of a help text at its hyphens: options such as --role-arn are copied."""

    def write_text(self, text: str) -> None:
        """Writes paragraphs, wrapped at blanks only."""
        super().write_text(text.replace("-", _HYPHEN))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Writes terms and their meanings, wrapped at blanks only."""
        kept = [(term, text.replace("-", _HYPHEN)) for term, text in rows]
        super().write_dl(kept, col_max, col_spacing)

    def getvalue(self) -> str:
        """Returns the help text."""
        return super().getvalue().replace(_HYPHEN, "-")


click.Context.formatter_class = WholeOptionsFormatter  # commands share no class of their own


def examples(*lines: str) -> str:
    """Returns an epilog for click that shows ``lines`` as they are, unwrapped."""
    heading = "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join(["\b", heading, *(f"  {line}" for line in lines)])


json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON (docs/json.md has the schema)."
)


class CommandGroup(click.Group):
    """A group that answers a mistyped command with the nearest one, of its subgroups too."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns the command that ``args`` begin with.

        Raises UsageError, with the nearest commands, if there is no such command.
        """
        word = str(args[0])
        known = word.startswith("-") or self.get_command(ctx, word) is not None
        if not known and not ctx.resilient_parsing:
            path = ctx.command_path
            nearest = self._nearest(word, root=ctx.parent is None)
            near = [f"{path} {command}" for command in nearest]
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise UsageError(f"No such command {word!r}.{hint}", f"run {path} --help")
        return super().resolve_command(ctx, args)

    def _nearest(self, word: str, *, root: bool) -> list[str]:
        """Returns at most three commands that ``word`` may have been meant for, the best first."""
        nested = {
            name: f"{group.name} {name}"
            for group in self.commands.values()
            if isinstance(group, click.Group)
            for name in group.commands
            if name not in self.commands
        }
        habits = _HABITS if root else {}
        exact = [found for table in (habits, nested) if (found := table.get(word))]
        if exact:
            return exact
        close = difflib.get_close_matches(word, [*self.commands, *nested])
        return [nested.get(name, name) for name in close]
