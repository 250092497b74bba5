"""Turns a comparison and the user's choices into one Change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from awsprof.configfile.document import (
    FileEdit,
    FileKind,
    PutSection,
    RemoveSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.editing.change import Change
from awsprof.editing.identity_proof import IDENTITY_KEYS
from awsprof.editing.placement import place_change
from awsprof.errors import EditRefused
from awsprof.fork_safety import lazy_attribute
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.change_harm import Harm
from awsprof.profiles.offline_identity import WHO_KEYS
from awsprof.shells import arguments
from awsprof.team.confirmations import (
    ProfilesChangingIdentity,
    StartUrls,
    harmed_profiles,
    sections_below,
    sensitive_differences,
)
from awsprof.team.drift import current_values
from awsprof.team.nested_keys import split_key
from awsprof.team.references import REFERENCES
from awsprof.team.three_way import KeyDifference, PlannedSection, TeamPlan, still_needed
from awsprof.text import sanitize

_NONE: frozenset[SectionId] = frozenset()
_IDENTITY_REFERENCES: Final = ("source_profile", "sso_session")


@dataclass(frozen=True)
class Choices:
    """What you chose: whose values to use, what may be removed, and what you confirmed.

    ``accepted`` are sections whose changes are all confirmed; of ``accepted_keys`` only the values
    are, and a changed identity of your own profiles is still to be confirmed. ``later`` are missing
    sections that are not added for now.
    """

    theirs: frozenset[SectionId] = _NONE
    mine: frozenset[SectionId] = _NONE
    removed: frozenset[SectionId] = _NONE
    accepted: frozenset[SectionId] = _NONE
    accepted_keys: frozenset[SectionId] = _NONE
    later: frozenset[SectionId] = _NONE


@dataclass(frozen=True)
class Confirmation:
    """A change that needs its own confirmation: sensitive keys, or your own profiles' identity.

    ``sections`` are written only once it is confirmed. ``harm`` says how the identity of a profile
    of yours would change; it is empty for keys.
    """

    sections: tuple[SectionId, ...]
    origin: str
    differences: tuple[KeyDifference, ...] = ()
    harm: str = ""


@dataclass(frozen=True)
class Decision:
    """The change that the choices make.

    ``confirmations`` are still to be given: their sections are not in the change. ``left_out`` are
    sections that cannot be written, each with the reason and its fix; those of them that refer to a
    section which needs an answer are also in ``waiting``. ``written`` and ``removed`` are the
    sections in the change.
    """

    plan: TeamPlan
    choices: Choices
    change: Change
    written: frozenset[SectionId] = _NONE
    removed: frozenset[SectionId] = _NONE
    confirmations: tuple[Confirmation, ...] = ()
    left_out: Mapping[SectionId, str] = field(default_factory=dict)
    waiting: frozenset[SectionId] = _NONE

    @lazy_attribute
    def held_back(self) -> frozenset[SectionId]:
        """The sections that would change but do not, for now."""
        waiting = (id for each in self.confirmations for id in each.sections)
        return frozenset({*waiting, *self.left_out})

    @property
    def unanswered(self) -> tuple[PlannedSection, ...]:
        """The conflicts without a choice: the files keep your values."""
        chosen = self.choices.theirs | self.choices.mine
        return tuple(each for each in self.plan.conflicts if each.id not in chosen)

    @property
    def not_removed(self) -> tuple[SectionId, ...]:
        """The sections that the team removed and you did not, so far."""
        return tuple(id for id in self.plan.removable if id not in self.removed)

    @property
    def not_added(self) -> tuple[SectionId, ...]:
        """The missing sections that are not added for now."""
        return tuple(sorted(self.plan.missing & self.choices.later))

    @property
    def unwritable(self) -> Mapping[SectionId, str]:
        """Those of ``left_out`` that no answer can help, each with the reason."""
        return {id: why for id, why in self.left_out.items() if id not in self.waiting}

    @property
    def complete(self) -> bool:
        """True if all of the team's changes are in the change, or refused."""
        return not (self.held_back or self.unanswered or self.not_removed or self.not_added)


