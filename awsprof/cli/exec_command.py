"""awsprof exec and awsprof env: a profile's credentials as environment variables."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from awsprof import shells
from awsprof.cli.command_group import examples
from awsprof.cli.context import AppContext
from awsprof.errors import AwsprofError
from awsprof.masking import for_display
from awsprof.shells import Shell

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.catalog import Catalog

_FAILED, _NOT_RUNNABLE, _NOT_FOUND = 125, 126, 127
_FORWARDED: Final = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")


@click.command(
    "exec",
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "awsprof exec dev -- aws s3 ls",
        "awsprof exec --serve dev -- terraform apply",
    ),
)
@click.argument("profile")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--serve", is_flag=True, help="Serve credentials that renew while COMMAND runs.")
@click.pass_obj
def exec_command(app: AppContext, profile: str, command: tuple[str, ...], serve: bool) -> int:
    """Run a command with a profile's credentials.

    Sets the AWS_* variables for the command and clears those that would conflict. The exit code
    is the command's; 125 means that awsprof failed, 126 that the command cannot be run, and 127
    that it was not found. With --serve the command gets its credentials from an endpoint on
    127.0.0.1, which renews them for as long as it runs.
    """
    from awsprof.awsapi.env import child_environment, credential_variables, region_variables

    try:
        program = _find_program(command[0])
        if isinstance(program, int):
            return program
        catalog = app.catalog()
        target = catalog.get(profile)
        first = _credentials(app, catalog, profile)
        mark = {"AWSPROF_PROFILE": target.name}
        if not serve:
            variables = {**credential_variables(first, target), **mark}
            return _exec(program, command, child_environment(os.environ, variables))
        from awsprof.auth.container_server import serve_container_credentials

        with serve_container_credentials(
            lambda: _credentials(app, app.catalog(), profile, beside=profile)
        ) as endpoint:
            variables = {**endpoint, **region_variables(target), **mark}
            return _run(program, command, child_environment(os.environ, variables))
    except AwsprofError as exc:
        app.terminal.error(exc)
        return _FAILED


def _credentials(
    app: AppContext, catalog: Catalog, profile: str, *, beside: str | None = None
) -> Credentials:
    from awsprof.auth.identity import verified_credentials

    return verified_credentials(app.resolver(catalog, keep_roles=True, beside=beside), profile)


def _find_program(word: str) -> str | int:
    """Returns the path of the program, or 126 or 127 after saying why there is none."""
    program = shutil.which(word)
    if program is not None:
        return program
    exists = os.path.exists(word)  # noqa: PTH110  # typed by the user; may not be a path
    what = "cannot be run" if exists else "was not found"
    sys.stderr.write(for_display(f"awsprof: {word} {what}") + "\n")
    return _NOT_RUNNABLE if exists else _NOT_FOUND


def _exec(program: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Replaces this process with the command, so that it gets signals and exits by itself."""
    if sys.platform == "win32":
        return _run(program, command, environment)
    from awsprof.vault.hardening import restore_core_limit

    restore_core_limit()
    try:
        os.execve(program, list(command), dict(environment))  # noqa: S606  # what exec is for
    except OSError as exc:
        error = f"awsprof: {command[0]} cannot be run: {exc.strerror}"
        sys.stderr.write(for_display(error) + "\n")
        return _NOT_RUNNABLE


def _run(program: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs the command as a child and forwards signals to it, also those that arrive early.

    Returns its exit code, or 128 plus the number of the signal that ended it.
    """
    started: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int, _: Any) -> None:
        if not started:
            early.append(number)
        elif started[0].poll() is None:
            started[0].send_signal(number)

    for name in _FORWARDED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), forward)
    try:
        child = subprocess.Popen(  # noqa: S603  # what exec is for
            list(command), executable=program, env=dict(environment)
        )
    except OSError as exc:
        error = f"awsprof: {command[0]} cannot be run: {exc.strerror}"
        sys.stderr.write(for_display(error) + "\n")
        return _NOT_RUNNABLE
    started.append(child)
    for number in early:
        child.send_signal(number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child too
    code = child.wait()
    return code if code >= 0 else 128 - code


@click.command(
    epilog=examples(
        'eval "$(awsprof env dev)"',
        "awsprof env dev --shell json",
    )
)
@click.argument("profile")
@click.option(
    "--shell",
    type=click.Choice([*(each.value for each in Shell), "json"]),
    help="Syntax to print. Default: from $SHELL.",
)
@click.pass_obj
def env(app: AppContext, profile: str, shell: str | None) -> int:
    """Print a profile's credentials as shell variables.

    \b
    bash, zsh    eval "$(awsprof env PROFILE)"
    fish         awsprof env PROFILE | source
    tcsh         eval "`awsprof env PROFILE`"
    powershell   awsprof env PROFILE | Out-String | Invoke-Expression
    nu           awsprof env PROFILE --shell json | from json | load-env
    cmd          awsprof env PROFILE --shell cmd > FILE.cmd && call FILE.cmd && del FILE.cmd

    Also unsets variables that would conflict. The output is secret.
    """
    from awsprof.awsapi.env import CLEARED, credential_variables

    syntax = "json" if shell == "json" else Shell(shell) if shell else shells.current_shell()
    catalog = app.catalog()
    variables = credential_variables(_credentials(app, catalog, profile), catalog.get(profile))
    unset = [name for name in CLEARED if name not in variables]
    if isinstance(syntax, Shell):
        app.terminal.data(shells.assign_variables(syntax, variables, unset))
    else:
        app.terminal.data(json.dumps(dict(variables), indent=2))
    return 0
