"""awsprof use, shell-init and prompt: AWS_PROFILE in this shell, and what its prompt shows."""

from __future__ import annotations

from typing import Final

import click

from awsprof import shells
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.errors import UsageError
from awsprof.shells import Shell

_FUNCTIONS: Final = {
    "bash": """awsprof() {
  if [ "$1" = use ]; then
    shift
    local code
    code="$(command awsprof use --shell bash "$@")" && eval "$code"
  else
    command awsprof "$@"
  fi
}""",
    "fish": """function awsprof
  if test "$argv[1]" = use
    set -l code (command awsprof use --shell fish $argv[2..] | string collect)
    and eval "$code"
  else
    command awsprof $argv
  end
end""",
    "powershell": """function awsprof {
  $program = (Get-Command awsprof -CommandType Application | Select-Object -First 1).Source
  if ($args[0] -eq 'use') {
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

    Works in shells that ran `awsprof shell-init`; in others it prints what to run.
    """
    name = app.catalog().get(profile).name if profile else None
    if shell is None:
        raise UsageError("A program cannot change the shell it was started from.", _by_hand(name))
    app.terminal.data(_code(shell, name))
    return 0


def _by_hand(name: str | None) -> str:
    """Returns what to type in the current shell so that `awsprof use` works, or instead of it."""
    try:
        shell = shells.current_shell()
    except UsageError:
        shell = Shell.BASH
    if shell in _SET_UP:
        return _SET_UP[shell]
    lines = [line.rstrip(";") for line in _code(shell, name).splitlines()]
    return "run it yourself: " + "; ".join(lines)


def _code(shell: str, name: str | None) -> str:
    """Returns the code for ``shell``. It unsets AWS_DEFAULT_PROFILE, which boto3 reads first."""
    if name:
        return shells.assign_variables(Shell(shell), {"AWS_PROFILE": name}, ["AWS_DEFAULT_PROFILE"])
    return shells.assign_variables(Shell(shell), {}, ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"])


@click.command("prompt", epilog=examples("PS1='$(awsprof prompt) \\$ '"))
@click.pass_obj
def prompt(app: AppContext) -> int:
    """Print the profile of this shell, and its time left.

    Prints nothing if AWS_PROFILE is not set. It opens no vault and calls no service: the time left
    is that of a session that awsprof or the AWS CLI has cached.

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
