"""awsprof whoami: who AWS says a profile is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.cli.parameters import managed_option, only_managed
from awsprof.errors import InteractionRequired
from awsprof.shells import unset_variables
from awsprof.text import list_names, sanitize, show_hidden

if TYPE_CHECKING:
    from awsprof.auth.caller_identities import IdentityResult
    from awsprof.profiles.catalog import Catalog

_SCHEMA: Final = 1  # of --json: fields may be added, but none changes its meaning
_NAMED: Final = 3  # profiles with the same error, before they are counted


@click.command(
    "whoami",
    epilog=examples(
        "awsprof whoami dev",
        "awsprof whoami 'prod-*'",
        "awsprof whoami --json dev | jq -r '.profiles[].arn'",
    ),
)
@click.argument("profiles", nargs=-1, metavar="[PROFILE|PATTERN]...")
@json_option
@managed_option
@click.pass_obj
def whoami_command(app: AppContext, profiles: tuple[str, ...], as_json: bool, managed: bool) -> int:
    """Ask AWS who a profile is: account and ARN.

    Without PROFILE, asks about the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY if they are
    set (as by awsprof exec), because SDKs use them first, or about the role in AWS_ROLE_ARN with
    AWS_WEB_IDENTITY_TOKEN_FILE (as in a cluster), or a container's credentials (as in ECS, or by
    awsprof exec --serve) if SDKs use those; else about the profile in AWS_PROFILE, or the one that
    you choose.

    If AWS does not answer for a profile, the exit code is 4 if you must sign in first, else 3; for
    several profiles, that of the first.
    """
    from awsprof.auth.caller_identities import check_environment, check_identities

    catalog = app.catalog()
    environment = None if profiles or managed else check_environment(catalog)
    if environment is not None:
        return _tell_environment(app, catalog, environment, as_json)
    names = app.named_profiles(profiles, catalog)
    names = only_managed(names) if managed else names
    resolver = app.resolver(catalog, ask=True, many=len(names) > 1)
    return _tell(app, check_identities(resolver, names), as_json)


def _tell_environment(
    app: AppContext, catalog: Catalog, found: IdentityResult, as_json: bool
) -> int:
    """Prints whose the credentials in the environment are, and which profile they hide."""
    from awsprof.profiles import current

    hiding = {
        current.KEY_VARIABLES[0]: ("the key in AWS_ACCESS_KEY_ID", current.KEY_VARIABLES),
        current.TOKEN_FILE_VARIABLE: (
            f"the role in {current.ROLE_VARIABLE}, with {current.TOKEN_FILE_VARIABLE}",
            (current.TOKEN_FILE_VARIABLE, current.ROLE_VARIABLE),
        ),
    }
    if found.variable not in hiding:
        return _tell(app, [found], as_json)
    what, variables = hiding[found.variable]
    hidden = current.profile_in_use()
    named = current.variable_in_use() is not None
    if named or (hidden in catalog.profiles and "AWSPROF_PROFILE" not in os.environ):
        profile = f"the profile {sanitize(hidden)}" if hidden else "any profile"
        app.terminal.warn(f"This is about {what}, which SDKs use instead of {profile}.")
        app.terminal.detail(unset_variables(*variables))
    return _tell(app, [found], as_json)


def _tell(app: AppContext, answers: Sequence[IdentityResult], as_json: bool) -> int:
    if as_json:
        app.terminal.json({"schema": _SCHEMA, "profiles": [_json(answer) for answer in answers]})
    elif len(answers) == 1 and answers[0].error is None:
        identity = answers[0].identity
        app.terminal.data(sanitize(identity.arn) if identity else "")
    else:
        rows = [_row(answer) for answer in answers if answer.identity is not None]
        if rows:
            app.terminal.table(["PROFILE", "ACCOUNT", "ARN"], rows)
    errors = [
        (answer.profile or answer.variable, answer.error)
        for answer in answers
        if answer.error is not None
    ]
    causes: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, error in errors:
        # One sign-in ends what many profiles say; other fixes are each for their own profile.
        cause = (error.message, "" if isinstance(error, InteractionRequired) else error.fix)
        causes.setdefault(cause, []).append((name, error.fix))
    for (message, _), alike in causes.items():
        names = list_names([name for name, _ in alike], _NAMED)
        app.terminal.failed(f"{names}: {message}", alike[0][1])
    return errors[0][1].exit_code if errors else 0


def _row(answer: IdentityResult) -> tuple[str, ...]:
    who = answer.identity
    return (show_hidden(answer.profile), who.account, who.arn) if who else (answer.profile,)


def _json(answer: IdentityResult) -> dict[str, Any]:
    who, error = answer.identity, answer.error
    return {
        "profile": answer.profile or None,
        "account": who.account if who else None,
        "arn": who.arn if who else None,
        "user_id": who.user_id if who else None,
        "error": {"code": error.code, "message": error.message, "fix": error.fix}
        if error
        else None,
    }
