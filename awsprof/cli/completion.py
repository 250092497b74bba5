"""awsprof completion: shell completion of commands, options and profile names.

click computes the completions. The scripts for bash and fish are awsprof's own: bash inserts a
completion unquoted, so awsprof quotes it, and neither shell may split or expand it. zsh and fish
quote what they insert.
"""

from __future__ import annotations

import os
import re
from typing import Any, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from awsprof.cli.command_group import examples
from awsprof.cli.context import AppContext

_VARIABLE: Final = "_AWSPROF_COMPLETE"  # click completes if it is set
_PROFILES: Final = frozenset({"profile", "profiles", "name"})
_BASH: Final = """_awsprof_completion() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case "${line%%,*}" in
        dir) compopt -o dirnames ;;
        file) compopt -o default ;;
        plain) COMPREPLY+=("${line#*,}") ;;
        esac
    done < <(
        COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
            _AWSPROF_COMPLETE=bash_complete command "$1"
    )
}
complete -o nosort -F _awsprof_completion awsprof 2>/dev/null ||
    complete -F _awsprof_completion awsprof"""
_FISH: Final = """function _awsprof_completion
    set -l words (commandline -cp)
    set -l word (commandline -ct)
    env _AWSPROF_COMPLETE=fish_complete COMP_WORDS="$words" COMP_CWORD="$word" awsprof |
        while read -l line
            set -l kind (string split -m 1 , -- $line)
            switch $kind[1]
                case dir
                    __fish_complete_directories $kind[2]
                case file
                    __fish_complete_path $kind[2]
                case plain
                    echo $kind[2]
            end
        end
end
complete --no-files --command awsprof --arguments "(_awsprof_completion)\""""


class _Bash(BashComplete):
    """Returns words that bash can insert unchanged."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Returns the words before the cursor's, and that one. COMP_WORDS would split at ':'."""
        words = split_arg_string(_line() + "_")  # so that the last word is the one at the cursor
        return words[1:-1], words[-1][:-1] if words else ""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Returns the item's type and the part of it that bash still has to insert."""
        if item.type != "plain":
            return super().format_completion(item)
        incomplete = self.get_completion_args()[1]
        quote = _open_quote(_line())
        if quote:
            special = "'" if quote == "'" else '"$`!\\'
            fits = not set(special) & set(item.value)
            return f"plain,{item.value}" if fits else ""
        breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & set(":=@")
        start = max((incomplete.rfind(each) + 1 for each in breaks), default=0)
        return f"plain,{_escaped(item.value)[len(_escaped(incomplete[:start])) :]}"


class _Fish(FishComplete):
    """Returns values without help texts: fish would cut a value at the separator."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.type},{item.value}"


def _line() -> str:
    """Returns the line up to the cursor. COMP_POINT counts bytes."""
    line = os.environ.get("COMP_LINE", "")
    point = int(os.environ.get("COMP_POINT", "0"))
    return os.fsencode(line)[:point].decode(errors="ignore")


def _open_quote(line: str) -> str:
    """Returns the quote character that is open at the end of the line, or ""."""
    quote = ""
    characters = iter(line)
    for character in characters:
        if character == "\\" and quote != "'":
            next(characters, None)
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    return quote


def _escaped(text: str) -> str:
    """Returns ``text`` with a backslash before each character that is special in bash."""
    return re.sub(r"([^\w./:@+,%=-]|^[%=])", r"\\\1", text, flags=re.ASCII)


class ProfileName(click.types.StringParamType):
    """A profile name: any text, completed from the config files."""

    name = "profile"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the profiles that begin with ``incomplete``; none if the files are unreadable."""
        from awsprof.errors import AwsprofError
        from awsprof.profiles.catalog import Catalog

        try:
            names = Catalog.load().profiles
        except AwsprofError:
            return []
        # A name with unprintable characters cannot be typed, so it is not offered.
        typeable = (name for name in names if name.isprintable())
        return [CompletionItem(name) for name in typeable if name.startswith(incomplete)]


def complete_profiles(command: click.Command) -> None:
    """Makes the profile arguments of ``command`` and its subcommands complete."""
    add_completion_class(_Bash)
    add_completion_class(_Fish)
    _complete_profiles(command)


def _complete_profiles(command: click.Command) -> None:
    for parameter in command.params:
        text = parameter.type is click.STRING  # a Choice completes by itself
        if isinstance(parameter, click.Argument) and text and parameter.name in _PROFILES:
            parameter.type = ProfileName()
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        _complete_profiles(subcommand)


@click.command(epilog=examples('eval "$(awsprof completion bash)"'))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script for a shell."""
    app: AppContext = context.obj
    root = context.find_root().command
    zsh = ZshComplete(root, {}, "awsprof", _VARIABLE)
    app.terminal.data({"bash": _BASH, "fish": _FISH}.get(shell) or zsh.source())
    return 0
