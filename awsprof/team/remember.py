"""What the state says once a decision is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from awsprof.configfile.document import SectionId
from awsprof.editing import history
from awsprof.team.decisions import Decision
from awsprof.team.plan import PlannedSection, Reason, value_digest
from awsprof.team.state import (
    MOST_CHANGES,
    AppliedChange,
    Digests,
    SourceState,
    Version,
    digests_of,
    update_state,
)

_NOT_MANAGED = (Reason.PERSONAL, Reason.OTHER_TEAM)


def remember(
    decision: Decision, version: Version, answers: Mapping[str, str], change_id: str
) -> None:
    """Write the state after ``decision``. ``change_id`` is its change; empty if no file changed.

    Raises FileError if it cannot be written; the files stay as they are then.
    """
    when = history.find_entry(change_id).when.isoformat() if change_id else ""

    def change(state: SourceState) -> SourceState:
        after = state_after(decision, state, version, answers)
        touched = {
            id: state.sections.get(id)
            for id in after.sections.keys() | state.sections.keys()
            if after.sections.get(id) != state.sections.get(id)
        }
        applied = AppliedChange(change_id, when, version.digest, touched)
        changes = (*state.changes, applied)[-MOST_CHANGES:]
        return replace(after, changes=changes) if change_id else after

    update_state(decision.plan.remembered.source, change)


def state_after(
    decision: Decision, state: SourceState, version: Version, answers: Mapping[str, str]
) -> SourceState:
    """The state once the decision is written, without its place in the history."""
    sections, kept = _sections(decision, state), _kept(decision)
    return replace(state.taking(version), sections=sections, kept=kept, variables=dict(answers))


def _sections(decision: Decision, state: SourceState) -> dict[SectionId, Digests]:
    sections = {}
    for planned in decision.plan.sections:
        digests = _digests(planned, decision, state.sections.get(planned.id))
        if digests is not None:
            sections[planned.id] = digests
    for dropped in decision.plan.dropped:
        base = state.sections.get(dropped.id)
        if base is not None and not dropped.yours and dropped.id not in decision.removed:
            sections[dropped.id] = base
    return sections


def _digests(planned: PlannedSection, decision: Decision, base: Digests | None) -> Digests | None:
    """What of the team's is taken now in one section; None if it is not managed."""
    id, team = planned.id, digests_of(planned.team.values)
    if id in decision.held_back:
        return base
    if planned.reason in (Reason.NONE, Reason.MISSING) or id in decision.choices.theirs:
        return team
    if planned.reason in _NOT_MANAGED:
        return None
    if id in decision.choices.mine or not planned.conflicts:
        return team
    if planned.reason is Reason.REMOVED or base is None:
        return base
    asked = {each.key for each in planned.conflicts}
    taken = {key: digest for key, digest in team.items() if key not in asked}
    return taken | {key: base[key] for key in asked if key in base}


def _kept(decision: Decision) -> dict[SectionId, Digests]:
    kept: dict[SectionId, Digests] = {}
    for planned in decision.plan.sections:
        chosen = () if planned.id in decision.choices.theirs else planned.kept
        if planned.id in decision.choices.mine:
            chosen += planned.updates if planned.reason is Reason.MISSING else planned.conflicts
        if chosen:
            kept[planned.id] = {each.key: value_digest(each.team) for each in chosen}
    return kept
