"""awsprof doctor: who each profile is, all at once, and why one is nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof.cli.app import App
from awsprof.cli.look import tell_unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awsprof.profiles.catalog import Catalog
    from awsprof.signin.identity import Checked


@click.command()
@click.argument("profiles", nargs=-1)
@click.option("--interactive", is_flag=True, help="Ask for MFA codes where a profile needs one.")
@click.pass_obj
def doctor(app: App, profiles: tuple[str, ...], interactive: bool) -> int:
    """Ask AWS who each profile is, and tell why one is nobody.

    Exit code 1 where a profile or a file is broken. A profile that waits for a code is not.
    """
    catalog = app.catalog()
    names = [catalog.get(name).name for name in profiles] or list(catalog.profiles)
    if catalog.unreadable:
        tell_unreadable(app, catalog)
        return 1
    if not names:
        app.terminal.say("There are no profiles yet. awsprof sets the first one up.")
        return 0
    return _check(app, catalog, names, interactive)


def _check(app: App, catalog: Catalog, names: Sequence[str], interactive: bool) -> int:
    from awsprof.signin.identity import check

    resolver = app.resolver(catalog, ask=interactive)
    with app.terminal.progress("asking AWS who each profile is", len(names)) as advance:
        results = check(resolver, names, progress=lambda _: advance())
    healthy = [r for r in results if r.identity is not None]
    waiting = [r for r in results if r.waits_for_code]
    broken = [r for r in results if r.error is not None and not r.waits_for_code]
    _summary(app, len(results), len(healthy), len(broken), len(waiting))
    for result in broken:
        _tell(app, catalog, result)
    for result in waiting:
        app.terminal.say(f"-  {result.profile}   waits for a code   awsprof login {result.profile}")
    for result in healthy:
        app.terminal.ok(f"{result.profile}   {result.identity.arn if result.identity else ''}")
    return 1 if broken else 0


def _summary(app: App, total: int, healthy: int, broken: int, waiting: int) -> None:
    parts = [f"{total} profile{'s' * (total != 1)}", f"{healthy} healthy"]
    if broken:
        parts.append(f"{broken} broken")
    if waiting:
        parts.append(f"{waiting} waiting for a code")
    app.terminal.heading("   ".join(parts))
    app.terminal.say()


def _tell(app: App, catalog: Catalog, result: Checked) -> None:
    if result.error is None:
        return
    origins = catalog.get(result.profile).origins
    where = f"   {origins[0]}" if origins else ""
    app.terminal.failed(f"{result.profile}   {result.error.code or 'identity'}{where}")
    app.terminal.detail(result.error.message)
    if result.error.fix:
        app.terminal.detail(f"mend: {result.error.fix}")
    app.terminal.say()
