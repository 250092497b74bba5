"""awsprof keys stop: stop a leaked key with one command and one confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof.cli.app_context import AppContext, cli_key_context
from awsprof.cli.command_group import examples
from awsprof.errors import UsageError
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.incident import Incident

_INCOMPLETE = 3


@click.command(
    epilog=examples(
        "awsprof keys stop base",
        "awsprof keys stop AKIAIOSFODNN7EXAMPLE --using admin --dry-run",
    )
)
@click.argument("key", metavar="PROFILE|ID")
@click.option(
    "--using", metavar="PROFILE", help="Profile that signs the calls, instead of the leaked key."
)
@click.option("--new-key/--no-new-key", default=None, help="Whether to create a replacement key.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--dry-run", is_flag=True, help="Show the plan without doing it.")
@click.pass_obj
def stop(
    app: AppContext, key: str, using: str | None, new_key: bool | None, yes: bool, dry_run: bool
) -> int:
    """Stop a leaked key: its sessions, then the key itself.

    Sessions outlive their key by up to 36 hours, so a policy on the user denies them. If you lack
    permission for a step, awsprof does the others and says who could do it. At the end it lists
    what is left to do. Run it again after an interruption to go on.
    """
    from awsprof.accesskeys import stop as flow
    from awsprof.accesskeys.incident import find_incident, finished_stop, stop_plan
    from awsprof.accesskeys.stop_followup import tell_finished, tell_remaining

    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    finished = finished_stop(key_context, key)
    if finished is not None:
        tell_finished(key_context, key, finished)
        return 0
    incident = find_incident(key_context, key, using)
    _introduce(app, incident)
    new_key = _wants_new_key(app, incident, new_key, yes=yes or dry_run)
    for number, step in enumerate(stop_plan(incident, new_key=new_key), 1):
        app.terminal.say(f"  {number}. {step}")
    if dry_run:
        app.terminal.say("Nothing was done (--dry-run).")
        return 0
    if not app.confirm("Do this now?", yes=yes):
        app.terminal.say("Nothing was done.")
        return 0
    flow.stop_key(key_context, incident, new_key=new_key)
    tell_remaining(key_context, incident, using)
    return _INCOMPLETE if incident.failed else 0


def _introduce(app: AppContext, incident: Incident) -> None:
    """Says whose key it is, what was begun, and who may not do the steps."""
    app.terminal.heading(
        f"{incident.key_id}   {sanitize(incident.user)}, account {incident.stop.account}"
    )
    if incident.resumed:
        app.terminal.say(
            f"Continuing what began on {incident.stop.began.astimezone():%Y-%m-%d %H:%M}."
        )
    if incident.quarantine and incident.is_own_signer:
        app.terminal.warn(
            f"AWS has found a public key of {sanitize(incident.user)}, and denies the user most of"
            " these steps."
        )
        app.terminal.detail("use a profile with permission: --using PROFILE")


def _wants_new_key(app: AppContext, incident: Incident, new_key: bool | None, *, yes: bool) -> bool:
    """Returns whether to create a replacement key: as asked for, as begun, or as you answer."""
    if new_key and not incident.profiles:
        raise UsageError(
            f"No profile here uses {incident.key_id}, so a new key would be unused.",
            "leave out --new-key",
        )
    if incident.new is not None or (incident.resumed and new_key is None):
        new_key = incident.new is not None or incident.stop.new_key
    if new_key is None:
        return bool(incident.profiles) and app.confirm("Create a replacement key?", yes=yes)
    return new_key
