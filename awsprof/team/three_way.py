"""Compares a team file with the files on this machine: what changes, and what needs an answer.

A three-way comparison: of the values applied last (the state), the team file's values now, and the
values in the files. Values that you did not change follow the team. Those that you changed stay,
unless you choose the team's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from awsprof.configfile.document import FileKind, SectionId
from awsprof.configfile.parse import is_comment, split_sections
from awsprof.editing.identity_proof import IDENTITY_KEYS
from awsprof.fork_safety import lazy_attribute
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.offline_identity import WHO_KEYS
from awsprof.team.drift import current_values
from awsprof.team.model import TeamSection
from awsprof.team.references import REFERENCES
from awsprof.team.source_state import Digests, SourceState
from awsprof.team.state import digest_of
from awsprof.text import list_names

ABSENT = ""
"""The digest of a key without a value."""


class Reason(StrEnum):
    """Why a section needs a choice between your values and the team's."""

    NONE = "none"
    CHANGED = "changed"  # you changed values that the team has, too
    REMOVED = "removed"  # you removed the section
    PERSONAL = "personal"  # you have a section of that name that the team file did not write
    OTHER_TEAM = "other-team"  # another team file manages it
    MISSING = "missing"  # you may have removed it: the state that would say so is lost


@dataclass(frozen=True)
class KeyDifference:
    """A key whose value is ``yours`` in the files and ``team`` in the team file; None if absent."""

    key: str
    yours: str | None
    team: str | None


@dataclass(frozen=True)
class PlannedSection:
    """A section of the team file: what changes without a question, and what needs a choice.

    ``kept`` are differences that you chose to keep. A section with the reason ``PERSONAL`` or
    ``OTHER_TEAM`` is not managed. One that is ``MISSING`` is added, unless you choose otherwise.
    """

    team: TeamSection
    id: SectionId
    new: bool = False
    updates: tuple[KeyDifference, ...] = ()
    conflicts: tuple[KeyDifference, ...] = ()
    kept: tuple[KeyDifference, ...] = ()
    reason: Reason = Reason.NONE


@dataclass(frozen=True)
class DroppedSection:
    """A managed section that the team file no longer has.

    ``stays`` says why it is not removed, and is empty if it can be. ``yours``: this
    team file stops managing it, because you changed it or another team file has it.
    """

    id: SectionId
    stays: str = ""
    yours: bool = False


@dataclass(frozen=True)
class TeamPlan:
    """The whole comparison; ``first`` if the source was never applied here or lost its state."""

    sections: tuple[PlannedSection, ...]
    dropped: tuple[DroppedSection, ...]
    remembered: SourceState
    first: bool
    by_id: Mapping[SectionId, PlannedSection] = field(default_factory=dict, repr=False)

    @lazy_attribute
    def conflicts(self) -> tuple[PlannedSection, ...]:
        """The sections that need a choice."""
        return tuple(each for each in self.sections if each.conflicts)

    @lazy_attribute
    def missing(self) -> frozenset[SectionId]:
        """The sections that are missing from the files, perhaps because you removed them."""
        return frozenset(each.id for each in self.sections if each.reason is Reason.MISSING)

    @property
    def removable(self) -> tuple[SectionId, ...]:
        """The sections that the team removed and nobody here changed or needs."""
        return tuple(each.id for each in self.dropped if not each.stays)

    @property
    def up_to_date(self) -> bool:
        """True if there is nothing to change and nothing to choose."""
        changed = any(each.updates or each.conflicts for each in self.sections)
        return not changed and not self.removable


def make_plan(
    sections: Iterable[TeamSection],
    remembered: SourceState,
    others: Collection[SectionId],
    catalog: Catalog,
    *,
    no_state: bool,
) -> TeamPlan:
    """Compares the team's sections with the files. ``others`` are managed by other team files.

    ``no_state``: there is no state of any team file. If a team section exists anyway, the state
    was lost.
    """
    planned = tuple(_plan_section(each, remembered, others, catalog) for each in sections)
    if no_state and any(_shows_loss(each) for each in planned):
        planned = tuple(
            replace(each, reason=Reason.MISSING) if each.new else each for each in planned
        )
    by_id = {each.id: each for each in planned}
    gone = [section for section in remembered.sections if section not in by_id]
    dropped = _plan_dropped(gone, remembered, others, catalog, by_id)
    return TeamPlan(planned, dropped, remembered, remembered.is_unapplied, by_id)


def _shows_loss(planned: PlannedSection) -> bool:
    """True if the section equals the team's. An sso-session may exist without a team file."""
    equal = not (planned.new or planned.updates or planned.conflicts or planned.kept)
    return equal and planned.id.type != "sso-session"


def _plan_section(
    team: TeamSection, remembered: SourceState, others: Collection[SectionId], catalog: Catalog
) -> PlannedSection:
    id = SectionId(team.kind, team.name)
    base, kept = remembered.sections.get(id), remembered.kept.get(id, {})
    values = current_values(catalog, id)
    if values is None and base is None:
        new = tuple(KeyDifference(key, None, value) for key, value in team.values.items())
        reason = Reason.MISSING if id in remembered.later else Reason.NONE
        return PlannedSection(team, id, new=True, updates=new, reason=reason)
    differing = _differences(values or {}, team.values, base or {})
    if not differing:
        return PlannedSection(team, id)
    if base is None or values is None:
        reason = Reason.OTHER_TEAM if id in others else Reason.PERSONAL
        reason = Reason.REMOVED if values is None else reason
        if all(is_kept(each, kept) for each in differing):
            return PlannedSection(team, id, kept=differing, reason=reason)
        return PlannedSection(team, id, values is None, conflicts=differing, reason=reason)
    updates, conflicts, agreed = _three_way(differing, base, kept)
    reason = Reason.CHANGED if conflicts else Reason.NONE
    if updates and id in others:
        updates, conflicts, reason = (), (*updates, *conflicts), Reason.OTHER_TEAM
    return PlannedSection(team, id, False, updates, conflicts, agreed, reason)


