"""awsprof completion: commands, flags and names of profiles, completed by the shell.

click finds what to offer. The scripts of bash and fish are our own: bash inserts what it is given
as it stands, so a name must come quoted, and neither may cut or expand it. zsh and fish quote what
they insert.
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

from awsprof.cli.context import AppContext

_VARIABLE: Final = "_AWSPROF_COMPLETE"  # click's own: it answers where this is set
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
    """Answers with words that bash may insert as they are."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and that one: bash's own cuts names at ':'."""
        words = split_arg_string(_line() + "_")  # so that the last word is the one at the cursor
        return words[1:-1], words[-1][:-1] if words else ""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """The kind of what is offered, and the rest of it that bash is to insert."""
        if item.type != "plain":
            return super().format_completion(item)
        incomplete = self.get_completion_args()[1]
        quote = _open_quote(_line())
        if quote:
            taken = "'" if quote == "'" else '"$`!\\'
            fits = not set(taken) & set(item.value)
            return f"plain,{item.value}" if fits else ""
        breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & set(":=@")
        start = max((incomplete.rfind(each) + 1 for each in breaks), default=0)
        return f"plain,{_escaped(item.value)[len(_escaped(incomplete[:start])) :]}"


class _Fish(FishComplete):
    """What is offered, without help texts, which a name may not be cut from."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        return f"{item.type},{item.value}"


def _line() -> str:
    """What is typed, up to the cursor (COMP_POINT counts as bash does)."""
    line = os.environ.get("COMP_LINE", "")
    point = int(os.environ.get("COMP_POINT", "0"))
    return os.fsencode(line)[:point].decode(errors="ignore")


def _open_quote(line: str) -> str:
    """The quote that the line's last word stands in; empty where none is open."""
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
    """Each character that may mean something to bash, with a backslash before it."""
    return re.sub(r"([^\w./:@+,%=-]|^[%=])", r"\\\1", text, flags=re.ASCII)


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
        # What holds characters that nobody sees, or can type, is not offered.
        fit = (name for name in names if name.isprintable())
        return [CompletionItem(name) for name in fit if name.startswith(incomplete)]


def complete_profiles(command: click.Command) -> None:
    """Have every argument of the command that names a profile complete, and of those below it."""
    add_completion_class(_Bash)
    add_completion_class(_Fish)
    _complete_profiles(command)


def _complete_profiles(command: click.Command) -> None:
    for parameter in command.params:
        text = parameter.type is click.STRING  # one that chooses among words checks them itself
        if isinstance(parameter, click.Argument) and text and parameter.name in _PROFILES:
            parameter.type = ProfileName()
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        _complete_profiles(below)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print what makes SHELL complete awsprof: eval "$(awsprof completion bash)"."""
    app: AppContext = context.obj
    root = context.find_root().command
    zsh = ZshComplete(root, {}, "awsprof", _VARIABLE)
    app.terminal.data({"bash": _BASH, "fish": _FISH}.get(shell) or zsh.source())
    return 0
