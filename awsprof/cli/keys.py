"""awsprof keys: access keys from first use to last, one command for each step of their life."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from awsprof.cli.app import App
from awsprof.cli.keyaudit import audit
from awsprof.cli.keystop import stop

if TYPE_CHECKING:
    from awsprof.accesskeys.desk import Desk


@click.group()
def keys() -> None:
    """Access keys: bring in, move, list, rotate, switch off, delete."""
    from awsprof.vault.hardening import protect_process

    protect_process()  # their secrets are in this process


keys.add_command(audit)
keys.add_command(stop)


def desk_of(app: App, *, yes: bool, dry_run: bool = False) -> Desk:
    """What the flows on keys work with, on this command line."""
    from awsprof.accesskeys.desk import Desk
    from awsprof.vault.sessions import SessionCache

    return Desk(
        terminal=app.terminal,
        vault=app.vault,
        catalog=app.catalog,
        resolver=app.resolver,
        keeping=partial(app.resolver, keep_roles=True),
        sessions=lambda: SessionCache(app.vault),
        agree=lambda question, default: app.confirm(question, yes=yes or dry_run, default=default),
        write=lambda change, proof: app.carry_out(change, yes=yes, dry_run=dry_run, proof=proof),
        yes=yes,
        dry_run=dry_run,
    )