def decide(plan: TeamPlan, choices: Choices, catalog: Catalog, summary: str) -> Decision:
    """Returns the change with everything that needs no answer, and with what you chose."""
    refused = plan.missing & (choices.mine | choices.later)
    wanted = {
        each.id: each.updates + (each.conflicts + each.kept if each.id in choices.theirs else ())
        for each in plan.sections
        if each.id not in refused
    }
    draft = _Draft(plan, choices, catalog, {id: found for id, found in wanted.items() if found})
    draft.place()
    while True:
        draft.hold_back()
        decision = draft.decision(summary)
        edited = decision.written | decision.removed
        harms = harmed_profiles(decision.change, edited, draft.renewed, plan, catalog)
        if not draft.ask_about(harms):
            return decision


class _Draft:
    """The sections that are still to be written, and why others are not."""

    def __init__(
        self,
        plan: TeamPlan,
        choices: Choices,
        catalog: Catalog,
        wanted: dict[SectionId, tuple[KeyDifference, ...]],
    ) -> None:
        self._plan, self._choices, self._catalog = plan, choices, catalog
        self._wanted = wanted
        self._urls = StartUrls(plan, catalog)
        self._removing = choices.removed & set(plan.removable)
        self._confirmations: list[Confirmation] = []
        self._left: dict[SectionId, str] = {}
        self._waiting: set[SectionId] = set()
        self._edits: dict[SectionId, tuple[FileEdit, ...]] = {}
        chosen = choices.theirs | choices.mine
        self._unsettled = {  # somebody else than the team says, until you choose
            each.id
            for each in plan.conflicts
            if each.id not in chosen and not WHO_KEYS.isdisjoint(d.key for d in each.conflicts)
        }

    @property
    def renewed(self) -> set[SectionId]:
        """The sections to be written with other keys of who they are, and those to be removed."""
        wanted = self._wanted.items()
        turned = {id for id, found in wanted if not WHO_KEYS.isdisjoint(d.key for d in found)}
        return turned | self._removing

    def hold_back(self) -> None:
        """Holds back what is not confirmed, and what refers to it, until nothing more is found.

        A section's identity depends on the sections that are written with it, so each one that is
        held back may be the reason for another.
        """
        while self._ask() or self._leave_out_dangling():
            pass

    def _ask(self) -> bool:
        """Holds back the sections with changes that are not confirmed. True if there was one."""
        changing = ProfilesChangingIdentity(self._wanted, self._catalog)
        confirmed = self._choices.accepted | self._choices.accepted_keys
        asked = []
        for id in [id for id in self._wanted if id not in confirmed]:
            planned = self._plan.by_id[id]
            found = sensitive_differences(planned, self._wanted[id], self._urls, changing)
            if found:
                asked.append(Confirmation((id,), planned.team.origin, found))
        for each in asked:
            del self._wanted[each.sections[0]]
        self._confirmations += asked
        return bool(asked)

    def ask_about(self, harms: Iterable[Harm]) -> bool:
        """Holds back the causes of ``harms`` to your own profiles. True if there were any."""
        asked = False
        for harm in harms:
            changing = self._wanted.keys() | self._removing
            causes = self._causes(harm.profile) & changing
            open_ = tuple(sorted((causes or changing) - self._choices.accepted))
            if open_:
                asked = True
                self._confirmations.append(Confirmation(open_, "", harm=harm.says))
                self._removing -= set(open_)
                for id in open_:
                    self._wanted.pop(id, None)
        return asked

    def _causes(self, profile: str) -> set[SectionId]:
        """Returns the removed or changed sections that would alter the identity of your profile."""
        below = sections_below(profile, self._catalog)
        turned = {id for id in below if IDENTITY_KEYS & {d.key for d in self._wanted.get(id, ())}}
        return turned | (below & self._removing)

    def place(self) -> None:
        """Works out the edits of each section; leaves out one that another line would override."""
        for id in list(self._wanted):
            planned = self._plan.by_id[id]
            change = Change("", tuple(_edits(planned, self._wanted[id], self._catalog)))
            try:
                _require_free_blocks(id, self._wanted[id], self._catalog)
                if id.type == "profile" and not planned.new:
                    change = place_change(change, self._catalog)
            except EditRefused as exc:
                self._left[id] = exc.line
                del self._wanted[id]
            else:
                self._edits[id] = change.edits

    def _leave_out_dangling(self) -> bool:
        """Leaves out sections that refer to a section which is missing or not yet updated."""
        dangling = dict(self._dangling())
        for id, source in dangling.items():
            exists = current_values(self._catalog, source) is not None
            why = "does not change yet" if exists else "is missing"
            self._left[id] = f"{sanitize(str(source))}, which it refers to, {why}."
            if source not in self._left or source in self._waiting:
                self._waiting.add(id)
            del self._wanted[id]
        return bool(dangling)

    def _dangling(self) -> Iterator[tuple[SectionId, SectionId]]:
        """Yields each section with a blocked reference, and the section that blocks it."""
        held = {id for each in self._confirmations for id in each.sections} | self._left.keys()
        held |= self._unsettled
        for id, differences in self._wanted.items():
            for key, type in REFERENCES.items():
                name = next((d.team for d in differences if d.key == key), None)
                if name and (cause := self._held_below(SectionId(type, name), held)):
                    yield id, cause

    def _held_below(self, id: SectionId, held: Collection[SectionId]) -> SectionId | None:
        """Returns the section that blocks a source or session: itself or one it refers to."""
        seen: set[SectionId] = set()
        todo = [id]
        while todo:
            each = todo.pop()
            if each in held or not self._will_exist(each):
                return each
            seen.add(each)
            todo += self._sources_of(each) - seen
        return None

    def _sources_of(self, id: SectionId) -> set[SectionId]:
        """Returns the source and the session that a profile would have."""
        profile = self._catalog.profiles.get(id.name) if id.type == "profile" else None
        names = {key: profile.get(key) if profile else None for key in _IDENTITY_REFERENCES}
        names |= {each.key: each.team for each in self._wanted.get(id, ()) if each.key in names}
        return {SectionId(REFERENCES[key], name) for key, name in names.items() if name}

    def _will_exist(self, id: SectionId) -> bool:
        # The doctor reports references to sections that are in neither the files nor the team file.
        if id in self._wanted or id not in self._plan.by_id:
            return True
        return current_values(self._catalog, id) is not None

    def decision(self, summary: str) -> Decision:
        """Returns the decision with the sections that are not held back."""
        removed = self._still_removed()
        edits = [edit for id in self._wanted for edit in self._edits[id]]
        edits += [FileEdit(FileKind.CONFIG, RemoveSection(id)) for id in sorted(removed)]
        return Decision(
            self._plan,
            self._choices,
            Change(summary, tuple(edits)),
            frozenset(self._wanted),
            frozenset(removed),
            tuple(self._confirmations),
            dict(self._left),
            frozenset(self._waiting),
        )

    def _still_removed(self) -> set[SectionId]:
        turned = {(id.name, d.key) for id, found in self._wanted.items() for d in found}
        needed = set(still_needed(self._removing, turned, self._catalog))
        for found in self._wanted.values():
            named = {d.key: d.team for d in found}
            needed |= {SectionId(type, named.get(key) or "") for key, type in REFERENCES.items()}
        return set(self._removing) - needed


