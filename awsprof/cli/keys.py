"""awsprof keys: access keys from first use to last, one command for each step of their life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof.cli.app import App
from awsprof.errors import UsageError

if TYPE_CHECKING:
    from awsprof.accesskeys.desk import Desk


@click.group()
def keys() -> None:
    """Access keys: bring in, move, list, rotate, switch off, delete."""


def desk_of(app: App, *, yes: bool, dry_run: bool = False) -> Desk:
    """What the flows on keys work with, on this command line."""
    from awsprof.accesskeys.desk import Desk
    from awsprof.vault.sessions import SessionCache

    return Desk(
        terminal=app.terminal,
        vault=app.vault,
        catalog=app.catalog,
        resolver=app.resolver,
        sessions=lambda: SessionCache(app.vault),
        agree=lambda question, default: app.confirm(question, yes=yes, default=default),
        write=lambda change, proof: app.carry_out(change, yes=yes, dry_run=dry_run, proof=proof),
        yes=yes,
    )


_YES = click.option("--yes", is_flag=True, help="Do not ask.")


@keys.command()
@click.argument("profile", required=False)
@click.option("--now", is_flag=True, help="Delete the old key at once, without waiting.")
@click.option("--continue", "go_on", is_flag=True, help="Delete the old key, if nothing uses it.")
@click.option("--back", is_flag=True, help="Give the profiles their old key back.")
@_YES
@click.pass_obj
def rotate(app: App, profile: str | None, now: bool, go_on: bool, back: bool, yes: bool) -> int:
    """Replace a key by a new one, in steps that can be gone on with at any time.

    The new key is made, kept, and proven; the profiles go over to it; the old one is switched off.
    In some days --continue deletes it. Without PROFILE, --continue and --back mean all that is
    under way.
    """
    from awsprof.accesskeys import rotate as flows

    if go_on and back:
        raise UsageError("--continue and --back cannot both be.", "give one of them")
    desk = desk_of(app, yes=yes)
    if go_on:
        flows.go_on(desk, profile, now=now)
    elif back:
        flows.turn_back(desk, profile, now=now)
    else:
        flows.rotate(desk, app.named(profile, app.catalog()), now=now)
    return 0
