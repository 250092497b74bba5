"""set, unset, rename, copy, remove: each shows its diff, asks, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from awsprof.cli.app import App

if TYPE_CHECKING:
    from awsprof.editing.change import Change


def agreeing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two flags of every command that changes something."""
    command = click.option("--dry-run", is_flag=True, help="Show the diff and write nothing.")(
        command
    )
    return click.option("--yes", is_flag=True, help="Write without asking.")(command)


def _done(app: App, change: Change, yes: bool, dry_run: bool) -> int:
    app.carry_out(change, yes=yes, dry_run=dry_run)
    return 0


@click.command("set")
@click.argument("profile")
@click.argument("key")
@click.argument("value")
@agreeing
@click.pass_obj
def set_value(app: App, profile: str, key: str, value: str, yes: bool, dry_run: bool) -> int:
    """Set one value of a profile.

    A nested one is named with a dot: s3.addressing_style.
    """
    from awsprof.editing import verbs

    return _done(app, verbs.set_value(profile, key, value, app.catalog()), yes, dry_run)


@click.command()
@click.argument("profile")
@click.argument("key")
@agreeing
@click.pass_obj
def unset(app: App, profile: str, key: str, yes: bool, dry_run: bool) -> int:
    """Take one value out of a profile."""
    from awsprof.editing import verbs

    return _done(app, verbs.unset_value(profile, key, app.catalog()), yes, dry_run)


@click.command()
@click.argument("profile")
@click.argument("new_name")
@agreeing
@click.pass_obj
def rename(app: App, profile: str, new_name: str, yes: bool, dry_run: bool) -> int:
    """Rename a profile; what refers to it follows."""
    from awsprof.editing import verbs

    return _done(app, verbs.rename(profile, new_name, app.catalog()), yes, dry_run)


@click.command()
@click.argument("profile")
@click.argument("new_name")
@agreeing
@click.pass_obj
def copy(app: App, profile: str, new_name: str, yes: bool, dry_run: bool) -> int:
    """Make a second profile like one that is there."""
    from awsprof.editing import verbs

    return _done(app, verbs.copy(profile, new_name, app.catalog()), yes, dry_run)


@click.command()
@click.argument("profile")
@click.option("--with-secret", is_flag=True, help="Delete its key from the vault too.")
@agreeing
@click.pass_obj
def remove(app: App, profile: str, with_secret: bool, yes: bool, dry_run: bool) -> int:
    """Remove a profile that no other stands on."""
    from awsprof.editing import verbs

    change = verbs.remove(profile, app.catalog(), with_secret=with_secret)
    return _done(app, change, yes, dry_run)
