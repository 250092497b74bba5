"""awsprof exec and awsprof env: a profile's credentials as environment variables."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from awsprof import shells
from awsprof.auth.cached_variables import VariablesCache
from awsprof.awsapi.child_environment import (
    child_environment,
    credential_variables,
    variables_for_shell,
    variables_of,
)
from awsprof.cli.app_context import AppContext
from awsprof.cli.child_program import exec_program, find_program, run_child
from awsprof.cli.command_group import examples
from awsprof.cli.fast_exec_and_env import credentials_for_shell
from awsprof.cli.one_off_role import RoleFlags, one_off_role, role_options
from awsprof.cli.parameters import (
    SessionFlags,
    duration_option,
    managed_option,
    only_managed,
    region_option,
)
from awsprof.errors import AwsprofError, UsageError
from awsprof.profiles import current
from awsprof.profiles.patterns import is_pattern, matching_profiles
from awsprof.shells import Shell
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.awsapi.credentials import Credentials
    from awsprof.cli.one_off_role import OneOffRole
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_FAILED: Final = 125
_FOR_PATTERNS: Final = "--workers, --json and --managed are for a pattern."


class _ExecCommand(click.Command):
    """Leaves the options behind the command's first word to the command.

    PROFILE can be left out in front of ``--``.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts ``--`` in front of the command's first word, and an empty PROFILE where it lacks."""
        takes_value = {
            name: not p.is_flag
            for p in self.get_params(ctx)
            if isinstance(p, click.Option)
            for name in p.opts
        }
        at, named = 0, False
        while at < len(args):
            word = args[at]
            name, given, _ = word.partition("=")
            if word == "--":
                rest = args[at:] if named else ["", *args[at:]]
                return super().parse_args(ctx, [*args[:at], *rest])
            if name in takes_value:
                at += 2 if takes_value[name] and not given else 1
            elif named:
                return super().parse_args(ctx, [*args[:at], "--", *args[at:]])
            elif word:
                at, named = at + 1, True
            else:  # as of a shell variable that is not set
                raise UsageError("PROFILE is empty.", "name one, or leave it out in front of --")
        return super().parse_args(ctx, args)


@click.command(
    "exec",
    cls=_ExecCommand,
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "awsprof exec dev -- aws s3 ls",
        "awsprof exec 'prod-*' -- aws sts get-caller-identity",
        "awsprof exec --serve dev -- terraform apply",
        "awsprof exec --account 123456789012 --role ReadOnly -- aws s3 ls",
    ),
)
@click.argument("profile", metavar="[PROFILE|PATTERN]")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@region_option
@duration_option
@role_options
@click.option("--serve", is_flag=True, help="Serve credentials that renew while COMMAND runs.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="With a pattern: how many commands run at once; 8 by default.",
)
@click.option("--json", "as_json", is_flag=True, help="With a pattern: print all output as JSON.")
@managed_option
@click.pass_obj
def exec_command(
    app: AppContext, /, profile: str, command: tuple[str, ...], workers: int | None, **flags: Any
) -> int:
    """Run a command with a profile's credentials.

    Sets the AWS_* variables for the command and clears those that would conflict. The exit code
    is the command's; 125 means that awsprof failed, 126 that the command cannot be run, and 127
    that it was not found. With --serve the command gets its credentials from an endpoint on
    127.0.0.1, which renews them for as long as it runs.

    With a PATTERN ('prod-*', quoted) the command runs for each matching profile, several at once,
    and each line of output starts with the profile's name. The exit code is then 0 if the command
    succeeded for all, 1 if it failed for some, and 125 if some profiles have no credentials.

    A role that has no profile is named by --account and --role, or by --role-arn; its sessions
    are not cached.
    """
    session = SessionFlags(flags["region"], flags["duration"])
    try:
        program = find_program(command[0])
        if isinstance(program, int):
            return program
        role = RoleFlags.taken_from(flags)
        for_patterns = workers is not None or flags["as_json"] or flags["managed"]
        if role and for_patterns:
            raise UsageError(_FOR_PATTERNS, "leave them out")
        if role:
            used = one_off_role(app, profile or None, role, session)
            return _exec_role(used, program, command, serve=flags["serve"])
        cache = VariablesCache(profile or current.profile_of_shell() or current.profile_in_use())
        catalog = app.catalog()
        if is_pattern(profile, catalog):
            if flags["serve"]:
                raise UsageError("--serve is for one profile.", "name one instead of a pattern")
            names = matching_profiles([profile], catalog)
            names = only_managed(names) if flags["managed"] else names
            words = [program, *command[1:]]
            return _exec_many(app, names, words, session, workers, as_json=flags["as_json"])
        if for_patterns:
            raise UsageError(_FOR_PATTERNS, "leave them out")
        name = app.named(profile or None, catalog)
        target = catalog.get(name)
        if flags["serve"]:
            return _serve_one(app, catalog, target, program, command, session)
        variables = _variables(app, catalog, target, session, cache)
        variables = variables_for_shell(variables, name)
        return exec_program(program, command, child_environment(os.environ, variables))
    except AwsprofError as exc:
        app.terminal.error(exc)
        return _FAILED


