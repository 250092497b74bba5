"""awsprof undo and awsprof history: what was changed, and taking it back."""

from __future__ import annotations

import click

from awsprof.cli.context import AppContext


@click.command()
@click.pass_obj
def history(app: AppContext) -> int:
    """List the changes that awsprof made, newest first."""
    from awsprof.editing.history import broken, entries

    for problem in broken():
        app.terminal.failed(problem.message, problem.fix)
    rows = [
        [e.id, f"{e.when.astimezone():%Y-%m-%d %H:%M}", e.summary, "undone" if e.undone else ""]
        for e in entries()
    ]
    if not rows:
        app.terminal.say("awsprof has changed nothing yet.")
        return 0
    app.terminal.table(["ID", "WHEN", "WHAT", ""], rows)
    return 0


@click.command()
@click.argument("id", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def undo(app: AppContext, id: str | None, yes: bool) -> int:
    """Take the last change back, or the one with that ID.

    The files get their former bytes where nobody changed that part since; otherwise it says what
    it would overwrite, and asks.
    """
    from awsprof.editing import apply
    from awsprof.editing.history import plan_undo

    plan = plan_undo(id)
    app.terminal.say(f"Take back: {plan.entry.summary}")
    app.terminal.diff(plan.preview)
    for conflict in plan.conflicts:
        app.terminal.warn(conflict)
    if plan.restores_plain_secret:
        app.terminal.warn("This puts a secret back into plain text, where any program reads it.")
    if not app.confirm("Take it back?", yes=yes):
        app.terminal.say("Nothing was written.")
        return 0
    before = app.catalog()
    undone = apply.undo(plan, app.vault, force=bool(plan.conflicts))
    if undone.written:
        app.terminal.ok("taken back")
    else:
        app.terminal.say("There was nothing left to take back: what it wrote is gone already.")
    for note in undone.notes:
        app.terminal.warn(note)
    app.report_open_sign_ins(before)
    return 0
