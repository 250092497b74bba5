"""awsprof keys stop: a key has leaked; one command, one confirmation, and what is left to do."""

from __future__ import annotations

import click

from awsprof.cli.context import AppContext, cli_key_context
from awsprof.errors import UsageError
from awsprof.text import sanitize

_INCOMPLETE = 3


@click.command()
@click.argument("key", metavar="PROFILE|ID")
@click.option("--using", metavar="PROFILE", help="Who does it, in place of the key itself.")
@click.option("--new-key/--no-new-key", default=None, help="Whether to make a key in its place.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show the plan, and do nothing.")
@click.pass_obj
def stop(
    app: AppContext, key: str, using: str | None, new_key: bool | None, yes: bool, dry_run: bool
) -> int:
    """StopRecord a key that has leaked: its sessions first, then the key itself.

    Sessions outlive their key by up to 36 hours, so they are denied by a policy on the user. Where
    something is not allowed the rest is done, and you are told who could. It ends with a list of
    what is left to do. What was cut short goes on where it was.
    """
    from awsprof.accesskeys import stop as flow
    from awsprof.accesskeys.incident import find_incident, finished_stop, stop_plan
    from awsprof.accesskeys.stop_followup import tell_finished, tell_remaining

    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    ended = finished_stop(key_context, key)
    if ended is not None:
        tell_finished(key_context, key, ended)
        return 0
    case = find_incident(key_context, key, using)
    app.terminal.heading(f"{case.key_id}   {sanitize(case.user)}, account {case.stop.account}")
    if case.resumed:
        app.terminal.say(
            f"Going on with what began at {case.stop.began.astimezone():%Y-%m-%d %H:%M}."
        )
    if case.quarantine and case.own:
        app.terminal.warn(
            f"AWS has found a key of {sanitize(case.user)} in public, and denies the user most of"
            " this."
        )
        app.terminal.detail("name somebody else, who may: --using PROFILE")
    if new_key and not case.profiles:
        raise UsageError(
            f"No profile here has {case.key_id}, so a new key would serve nobody.",
            "leave --new-key out",
        )
    if case.new is not None or (case.resumed and new_key is None):
        new_key = case.new is not None or case.stop.new_key
    if new_key is None:
        wanted = bool(case.profiles)
        new_key = wanted and app.confirm("Make a new key in its place?", yes=yes or dry_run)
    for number, step in enumerate(stop_plan(case, new_key=new_key), 1):
        app.terminal.say(f"  {number}. {step}")
    if dry_run:
        app.terminal.say("Nothing was done (--dry-run).")
        return 0
    if not app.confirm("Do this now?", yes=yes):
        app.terminal.say("Nothing was done.")
        return 0
    flow.stop_key(key_context, case, new_key=new_key)
    tell_remaining(key_context, case, using)
    return _INCOMPLETE if case.failed else 0
