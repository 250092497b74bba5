"""awsprof sso discover: profiles for every account and role in IAM Identity Center."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import CommandGroup, examples
from awsprof.cli.edit import confirm_options
from awsprof.shells import shell_word
from awsprof.text import counted

if TYPE_CHECKING:
    from awsprof.auth.identity_center.portal import Assignment
    from awsprof.profiles.model import SsoSession


@click.group(cls=CommandGroup, epilog=examples("awsprof sso discover corp"))
def sso() -> None:
    """Create profiles from IAM Identity Center."""


@sso.command(
    epilog=examples(
        "awsprof sso discover corp --region eu-west-1",
        "awsprof sso discover corp --name '{account_name}-{role}' --only 'prod-*'",
    )
)
@click.argument("session")
@click.option("--name", "template", metavar="TEMPLATE", help="Names of new profiles (see above).")
@click.option("--region", metavar="REGION", help="Region of new profiles.")
@click.option("--only", metavar="GLOB", default="*", help="Only profiles whose name matches.")
@click.option("--prune", is_flag=True, help="Remove profiles for roles you no longer have.")
@confirm_options
@click.pass_obj
def discover(
    app: AppContext,
    session: str,
    template: str | None,
    region: str | None,
    only: str,
    prune: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Create a profile for every account and role of SESSION.

    SESSION is an sso-session of your config. Existing profiles stay as they are; awsprof finds
    them by account ID and role. TEMPLATE can contain {account_name}, {account_id}, {role} and
    {session}; the default is {account_name}-{role}.
    """
    from awsprof.editing import sso_assignments
    from awsprof.editing.identity_proof import first_commands
    from awsprof.profiles.kinds import fields

    catalog = app.catalog()
    found = catalog.session(session)
    template = sso_assignments.check_template(template or sso_assignments.TEMPLATE)
    region = fields.validate_region(region) if region else None
    assignments = list_assignments(app, found)
    compared = sso_assignments.compare_assignments(found, assignments, catalog, template, only)
    new = [each for each in compared.named if each.new]
    there = len(compared.named) - len(new)
    matching = "" if only == "*" else f", {len(compared.named)} match --only"
    found_roles = counted(len(assignments), "role")
    app.terminal.say(f"{found_roles} found{matching}: {there} with a profile, {len(new)} new.")
    for each in compared.unfit:
        what = f"{shell_word(each.role)} in account {shell_word(each.account.id)}"
        app.terminal.warn(f"Skipped, because no profile can name it: role {what}.")
    gone = [name for name in compared.gone if not catalog.users_of(name)]
    for name in compared.gone:
        users = catalog.users_of(name)
        kept = f"still the source of {', '.join(users)}" if users else "--prune removes it"
        if users or not prune:
            app.terminal.warn(f"{name} is for a role you no longer have ({kept}).")
    change = sso_assignments.assignments_change(found, new, gone if prune else [], catalog, region)
    applied = app.apply_change(change, yes=yes, dry_run=dry_run)
    if applied is not None and new:
        app.terminal.ok(f"{counted(len(new), 'profile')} added")
        app.terminal.detail(first_commands(new[0].name, "awsprof doctor"))
    return 0


def list_assignments(app: AppContext, session: SsoSession) -> tuple[Assignment, ...]:
    """Returns every role in every account of a session, after signing in if need be."""
    from awsprof.auth.identity_center.login import get_token
    from awsprof.auth.identity_center.portal import Portal

    portal = Portal(session, get_token(session, app.prompter, agree=app.agree))
    with ExitStack() as bars:

        def progress(total: int) -> Callable[[], object]:
            return bars.enter_context(
                app.terminal.progress("listing the roles of each account", total)
            )

        return portal.assignments(progress)
