"""awsprof team diff: what a team file would change here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from awsprof.cli import team_session
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.cli.team_session import TeamSession
    from awsprof.configfile.document import SectionId
    from awsprof.team.resolution import Confirmation, Decision
    from awsprof.team.three_way import KeyDifference, PlannedSection

_SCHEMA: Final = 1  # of --json: fields may be added, but none changes its meaning


@click.command(
    "diff",
    epilog=examples("awsprof team diff", "awsprof team diff team.toml --json | jq .in_step"),
)
@team_session.source_argument
@team_session.var_option
@json_option
@click.pass_obj
def diff_command(app: AppContext, source: str | None, given: tuple[str, ...], as_json: bool) -> int:
    """Show what a team file would change here.

    SOURCE is as for awsprof team apply. Nothing is written. The exit code is 1 if any profile
    differs from the team file, else 0; values that you chose to keep do not count.
    """
    from awsprof.editing.change import preview_change
    from awsprof.team.resolution import Choices, decide

    ask = app.terminal.interactive and not as_json
    session = team_session.open_session(app, source, given, ask=ask)
    plan = session.plan
    everything = Choices(removed=frozenset(plan.removable), accepted=frozenset(plan.by_id))
    decision = decide(plan, everything, session.catalog, session.summary)
    sensitive = decide(plan, Choices(), session.catalog, session.summary).confirmations
    if as_json:
        app.terminal.json(_json(session, decision, sensitive))
    else:
        if session.going_back:
            app.terminal.warn(session.going_back)
        for each in sensitive:
            team_session.show_confirmation(app, each)
        preview = preview_change(decision.change, read=session.catalog.stored)
        if not preview.empty:
            app.terminal.diff(preview)
        if plan.missing:
            app.terminal.warn(team_session.lost_state_line(plan.missing))
        for id in plan.removable:
            app.terminal.warn(f"{sanitize(str(id))}: the team removed it.")
        for planned in plan.conflicts:
            team_session.show_conflict(app, planned)
        for id, why in decision.unwritable.items():
            app.terminal.warn(f"{sanitize(str(id))} cannot be written. {why}")
        if plan.up_to_date:
            app.terminal.ok("Everything is as the team file says.")
    return 0 if plan.up_to_date else 1


def _json(
    session: TeamSession, decision: Decision, sensitive: Sequence[Confirmation]
) -> dict[str, Any]:
    plan = session.plan
    confirm: dict[SectionId, list[str]] = {}
    for each in sensitive:
        for id in each.sections:
            confirm.setdefault(id, []).extend(d.key for d in each.differences)
    return {
        "schema": _SCHEMA,
        "source": session.opened.named.text,
        "version": team_session.version_json(session),
        "going_back": session.going_back,
        "in_step": plan.up_to_date,
        "sections": [
            {**_section_json(each), "confirm": confirm.get(each.id, [])}
            for each in plan.sections
            if each.updates or each.conflicts or each.kept
        ],
        "removed": [
            {"kind": each.id.type, "name": each.id.name, "stays": each.stays}
            for each in plan.dropped
        ],
        "cannot_be_written": [
            {"kind": id.type, "name": id.name, "why": why} for id, why in decision.left_out.items()
        ],
    }


def _section_json(planned: PlannedSection) -> dict[str, Any]:
    return {
        "kind": planned.id.type,
        "name": planned.id.name,
        "origin": planned.team.origin,
        "new": planned.new,
        "conflict": planned.reason.value,
        "updates": _differences_json(planned.updates),
        "conflicts": _differences_json(planned.conflicts),
        "kept": _differences_json(planned.kept),
    }


def _differences_json(differences: tuple[KeyDifference, ...]) -> list[dict[str, Any]]:
    return [{"key": d.key, "yours": d.yours, "team": d.team} for d in differences]
