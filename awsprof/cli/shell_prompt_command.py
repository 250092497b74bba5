"""awsprof prompt: the profile and its time left, for the shell's prompt."""

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples


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
