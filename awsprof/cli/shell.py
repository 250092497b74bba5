"""awsprof shell-init and awsprof use: the profile of this shell, by one word."""

from __future__ import annotations

from typing import Final

import click

from awsprof import shells
from awsprof.cli.context import AppContext
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


@click.command("shell-init")
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_obj
def shell_init(app: AppContext, shell: str) -> int:
    """Print what makes `awsprof use` work in a shell.

    \b
    bash, zsh    eval "$(awsprof shell-init bash)"      in ~/.bashrc or ~/.zshrc
    fish         awsprof shell-init fish | source       in config.fish
    powershell   awsprof shell-init powershell | Out-String | Invoke-Expression

    tcsh, nu and cmd have no `awsprof use`: there `awsprof use PROFILE` prints the line to run.
    """
    app.terminal.data(_FUNCTIONS["bash" if shell == "zsh" else shell])
    return 0


@click.command()
@click.argument("profile", required=False)
@click.option("--shell", type=click.Choice(_SHELLS), hidden=True)
@click.pass_obj
def use(app: AppContext, profile: str | None, shell: str | None) -> int:
    """Make a profile that of this shell (AWS_PROFILE); without PROFILE none is.

    It works where `awsprof shell-init` was run; elsewhere it says what to run.
    """
    name = app.catalog().get(profile).name if profile else None
    if shell is None:
        raise UsageError("A program cannot change the shell that started it.", _by_hand(name))
    app.terminal.data(_code(shell, name))
    return 0


_ONCE: Final = {
    Shell.BASH: 'run eval "$(awsprof shell-init bash)" once, and put it into ~/.bashrc; then again',
    Shell.ZSH: 'run eval "$(awsprof shell-init zsh)" once, and put it into ~/.zshrc; then again',
    Shell.FISH: "run awsprof shell-init fish | source once, and put it into config.fish; then"
    " again",
    Shell.POWERSHELL: "run awsprof shell-init powershell | Out-String | Invoke-Expression once, and"
    " put it into $PROFILE; then again",
}


def _by_hand(name: str | None) -> str:
    """What makes `awsprof use` work in the shell of SHELL, or does the same there by itself."""
    try:
        own = shells.current_shell()
    except UsageError:
        own = Shell.BASH
    if own in _ONCE:
        return _ONCE[own]
    lines = [line.rstrip(";") for line in _code(own, name).splitlines()]
    return "run it yourself: " + "; ".join(lines)


def _code(shell: str, name: str | None) -> str:
    """What the shell is to run; the other variable of that meaning goes, since it would win."""
    if name:
        return shells.assign_variables(Shell(shell), {"AWS_PROFILE": name}, ["AWS_DEFAULT_PROFILE"])
    return shells.assign_variables(Shell(shell), {}, ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"])
