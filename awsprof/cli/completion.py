"""awsprof completion: shell completion of commands, options and profile names.

click computes what without_click.py does not answer. The scripts for bash and fish are awsprof's
own: bash inserts a completion unquoted, so awsprof quotes it, and neither shell may split or expand
it. zsh and fish quote what they insert.
"""

from __future__ import annotations

from typing import Any, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
    add_completion_class,
)

from awsprof.cli.command_group import examples
from awsprof.cli.completion_words import BashWords, FishWords, ZshWords
from awsprof.cli.context import AppContext
from awsprof.cli.without_click import COMPLETION_VARIABLE, completable_names

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
        """Returns the words before the cursor's, and that one."""
        self._words = BashWords()
        return self._words.before, self._words.incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Returns the item's type and the part of it that bash still has to insert."""
        if item.type != "plain":
            return super().format_completion(item)
        return self._words.shown(item.value)


class _Zsh(ZshComplete):
    """Reads words as the quick answers do."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Returns the words before the cursor's, and that one."""
        words = ZshWords()
        return words.before, words.incomplete


class _Fish(FishComplete):
    """Returns values without help texts: fish would cut a value at the separator."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Returns the words before the cursor's, and that one."""
        words = FishWords()
        return words.before, words.incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Returns the item's type and value."""
        return f"{item.type},{item.value}"


class ProfileName(click.types.StringParamType):
    """A profile name: any text, completed from the config files."""

    name = "profile"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the profiles that begin with ``incomplete``; none if the files are unreadable."""
        names = completable_names()
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


for _class in (_Bash, _Zsh, _Fish):
    add_completion_class(_class)


def complete_profiles(command: click.Command) -> None:
    """Makes the profile arguments of ``command`` and its subcommands complete."""
    for parameter in command.params:
        text = parameter.type is click.STRING  # a Choice completes by itself
        if isinstance(parameter, click.Argument) and text and parameter.name in _PROFILES:
            parameter.type = ProfileName()
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        complete_profiles(subcommand)


@click.command(epilog=examples('eval "$(awsprof completion bash)"'))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script for a shell."""
    app: AppContext = context.obj
    root = context.find_root().command
    zsh = ZshComplete(root, {}, "awsprof", COMPLETION_VARIABLE)
    app.terminal.data({"bash": _BASH, "fish": _FISH}.get(shell) or zsh.source())
    return 0
