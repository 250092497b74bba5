"""awsprof use, shell-init and prompt: AWS_PROFILE in this shell, and what its prompt shows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from awsprof import paths, shells
from awsprof.awsapi.child_environment import conflicting_variables
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.errors import UsageError
from awsprof.profiles import current
from awsprof.profiles.current import KEY_VARIABLES
from awsprof.shells import Shell

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_FUNCTIONS: Final = {
    "bash": """awsprof() {
  case "$1 $* " in
    *" -h "*|*" --help "*) command awsprof "$@" ;;
    "use "*)
      shift
      local code
      code="$(command awsprof use --shell bash "$@")" && eval "$code" ;;
    *) command awsprof "$@" ;;
  esac
}""",
    "fish": """function awsprof
  if test "$argv[1]" = use; and not contains -- -h $argv; and not contains -- --help $argv
    set -l code (command awsprof use --shell fish $argv[2..] | string collect)
    and eval "$code"
  else
    command awsprof $argv
  end
end""",
    "powershell": """function awsprof {
  $program = (Get-Command awsprof -CommandType Application | Select-Object -First 1).Source
  $help = ($args -contains '-h') -or ($args -contains '--help')
  if ($args[0] -eq 'use' -and -not $help) {
    $code = & $program use --shell powershell @($args | Select-Object -Skip 1)
    if ($LASTEXITCODE -eq 0) { Invoke-Expression ($code -join "`n") }
  } else { & $program @args }
}""",
}
_SHELLS: Final = ("bash", "zsh", "fish", "powershell")
_SET_UP: Final = {
    Shell.BASH: 'add eval "$(awsprof shell-init bash)" to ~/.bashrc, and run it here too',
    Shell.ZSH: 'add eval "$(awsprof shell-init zsh)" to ~/.zshrc, and run it here too',
    Shell.FISH: "add awsprof shell-init fish | source to config.fish, and run it here too",
    Shell.POWERSHELL: "add to $PROFILE, and run here too: awsprof shell-init powershell |"
    " Out-String | Invoke-Expression",
}


@click.command("shell-init", epilog=examples('eval "$(awsprof shell-init bash)"'))
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_obj
def shell_init(app: AppContext, shell: str) -> int:
    """Print the shell function that `awsprof use` needs.

    \b
    bash, zsh    eval "$(awsprof shell-init bash)"      in ~/.bashrc or ~/.zshrc
    fish         awsprof shell-init fish | source       in config.fish
    powershell   awsprof shell-init powershell | Out-String | Invoke-Expression

    tcsh, nu and cmd have no such function: there `awsprof use PROFILE` prints what to run.
    """
    app.terminal.data(_FUNCTIONS["bash" if shell == "zsh" else shell])
    return 0


@click.command(
    epilog=examples(
        "awsprof use dev    set AWS_PROFILE to dev",
        "awsprof use        unset AWS_PROFILE",
    )
)
@click.argument("profile", required=False)
@click.option("--shell", type=click.Choice(_SHELLS), hidden=True)
@click.pass_obj
def use(app: AppContext, profile: str | None, shell: str | None) -> int:
    """Set AWS_PROFILE in this shell; without PROFILE, unset it.

    Unsets the credentials that SDKs would use before the profile's, as of `awsprof env`. Works in
    shells that ran `awsprof shell-init`; in others it prints what to run.
    """
    catalog = app.catalog()
    name = None if profile is None else catalog.get(profile).name
    changes = _changes(name, catalog)
    if shell is None:
        raise UsageError(
            "A program cannot change the shell it was started from.", _by_hand(changes)
        )
    if KEY_VARIABLES[0] in changes.unset and current.profile_of_shell() is None:
        app.terminal.say(f"Unset, since SDKs would use it first: the key in {KEY_VARIABLES[0]}.")
    app.terminal.data(shells.assign_variables(Shell(shell), changes.values, changes.unset))
    return 0


class _Changes(NamedTuple):
    """What `awsprof use` changes in the shell: variables to set, and names to unset."""

    values: Mapping[str, str]
    unset: Sequence[str]


def _changes(name: str | None, catalog: Catalog) -> _Changes:
    """Returns how the shell comes to use the profile ``name``; None: no profile and no keys.

    AWS_DEFAULT_PROFILE is always unset, since boto3 reads it first.
    """
    values = {} if name is None else {"AWS_PROFILE": name}
    shown, hiding = paths.variables_that_show_files()
    values.update(shown)
    present = [variable for variable in conflicting_variables(values) if variable in os.environ]
    unset = dict.fromkeys((*current.VARIABLES, *present, *hiding, *_regions_of_shell(catalog)))
    return _Changes(values, [each for each in unset if each not in values])


def _regions_of_shell(catalog: Catalog) -> tuple[str, ...]:
    """Returns the region's variables if they have the region of this shell's last profile."""
    last = catalog.profiles.get(os.environ.get("AWSPROF_PROFILE", ""))
    region = last.get("region") if last else None
    variables = ("AWS_REGION", "AWS_DEFAULT_REGION")
    return tuple(each for each in variables if region and os.environ.get(each) == region)


def _by_hand(changes: _Changes) -> str:
    """Returns what to type in the current shell so that `awsprof use` works, or instead of it."""
    try:
        shell = shells.current_shell()
    except UsageError:
        shell = Shell.BASH
    if shell in _SET_UP:
        return _SET_UP[shell]
    code = shells.assign_variables(shell, changes.values, changes.unset)
    return "run it yourself: " + "; ".join(line.rstrip(";") for line in code.splitlines())


@click.command("prompt", epilog=examples("PS1='$(awsprof prompt) \\$ '"))
@click.pass_obj
def prompt(app: AppContext) -> int:
    """Print the profile of this shell, and its time left.

    Prints nothing if no variable names a profile, or if SDKs use other keys before its own. It
    opens no vault and calls no service: the time left is that of a session that awsprof or the AWS
    CLI has cached.

    \b
    bash          PS1='$(awsprof prompt) \\$ '
    zsh           setopt prompt_subst; PROMPT='$(awsprof prompt) %# '
    fish          function fish_right_prompt; awsprof prompt; end
    powershell    function prompt { "$(awsprof prompt) PS> " }
    """
    from awsprof.cli.shell_prompt_line import prompt_line

    line = prompt_line()
    if line:
        app.terminal.data_line(line)
    return 0
