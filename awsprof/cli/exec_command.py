"""awsprof exec and awsprof env: a profile's credentials for programs that read variables alone."""

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
from awsprof.cli.context import AppContext
from awsprof.errors import AwsprofError
from awsprof.masking import for_display
from awsprof.shells import Shell

if TYPE_CHECKING:
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.catalog import Catalog

_FAILED, _NOT_RUNNABLE, _NOT_FOUND = 125, 126, 127
_PASSED_ON: Final = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")


@click.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("profile")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--serve", is_flag=True, help="Give credentials that renew, by an endpoint of ours.")
@click.pass_obj
def exec_command(app: AppContext, profile: str, command: tuple[str, ...], serve: bool) -> int:
    """Run a command with a profile's credentials: awsprof exec PROFILE -- COMMAND.

    They are in its environment as every SDK reads them; what else would say who one is, is not.
    The exit code is the command's; 125 means that awsprof failed, 126 that the command cannot be
    run, 127 that it was not found. With --serve they come from an endpoint on 127.0.0.1 and renew
    for as long as it runs.
    """
    from awsprof.awsapi.env import child_environment, credential_variables, region_variables

    try:
        program = _found(command[0])
        if isinstance(program, int):
            return program
        catalog = app.catalog()
        called = catalog.get(profile)
        first = _credentials(app, catalog, profile)
        mark = {"AWSPROF_PROFILE": called.name}
        if not serve:
            given = {**credential_variables(first, called), **mark}
            return _become(program, command, child_environment(os.environ, given))
        from awsprof.auth.container_server import serve_container_credentials

        with serve_container_credentials(
            lambda: _credentials(app, app.catalog(), profile, beside=profile)
        ) as endpoint:
            given = {**endpoint, **region_variables(called), **mark}
            return _run(program, command, child_environment(os.environ, given))
    except AwsprofError as exc:
        app.terminal.error(exc)
        return _FAILED


def _credentials(
    app: AppContext, catalog: Catalog, profile: str, *, beside: str | None = None
) -> Credentials:
    from awsprof.auth.identity import verified_credentials

    return verified_credentials(app.resolver(catalog, keep_roles=True, beside=beside), profile)


def _found(word: str) -> str | int:
    """The program, or the exit code that says why there is none."""
    program = shutil.which(word)
    if program is not None:
        return program
    there = os.path.exists(word)  # noqa: PTH110  # a word of the person's, and maybe no path
    what = "cannot be run" if there else "was not found"
    sys.stderr.write(for_display(f"awsprof: {word} {what}") + "\n")
    return _NOT_RUNNABLE if there else _NOT_FOUND


def _become(program: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The command in our place: signals and exit code are its own."""
    if sys.platform == "win32":
        return _run(program, command, environment)
    from awsprof.vault.hardening import restore_core_limit

    restore_core_limit()
    try:
        os.execve(program, list(command), dict(environment))  # noqa: S606  # what exec is for
    except OSError as exc:
        said = f"awsprof: {command[0]} cannot be run: {exc.strerror}"
        sys.stderr.write(for_display(said) + "\n")
        return _NOT_RUNNABLE


def _run(program: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """The command beside us, with signals passed on to it: those too that come as it starts."""
    started: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _: Any) -> None:
        if not started:
            early.append(number)
        elif started[0].poll() is None:
            started[0].send_signal(number)

    for name in _PASSED_ON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), pass_on)
    try:
        child = subprocess.Popen(  # noqa: S603  # what exec is for
            list(command), executable=program, env=dict(environment)
        )
    except OSError as exc:
        said = f"awsprof: {command[0]} cannot be run: {exc.strerror}"
        sys.stderr.write(for_display(said) + "\n")
        return _NOT_RUNNABLE
    started.append(child)
    for number in early:
        child.send_signal(number)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to the child itself
    code = child.wait()
    return code if code >= 0 else 128 - code


@click.command()
@click.argument("profile")
@click.option(
    "--shell",
    type=click.Choice([*(each.value for each in Shell), "json"]),
    help="Whose syntax; without it that of SHELL.",
)
@click.pass_obj
def env(app: AppContext, profile: str, shell: str | None) -> int:
    """Print a profile's credentials as variables: eval "$(awsprof env PROFILE)".

    \b
    fish         awsprof env PROFILE | source
    tcsh         eval "`awsprof env PROFILE`"
    powershell   awsprof env PROFILE | Out-String | Invoke-Expression
    nu           awsprof env PROFILE --shell json | from json | load-env
    cmd          awsprof env PROFILE --shell cmd > FILE.cmd && call FILE.cmd && del FILE.cmd

    Variables that would conflict are unset. What is printed is secret.
    """
    from awsprof.awsapi.env import CLEARED, credential_variables

    syntax = "json" if shell == "json" else Shell(shell) if shell else shells.current_shell()
    catalog = app.catalog()
    given = credential_variables(_credentials(app, catalog, profile), catalog.get(profile))
    gone = [name for name in CLEARED if name not in given]
    if isinstance(syntax, Shell):
        app.terminal.data(shells.assign_variables(syntax, given, gone))
    else:
        app.terminal.data(json.dumps(dict(given), indent=2))
    return 0