def _differences(
    values: Mapping[str, str], team: Mapping[str, str], base: Digests
) -> tuple[KeyDifference, ...]:
    """Returns the keys in the team file, or in its last version, whose value differs here."""
    keys = dict.fromkeys([*team, *base])
    return tuple(
        KeyDifference(key, values.get(key), team.get(key))
        for key in keys
        if values.get(key) != team.get(key)
    )


_Parts = tuple[tuple[KeyDifference, ...], tuple[KeyDifference, ...], tuple[KeyDifference, ...]]


def _three_way(differing: Iterable[KeyDifference], base: Digests, kept: Digests) -> _Parts:
    """Returns the updates, the conflicts and the kept differences.

    A key that the team dropped stays if you changed it.

    If one key of the profile's identity is in conflict or keeps your value, the other changed keys
    of it are conflicts too: with half of the team's change, the profile would mix two identities.
    """
    updates, conflicts, agreed, stay = [], [], [], []
    for each in differing:
        if is_kept(each, kept):
            agreed.append(each)
        elif value_digest(each.yours) == base.get(each.key, ABSENT):
            updates.append(each)
        elif each.team is not None:
            conflicts.append(each)
        elif each.key in WHO_KEYS:
            stay.append(each)
    if any(each.key in IDENTITY_KEYS for each in (*conflicts, *agreed, *stay)):
        conflicts += [each for each in updates if each.key in IDENTITY_KEYS]
        updates = [each for each in updates if each.key not in IDENTITY_KEYS]
        conflicts += stay if any(each.key in IDENTITY_KEYS for each in conflicts) else ()
    return tuple(updates), tuple(conflicts), tuple(agreed)


def is_kept(each: KeyDifference, kept: Digests) -> bool:
    """True if you chose your value over this one of the team's."""
    return kept.get(each.key) == value_digest(each.team)


def value_digest(value: str | None) -> str:
    """Returns the digest of a value that may be absent."""
    return ABSENT if value is None else digest_of(value)


def _plan_dropped(
    gone: Iterable[SectionId],
    remembered: SourceState,
    others: Collection[SectionId],
    catalog: Catalog,
    planned: Mapping[SectionId, PlannedSection],
) -> tuple[DroppedSection, ...]:
    current = {id: values for id in gone if (values := current_values(catalog, id)) is not None}
    if not current:
        return ()
    found = {id: _changed_by_you(id, current[id], remembered, catalog) for id in current}
    found |= dict.fromkeys(_commented(catalog) & current.keys(), "it has comments of yours")
    found |= {id: "another team file has it, too" for id in current if id in others}
    yours = {id for id in current if found[id]}
    turned = {
        (each.id.name, difference.key) for each in planned.values() for difference in each.updates
    }
    found |= still_needed(current.keys() - yours, turned, catalog)
    return tuple(DroppedSection(id, why, id in yours) for id, why in found.items())


def still_needed(
    leaving: Collection[SectionId], turned: Collection[tuple[str, str]], catalog: Catalog
) -> dict[SectionId, str]:
    """Returns the sections of ``leaving`` that a remaining profile depends on, each with the
    reason.

    ``turned`` are profiles and keys that are about to change.
    """
    found: dict[SectionId, str] = {}
    left = set(leaving)
    while needed := {id: users for id in left if (users := _users(id, left, turned, catalog))}:
        found |= {id: f"{list_names(users, 3)} needs it" for id, users in needed.items()}
        left -= needed.keys()
    return found


def _changed_by_you(
    id: SectionId, values: Mapping[str, str], remembered: SourceState, catalog: Catalog
) -> str:
    base = remembered.sections[id]
    if any(digest_of(value) != base.get(key) for key, value in values.items()):
        return "you changed it"
    if id.type == "profile" and len(catalog.profiles[id.name].origins) > 1:
        return "it is in the credentials file, too"
    return ""


def _commented(catalog: Catalog) -> set[SectionId]:
    """Returns the sections with comments between their keys, which removing them would delete."""
    data = catalog.stored(FileKind.CONFIG).data or b""
    found = set()
    for block in split_sections(data.decode(errors="replace"), FileKind.CONFIG).blocks:
        options = block.options()
        if options and any(map(is_comment, block.lines[1 : options[-1].stop])):
            found.add(block.id)
    return found


def _users(
    id: SectionId, leaving: set[SectionId], turned: Collection[tuple[str, str]], catalog: Catalog
) -> list[str]:
    key = next(key for key, kind in REFERENCES.items() if kind == id.type)
    match id.type:
        case "sso-session":
            users = catalog.users_of_session(id.name)
        case "services":
            users = tuple(p.name for p in catalog.profiles.values() if p.get(key) == id.name)
        case _:
            users = catalog.users_of(id.name)
    stay = [user for user in users if (user, key) not in turned]
    return [user for user in stay if SectionId.profile(user) not in leaving]