def _exec_role(used: OneOffRole, program: str, command: Sequence[str], *, serve: bool) -> int:
    """Runs the command with a role that has no profile."""
    credentials = used.credentials()  # asks for a code now
    if serve:
        renew = functools.partial(used.credentials, beside=True)
        return _serve(renew, used.name, used.region, program, command)
    variables = variables_of(credentials.process_fields(), used.region)
    variables = variables_for_shell(variables, used.name)
    return exec_program(program, command, child_environment(os.environ, variables))


def _variables(
    app: AppContext,
    catalog: Catalog,
    target: Profile,
    session: SessionFlags,
    cache: VariablesCache,
) -> dict[str, str]:
    """Returns the variables of a profile's credentials and region, and caches them."""
    resolver = app.resolver(catalog, keep_roles=True)
    found = session.credentials(resolver, target.name)
    if session.duration is None:
        cache.put(resolver, target, found)
    return credential_variables(found, target, session.region)


def _serve_one(
    app: AppContext,
    catalog: Catalog,
    target: Profile,
    program: str,
    command: Sequence[str],
    session: SessionFlags,
) -> int:
    """Runs the command with an endpoint that serves the profile's credentials."""
    session.credentials(app.resolver(catalog, keep_roles=True), target.name)  # asks for a code now

    def renew() -> Credentials:
        resolver = app.resolver(app.catalog(), keep_roles=True, beside=target.name)
        return session.credentials(resolver, target.name)

    region = session.region or target.get("region")
    return _serve(renew, target.name, region, program, command)


def _serve(
    renew: Callable[[], Credentials],
    name: str,
    region: str | None,
    program: str,
    command: Sequence[str],
) -> int:
    """Runs the command with an endpoint that serves what ``renew`` returns."""
    from awsprof.auth.container_server import serve_container_credentials

    with serve_container_credentials(renew) as endpoint:
        variables = variables_for_shell({**endpoint, **variables_of({}, region)}, name)
        return run_child(program, command, child_environment(os.environ, variables))


def _exec_many(
    app: AppContext,
    names: Sequence[str],
    command: Sequence[str],
    session: SessionFlags,
    workers: int | None,
    *,
    as_json: bool,
) -> int:
    from awsprof.cli import exec_many

    catalog = app.catalog()
    resolver = app.resolver(catalog, keep_roles=True, many=True)

    refused = _ask_for_codes(resolver, session, names)

    def environment(name: str) -> dict[str, str]:
        if name in refused:
            raise refused[name]
        found = session.credentials(resolver, name)
        variables = credential_variables(found, catalog.get(name), session.region)
        return child_environment(os.environ, variables_for_shell(variables, name))

    room = max(len(sanitize(name)) for name in names)
    with app.terminal.progress("running the command", len(names)) as advance:

        def done(run: exec_many.Run) -> None:
            advance()
            if not as_json:
                exec_many.print_run(run, room)

        runner = exec_many.CommandRunner(command, environment)
        runs = runner.run(names, workers or exec_many.USUAL_WORKERS, done)
    if as_json:
        data = {"schema": exec_many.RUNS_SCHEMA, "runs": [run.as_json() for run in runs]}
        app.terminal.json(data)
    return exec_many.report(app.terminal, runs, len(names))


def _ask_for_codes(
    resolver: Resolver, session: SessionFlags, names: Sequence[str]
) -> dict[str, AwsprofError]:
    """Asks for all MFA codes before anything runs, so that no output disturbs the prompts.

    Returns the errors of the profiles that got none.
    """
    errors = {}
    for name in names:
        try:
            if resolver.needs_code(name):
                session.credentials(resolver, name)
        except AwsprofError as exc:
            errors[name] = exc
    return errors


@click.command(
    epilog=examples(
        'eval "$(awsprof env dev)"',
        "awsprof env dev --shell json",
    )
)
@click.argument("profile", required=False)
@region_option
@duration_option
@role_options
@click.option(
    "--shell",
    type=click.Choice([*(each.value for each in Shell), "json"]),
    help="Syntax to print. Default: from $SHELL.",
)
@click.pass_obj
def env(
    app: AppContext,
    /,
    profile: str | None,
    region: str | None,
    duration: int | None,
    shell: str | None,
    **flags: Any,
) -> int:
    """Print a profile's credentials as shell variables.

    \b
    bash, zsh   eval "$(awsprof env PROFILE)"
    fish        awsprof env PROFILE | source
    tcsh        eval "`awsprof env PROFILE`"
    powershell  awsprof env PROFILE | Out-String | Invoke-Expression
    nu          awsprof env PROFILE --shell json | from json | load-env
    cmd         awsprof env PROFILE --shell cmd > x.cmd && call x.cmd && del x.cmd

    Also unsets variables that would conflict. The output is secret. A role that has no profile
    is named by --account and --role, or by --role-arn.
    """
    syntax = "json" if shell == "json" else Shell(shell) if shell else shells.current_shell()
    session, role = SessionFlags(region, duration), RoleFlags.taken_from(flags)
    if role:
        used = one_off_role(app, profile, role, session)
        name, variables = used.name, variables_of(used.credentials().process_fields(), used.region)
    else:
        cache = VariablesCache(profile or current.profile_of_shell() or current.profile_in_use())
        catalog = app.catalog()
        name = app.named(profile, catalog)
        variables = _variables(app, catalog, catalog.get(name), session, cache)
    if isinstance(syntax, Shell):
        app.terminal.data(credentials_for_shell(syntax, variables, name))
    else:
        app.terminal.data(json.dumps(dict(variables), indent=2))
    return 0