def _edits(
    planned: PlannedSection, wanted: Collection[KeyDifference], catalog: Catalog
) -> Iterator[FileEdit]:
    """Yields the edits of a section: new values go to the config file; dropped ones leave both."""
    id = planned.id
    lines = [(*split_key(each.key), each.team) for each in wanted]
    values = tuple((key, text) for key, below, text in lines if text is not None and not below)
    if values or planned.new:
        yield FileEdit(FileKind.CONFIG, PutSection(id, values))
    for key, below, text in lines:
        if text is None:
            for kind in _files_with(id, key, catalog):
                yield FileEdit(kind, UnsetValue(id, key, below))
        elif below:
            yield FileEdit(FileKind.CONFIG, SetValue(id, key, text, below))


def _files_with(id: SectionId, key: str, catalog: Catalog) -> list[FileKind]:
    sections = {kind: catalog.stored(kind).document.find(id) for kind in FileKind}
    return [kind for kind, section in sections.items() if section and section.get(key)]


def _require_free_blocks(id: SectionId, wanted: Iterable[KeyDifference], catalog: Catalog) -> None:
    """Raises EditRefused if a line of a nested block is to be set where its key has a value."""
    for parent in {key for each in wanted for key, below in [split_key(each.key)] if below}:
        for kind in _files_with(id, parent, catalog):
            section = catalog.stored(kind).document.find(id)
            entry = section.get(parent) if section else None
            free = entry and (entry.nested or not entry.value) and kind is FileKind.CONFIG
            if entry and not free:
                raise EditRefused(
                    f"{sanitize(id.name)} has {parent} in line {entry.line} of the {kind} file,"
                    " which leaves no room for the team's indented lines.",
                    f"remove that line: awsprof unset {arguments(id.name)} {parent}",
                )
