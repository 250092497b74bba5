"""awsprof doctor --fix at a terminal: each repair with its diff and outcome, chosen one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final

from awsprof.cli.app_context import AppContext
from awsprof.cli.finding_blocks import finding_blocks
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.findings import Finding
    from awsprof.doctor.repair_planning import Prove, RepairPlan

_ANSWERS: Final = {"y": "Yes", "n": "No", "a": "Yes to all that are left", "q": "No to all"}
_MOST_MESSAGES: Final = 8


def choose_repairs(
    app: AppContext, context: CheckContext, plan: RepairPlan, prove: Prove
) -> RepairPlan:
    """Asks about the repairs of each check in turn. Returns the plan of those that are chosen.

    Nothing is written here, so that Ctrl-C at any question leaves everything as it is.
    """
    from awsprof.doctor.repair_planning import RepairPlan, plan_repairs
    from awsprof.doctor.repair_summary import FilesState, describe_effect
    from awsprof.editing.change import Change, preview_change

    checks = _by_check(context, plan.repaired)
    chosen, state = RepairPlan(Change("")), FilesState.of(context)
    todo, total, waiting = deque(checks), len(checks), 0
    while todo and waiting < len(todo):
        findings = todo.popleft()
        step = plan_repairs(context, (*chosen.repaired, *findings), prove)
        own = [finding for finding in step.repaired if finding in findings]
        if not own:  # it is possible only after a repair that comes later
            todo.append(findings)
            waiting += 1
            continue
        waiting = 0
        diff = preview_change(step.change, beyond=chosen.change)
        if diff.empty and step.acts == chosen.acts:  # a chosen repair has done it already
            chosen = step
            continue
        after = FilesState.of(context, step.change)
        _introduce(app, own, f"{total - len(todo)} of {total}")
        app.terminal.diff(diff)
        app.terminal.say(f"Then {describe_effect(state, after)}.")
        if total > 1:
            answer = app.ask_which("Fix this?", _ANSWERS)
        else:
            answer = _confirm(app, "Do this?" if diff.empty else "Write this?")
        if answer == "a":
            return plan_repairs(context, (*step.repaired, *chain.from_iterable(todo)), prove)
        if answer == "q":
            break
        if answer == "y":
            chosen, state = step, after
    return chosen


def _confirm(app: AppContext, question: str) -> str:
    return "y" if app.confirm(question, yes=False) else "n"


def _by_check(context: CheckContext, findings: Sequence[Finding]) -> list[list[Finding]]:
    """Returns the findings of each check together; what stops most profiles comes first."""
    from awsprof.doctor.root_causes import breaks_all

    checks: dict[str, list[Finding]] = {}
    names = context.catalog.names_to_check
    first = [f for f in findings if breaks_all(context, f)]
    for each in (first, findings):
        for block in finding_blocks(each, names):
            found = checks.setdefault(block.first.id, [])
            found += (f for f in block.findings if f not in found)
    return list(checks.values())


def _introduce(app: AppContext, findings: Sequence[Finding], count: str) -> None:
    app.terminal.heading(f"{findings[0].id}", count)
    for finding in findings[:_MOST_MESSAGES]:
        name = f"{sanitize(finding.profile)}: " if finding.profile else ""
        app.terminal.detail(name + sanitize(finding.message, 2000))
        for act in finding.fault.repair.acts if finding.fault.repair else ():
            app.terminal.detail(f"fix: {act.says}")
    if len(findings) > _MOST_MESSAGES:
        app.terminal.detail(f"and {len(findings) - _MOST_MESSAGES} more of the same")
