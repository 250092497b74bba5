"""awsprof undo and awsprof history."""

from __future__ import annotations

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.errors import EditRefused


@click.command(epilog=examples("awsprof history"))
@click.pass_obj
def history(app: AppContext) -> int:
    """List the changes awsprof made, newest first."""
    from awsprof.editing.history import broken, entries

    problems = [*broken()]
    for problem in problems:
        app.terminal.failed(problem.message, problem.fix)
    rows = [
        [e.id, f"{e.when.astimezone():%Y-%m-%d %H:%M}", e.summary, "undone" if e.undone else ""]
        for e in entries()
    ]
    if not rows:
        if not problems:
            app.terminal.say("awsprof has changed nothing yet.")
        return 0
    app.terminal.table(["ID", "WHEN", "WHAT", ""], rows)
    return 0


@click.command("undo", epilog=examples("awsprof undo", "awsprof undo 12"))
@click.argument("id", required=False)
@click.option("--yes", is_flag=True, help="Undo without asking.")
@click.option("--force", is_flag=True, help="Undo even if a profile would use a deleted key again.")
@click.pass_obj
def undo_command(app: AppContext, id: str | None, yes: bool, force: bool) -> int:
    """Undo the last change, or the one with that ID.

    Restores the previous content, and never changes another profile. If another program has changed
    the same part since, it shows what would be overwritten and asks. A key that was rotated out,
    stopped or deleted is not brought back, unless you add --force.
    """
    from awsprof.editing.undo import plan_undo, undo

    plan = plan_undo(id)
    if plan.refusal is not None:
        raise plan.refusal
    if plan.dead_keys and not force:
        first = plan.dead_keys[0]
        anyway = f"to undo it anyway: awsprof undo {plan.entry.id} --force"
        raise EditRefused(first.message, f"{first.fix}; {anyway}")
    app.terminal.say(f"Undo: {plan.entry.summary}")
    app.terminal.diff(plan.preview)
    for conflict in plan.conflicts:
        app.terminal.warn(conflict)
    for dead in plan.dead_keys:
        app.terminal.warn(dead.message)
    if plan.restores_plain_secret:
        app.terminal.warn(
            "This puts a secret back into a plain-text file, where any program can read it."
        )
    if not app.confirm("Undo this?", yes=yes):
        app.terminal.say("Nothing was written.")
        return 0
    before = app.catalog()
    undone = undo(plan, app.vault, force=bool(plan.conflicts), tell=app.terminal.say)
    if undone.written and plan.in_part:
        app.terminal.warn(
            "Only a part of the change was undone; the rest was not found and is as it was."
        )
    elif undone.written:
        app.terminal.ok("undone")
    else:
        app.terminal.say("Nothing was undone: the lines that this change wrote were not found.")
    for note in undone.notes:
        app.terminal.warn(note)
    app.report_open_sign_ins(before)
    return 1 if undone.written and plan.in_part else 0
