"""Updates the state of the team file after a decision was written.

The new state is written, marked pending, before a file changes, and takes effect once the history
has the change. So after a crash a team value is never mistaken for a user's edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from awsprof.configfile.document import FileKind, SectionId
from awsprof.configfile.storage import read_config_file
from awsprof.editing.history_files import HistoryEntry
from awsprof.errors import EditRefused
from awsprof.profiles.catalog import Catalog
from awsprof.team.resolution import Decision, decide
from awsprof.team.source_state import (
    AppliedChange,
    Digests,
    FormerState,
    SourceState,
    Version,
)
from awsprof.team.state import digests_of, load_state, update_state
from awsprof.team.three_way import PlannedSection, Reason, make_plan, value_digest

_NOT_MANAGED = (Reason.PERSONAL, Reason.OTHER_TEAM)
_AGAIN = "run the command again: nothing was written"


@dataclass
class AppliedStateWriter:
    """Writes the state that a decision leads to.

    Call ``write_pending`` before a file changes, then ``commit``; ``commit`` alone if none
    does. ``catalog`` has the files that the decision was made from. Both raise FileError if the
    state cannot be written, and EditRefused if files or state changed and the decision no longer
    holds.
    """

    decision: Decision
    catalog: Catalog
    version: Version
    answers: Mapping[str, str]
    _entry: HistoryEntry | None = field(default=None, init=False)

    def write_pending(self, entry: HistoryEntry) -> None:
        """Writes the new state as pending; it takes effect when the history contains ``entry``."""
        self._require_same_files()
        self._entry = entry
        update_state(self._source, self._changed, pending=True)

    def commit(self) -> None:
        """Writes the new state; it takes effect at once."""
        update_state(self._source, self._changed)

    @property
    def _source(self) -> str:
        return self.decision.plan.remembered.source

    def _require_same_files(self) -> None:
        """Raises EditRefused if the files changed so that there is something else to decide."""
        if all(read_config_file(k).data == self.catalog.stored(k).data for k in FileKind):
            return
        decision, catalog, state = self.decision, Catalog.load(), load_state()
        plan = make_plan(
            (each.team for each in decision.plan.sections),
            decision.plan.remembered,
            state.managed_by_others(self._source),
            catalog,
            no_state=not state.for_current_config,
        )
        again = decide(plan, decision.choices, catalog, decision.change.summary)
        if again.change != decision.change or again.confirmations != decision.confirmations:
            raise EditRefused("Your profiles changed while you were asked.", _AGAIN)

    def _require_same_state(self, state: SourceState) -> None:
        before = self.decision.plan.remembered
        if (state.version, state.sections, state.kept) != (
            before.version,
            before.sections,
            before.kept,
        ):
            raise EditRefused("The team file was applied meanwhile by another process.", _AGAIN)

    def _changed(self, state: SourceState) -> SourceState:
        if self._entry is None:
            self._require_same_state(state)
            return state_after(self.decision, state, self.version, self.answers)
        when = self._entry.when.isoformat()
        if any((each.id, each.when) == (self._entry.id, when) for each in state.changes):
            return state  # as ``write_pending`` wrote it
        self._require_same_state(state)
        after = state_after(self.decision, state, self.version, self.answers)
        touched = {
            id: state.sections.get(id)
            for id in after.sections.keys() | state.sections.keys()
            if after.sections.get(id) != state.sections.get(id)
        }
        former = FormerState(state.version, state.dropped)
        applied = AppliedChange(self._entry.id, when, self.version.digest, touched, former)
        return after.with_change(applied)


def state_after(
    decision: Decision, state: SourceState, version: Version, answers: Mapping[str, str]
) -> SourceState:
    """Returns the state once the decision is written, without the new entry in ``changes``."""
    return replace(
        state.with_version(version),
        sections=_sections(decision, state),
        kept=_kept(decision),
        variables=dict(answers),
        later=_later(decision),
        dropped=frozenset(state.sections.keys() - decision.plan.by_id.keys()),
    )


def _sections(decision: Decision, state: SourceState) -> dict[SectionId, Digests]:
    sections: dict[SectionId, Digests] = {}
    unchanged = decision.held_back | _later(decision)
    for planned in decision.plan.sections:
        base = state.sections.get(planned.id)
        digests = base if planned.id in unchanged else _digests(planned, decision, base)
        if digests is not None:
            sections[planned.id] = digests
    for dropped in decision.plan.dropped:
        base = state.sections.get(dropped.id)
        if base is not None and not dropped.yours and dropped.id not in decision.removed:
            sections[dropped.id] = base
    return sections


def _later(decision: Decision) -> frozenset[SectionId]:
    """Returns the missing sections that you neither added nor refused: they stay missing."""
    return decision.plan.missing - decision.written - decision.choices.mine


def _digests(planned: PlannedSection, decision: Decision, base: Digests | None) -> Digests | None:
    """Returns the digests of the values now applied in one section; None if it is not managed."""
    id, team = planned.id, digests_of(planned.team.values)
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
