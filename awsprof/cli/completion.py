"""awsprof completion: shell completion of commands, options and profile names.

click computes what fast_help_and_completion.py does not answer. The scripts for bash and fish are
awsprof's own, as are those for PowerShell and nu: bash and these two insert a completion unquoted,
so awsprof quotes it, and no shell may split or expand it. zsh and fish quote what they insert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.cli.completion_words import (
    BashWords,
    FishWords,
    NuWords,
    PowerShellWords,
    ZshWords,
)
from awsprof.cli.fast_help_and_completion import COMPLETION_VARIABLE, completable_names

if TYPE_CHECKING:
    from awsprof.cli.completion_words import ShellWords

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

_POWERSHELL: Final = """Register-ArgumentCompleter -Native -CommandName awsprof -ScriptBlock {
    param($word, $line, $cursor)
    $typed = $line.ToString()
    $env:_AWSPROF_COMPLETE = 'powershell_complete'
    $env:COMP_WORDS = $typed.Substring(0, [Math]::Min($cursor, $typed.Length))
    $env:COMP_CWORD = $word
    try {
        $program = Get-Command awsprof -CommandType Application | Select-Object -First 1
        & $program.Source | ForEach-Object {
            $value, $about = $_ -split "`t", 2
            if (-not $about) { $about = $value }
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $about)
        }
    } finally {
        Remove-Item Env:_AWSPROF_COMPLETE, Env:COMP_WORDS, Env:COMP_CWORD
    }
}"""
_NU: Final = """let awsprof_other = ($env.config.completions?.external?.completer? | default null)
$env.config.completions.external.completer = {|spans|
    if $spans.0 == awsprof {
        let words = ($spans | str join (char newline))
        with-env {_AWSPROF_COMPLETE: nu_complete, COMP_WORDS: $words} { ^awsprof }
        | lines
        | each {|line| $line | split column (char tab) value description | first }
    } else if $awsprof_other != null {
        do $awsprof_other $spans
    }
}"""


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


class _PowerShell(ShellComplete):
    """Returns each value quoted, and its help after a tab."""

    name = "powershell"
    source_template = _POWERSHELL
    _reader: ClassVar[type[ShellWords]] = PowerShellWords

    def get_completion_args(self) -> tuple[list[str], str]:
        """Returns the words before the cursor's, and that one."""
        self._words = self._reader()
        return self._words.before, self._words.incomplete

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Returns the quoted value and its help."""
        return self._words.shown(item.value, item.help or "")


class _Nu(_PowerShell):
    """The same for nu."""

    name = "nu"
    source_template = _NU
    _reader = NuWords


class ProfileName(click.types.StringParamType):
    """A profile name: any text, completed from the config files."""

    name = "profile"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the profiles that begin with ``incomplete``; none if the files are unreadable."""
        names = completable_names()
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class SsoSessionName(click.types.StringParamType):
    """The name of an sso-session: any text, completed from the config file."""

    name = "text"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the sessions that begin with ``incomplete``; none if the files are unreadable."""
        from awsprof.errors import AwsprofError
        from awsprof.profiles.catalog import Catalog

        try:
            names = [name for name in Catalog.load().sessions if name.isprintable()]
        except AwsprofError:
            names = []
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


for _class in (_Bash, _Zsh, _Fish, _PowerShell, _Nu):
    add_completion_class(_class)


def complete_profiles(command: click.Command) -> None:
    """Makes what ``command`` and its subcommands take as profile or sso-session complete."""
    for parameter in command.params:
        if parameter.type is not click.STRING:
            continue  # a Choice completes by itself
        if isinstance(parameter, click.Argument):
            names_profile = parameter.name in _PROFILES
        else:
            names_profile = parameter.metavar == "PROFILE"
        if names_profile:
            parameter.type = ProfileName()
        elif parameter.name == "session":
            parameter.type = SsoSessionName()
    for subcommand in command.commands.values() if isinstance(command, click.Group) else ():
        complete_profiles(subcommand)


@click.command(
    epilog=examples(
        'eval "$(awsprof completion bash)"',
        "awsprof completion fish --install",
        "awsprof completion powershell | Out-String | Invoke-Expression",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell", "nu"]))
@click.option("--install", is_flag=True, help="Write it where the shell looks for completions.")
@click.option("--yes", is_flag=True, help="With --install: do not ask.")
@click.pass_context
def completion(context: click.Context, shell: str, install: bool, yes: bool) -> int:
    """Print the completion script for a shell.

    Without --install, run its output when the shell starts, in ~/.bashrc for example.
    """
    app: AppContext = context.obj
    own = {"bash": _BASH, "fish": _FISH, "powershell": _POWERSHELL, "nu": _NU}
    root = context.find_root().command
    script = own.get(shell) or ZshComplete(root, {}, "awsprof", COMPLETION_VARIABLE).source()
    if install:
        from awsprof.cli.completion_install import install_completion

        install_completion(app, shell, script, yes=yes)
    else:
        app.terminal.data(script)
    return 0
