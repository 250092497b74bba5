"""awsprof doctor --fix: every repair in one change, shown, agreed to, proven and done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsprof.cli.app import App
from awsprof.errors import AwsprofError, EditRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awsprof.doctor.findings import Finding
    from awsprof.doctor.repairs import Act, Plan


def mend(app: App, findings: Sequence[Finding], *, yes: bool, dry_run: bool) -> bool:
    """Whether something was mended of what these findings can have mended."""
    from awsprof.doctor.repairs import joined

    kept = [finding for finding in findings if _proven(app, finding)]
    plan = _possible(app, joined(kept))
    if not any(finding.fault.repair for finding in kept):
        app.terminal.ok("there is nothing that --fix mends")
        return False
    for act in plan.acts:
        app.terminal.say(f"  {act.says}")
    written = _written(app, plan, yes=yes, dry_run=dry_run)
    if written:
        for act in plan.acts:
            _done(app, act)
    return written


def _proven(app: App, finding: Finding) -> bool:
    """Whether AWS takes the keys that a repair would move; one it does not take stays."""
    from awsprof.accesskeys.newkey import identify

    repair = finding.fault.repair
    if repair is None or repair.change is None:
        return repair is not None
    try:
        for new in repair.change.secrets:
            identify(new.key_id, new.secret, region=None)
    except AwsprofError as exc:
        app.terminal.failed(f"{finding.profile} stays as it is: {exc.message}", exc.fix)
        return False
    return True


def _possible(app: App, plan: Plan) -> Plan:
    """The plan; where a line that only a person can mend is in its way, the mends of text alone."""
    from awsprof.editing.change import preview

    try:
        preview(plan.change)
    except EditRefused as exc:
        app.terminal.warn(f"{exc.message} Until that is mended by hand, only damaged text is.")
        return plan.text_alone
    return plan


def _written(app: App, plan: Plan, *, yes: bool, dry_run: bool) -> bool:
    from awsprof.accesskeys.proof import through_process
    from awsprof.editing.change import preview

    def proof() -> None:
        for name, new in plan.moved:
            through_process(name, new.key_id)

    if not preview(plan.change).empty:
        applied = app.carry_out(plan.change, yes=yes, dry_run=dry_run, proof=proof)
        return applied is not None
    if not plan.acts:
        app.terminal.ok("nothing to change: it is so already")
        return False
    if dry_run:
        app.terminal.say("Nothing was done (--dry-run).")
        return False
    return app.confirm("Do this?", yes=yes)


def _done(app: App, act: Act) -> None:
    try:
        act.do()
    except (AwsprofError, OSError) as exc:
        app.terminal.failed(f"not done: {act.says} {exc}")
    else:
        app.terminal.ok(act.says)
