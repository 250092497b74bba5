"""awsprof sso discover: a profile for every account and role that Identity Center gives."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from awsprof.cli.context import AppContext
from awsprof.cli.edit import confirm_options
from awsprof.shells import shell_word

if TYPE_CHECKING:
    from awsprof.auth.identity_center.portal import Assignment
    from awsprof.profiles.model import SsoSession


@click.group()
def sso() -> None:
    """IAM Identity Center: what it gives you."""


@sso.command()
@click.argument("session")
@click.option("--name", "template", metavar="TEMPLATE", help="How profiles are called.")
@click.option("--region", metavar="REGION", help="The region of new profiles.")
@click.option("--only", metavar="GLOB", default="*", help="Those alone whose name matches.")
@click.option("--prune", is_flag=True, help="Remove profiles of what is assigned no longer.")
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
    """Make a profile for every account and role of SESSION.

    Profiles that are there stay as you made them: accounts are known by their ids. A template has
    {account_name}, {account_id}, {role} and {session}; it is {account_name}-{role} unless given.
    """
    from awsprof.editing import sso_discovery
    from awsprof.profiles.kinds import fields

    catalog = app.catalog()
    found = catalog.session(session)
    template = sso_discovery.check_template(template or sso_discovery.TEMPLATE)
    region = fields.validate_region(region) if region else None
    assignments = _assignments(app, found)
    compared = sso_discovery.compare_assignments(found, assignments, catalog, template, only)
    new = [each for each in compared.named if each.new]
    there = len(compared.named) - len(new)
    app.terminal.say(f"{len(assignments)} roles found; {there} have their profile, {len(new)} new.")
    for each in compared.unfit:
        what = f"{shell_word(each.role)} in the account {shell_word(each.account.id)}"
        app.terminal.warn(f"Left out, since no profile can name it: the role {what}.")
    gone = [name for name in compared.gone if not catalog.users_of(name)]
    for name in compared.gone:
        users = catalog.users_of(name)
        kept = f"{', '.join(users)} on it" if users else "--prune removes it"
        if users or not prune:
            app.terminal.warn(f"{name} is for something that is assigned no longer ({kept}).")
    change = sso_discovery.discovery_change(found, new, gone if prune else [], catalog, region)
    app.apply_change(change, yes=yes, dry_run=dry_run)
    return 0


def _assignments(app: AppContext, session: SsoSession) -> tuple[Assignment, ...]:
    from awsprof.auth.identity_center.login import get_token
    from awsprof.auth.identity_center.portal import Portal

    portal = Portal(session, get_token(session, app.prompter, agree=app.agree))
    with ExitStack() as shown:

        def progress(total: int) -> Callable[[], object]:
            return shown.enter_context(app.terminal.progress("looking at accounts", total))

        return portal.assignments(progress)
