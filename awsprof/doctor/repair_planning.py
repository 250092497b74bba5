"""The repairs of findings: edits of the files and the vault, and a few other actions.

All repairs of a run become one change. Its outcome is computed before it is shown: a repair that
would give a profile another identity, or lose the settings that define it, is left out. Faults that
only a repair reveals are found by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from awsprof.configfile.document import FileKind
from awsprof.configfile.line_repairs import JoinLines, SplitLine
from awsprof.configfile.parse import SectionId, header_in, section_id
from awsprof.configfile.repair_file import line_in_the_way
from awsprof.configfile.section_repairs import RewriteHeader
from awsprof.editing.change import Change, NewSecret
from awsprof.errors import AwsprofError, EditRefused
from awsprof.profiles.change_harm import Harm, ImpactChecker, Texts

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.findings import Action, Finding
    from awsprof.profiles.model import Origin

_FEW: Final = 16  # repairs that are tried one by one if they are harmful together


@dataclass(frozen=True)
class SkippedRepair:
    """A repair that is not made, and why."""

    finding: Finding
    why: AwsprofError


@dataclass(frozen=True)
class RepairPlan:
    """All repairs as one change and the actions after it.

    ``repaired`` are the findings that it repairs; ``skipped`` are the repairs that are not
    possible.
    """

    change: Change
    repaired: tuple[Finding, ...] = ()
    skipped: tuple[SkippedRepair, ...] = ()

    @property
    def acts(self) -> tuple[Action, ...]:
        """The actions after the change, without duplicates."""
        repairs = (finding.fault.repair for finding in self.repaired)
        return tuple({act.says: act for r in repairs if r for act in r.acts}.values())

    @property
    def empty(self) -> bool:
        """True if there is nothing to repair."""
        return not self.repaired


Prove = Callable[[NewSecret, str | None], NewSecret]


class HarmfulRepair(EditRefused):
    """A repair would give a profile another identity, or lose the settings that define it."""

    def __init__(self, harm: Harm) -> None:
        super().__init__(
            f"--fix does not change this, because {harm.says}",
            "keep the lines that you need and give the others a header of their own, in an editor",
        )


class _RepairWithoutEffect(EditRefused):
    """A repair has no effect before others are made; ``first`` is a line that they change."""

    def __init__(self, first: Origin | None) -> None:
        what = f"Line {first} has" if first else "Other lines of the file have"
        super().__init__(f"{what} to be repaired first.", "awsprof doctor --fix repairs all")


def plan_repairs(context: CheckContext, findings: Iterable[Finding], prove: Prove) -> RepairPlan:
    """Returns the harmless and compatible repairs of these findings as one change.

    ``prove`` takes a secret on its way into the vault and the name of its profile, and returns it
    with its owner. If it raises AwsprofError, the secret stays where it is.
    """
    todo = [finding for finding in findings if finding.fault.repair is not None]
    proven: dict[str, NewSecret | AwsprofError] = {}
    unproven: list[SkippedRepair] = []
    before = {kind: context.catalog.stored(kind).data for kind in FileKind}
    impact = ImpactChecker(before)
    while True:
        work = _Work(before, impact)
        work.take_all(todo)
        for finding, secret in ((f, s) for f in work.repaired for s in _change(f).secrets):
            if secret.key_id not in proven:
                proven[secret.key_id] = _proof(prove, secret, finding.profile)
            why = proven[secret.key_id]
            if isinstance(why, AwsprofError):
                unproven.append(SkippedRepair(finding, why))
        out = {id(skipped.finding) for skipped in unproven}
        if out.isdisjoint(map(id, work.repaired)):
            break
        todo = [finding for finding in todo if id(finding) not in out]
    needed = (secret.key_id for secret in work.change.secrets)
    stored = (proven[key_id] for key_id in dict.fromkeys(needed))
    change = replace(work.change, secrets=tuple(s for s in stored if isinstance(s, NewSecret)))
    return RepairPlan(change, tuple(work.repaired), (*unproven, *work.skipped))


def _proof(prove: Prove, secret: NewSecret, profile: str | None) -> NewSecret | AwsprofError:
    try:
        return prove(secret, profile)
    except AwsprofError as exc:
        return exc


def withhold_harmful_repairs(context: CheckContext, findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings, without repairs that are impossible or harmful; those say why."""
    findings = _after_line_breaks(findings)
    with_change = [f for f in findings if f.fault.repair is not None and f.fault.repair.change]
    if not with_change:
        return [*findings]
    skipped = plan_repairs(context, with_change, lambda secret, _: secret).skipped
    reasons = {id(each.finding): each.why for each in skipped}
    return [_without(f, reasons[id(f)]) if id(f) in reasons else f for f in findings]


def _after_line_breaks(findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings, without repairs in sections that lost-line-break repairs first.

    Those repairs were computed for content that may belong to another section.
    """
    cut, parted = set[SectionId](), set[SectionId]()
    for finding in findings:
        repair = finding.fault.repair
        for each in repair.change.repairs if repair and repair.change else ():
            if isinstance(each.repair, SplitLine | JoinLines):
                cut |= repair.declares if repair else frozenset()
            if isinstance(each.repair, SplitLine) and any(map(header_in, each.repair.lines[1:])):
                parted.add(each.repair.section)

    def waits(change: Change) -> bool:
        repairs = [
            m.repair for m in change.repairs if not isinstance(m.repair, SplitLine | RewriteHeader)
        ]
        return not (
            cut.isdisjoint(edit.operation.section for edit in change.edits)
            and parted.isdisjoint(getattr(repair, "section", None) for repair in repairs)
        )

    return [
        replace(f, fault=replace(f.fault, repair=None, fix=_FIRST, refined_by_answer=None))
        if f.fault.repair and f.fault.repair.change and waits(f.fault.repair.change)
        else f
        for f in findings
    ]


_FIRST: Final = "awsprof doctor --fix lost-line-break first; then awsprof doctor"


def _without(finding: Finding, why: AwsprofError) -> Finding:
    fault = replace(finding.fault, repair=None, refined_by_answer=None)
    if isinstance(why, HarmfulRepair):
        where = f"at {finding.fault.origin}, {why.fix}" if finding.fault.origin else why.fix
        fault = replace(fault, message=f"{fault.message} {why.message}", fix=where)
    elif fault.fix.startswith("awsprof doctor --fix"):
        fault = replace(fault, fix=f"{why.message} {why.fix}")
    return replace(finding, fault=fault)


class _Work:
    """Builds the one change: what it includes so far, and what was left out."""

    def __init__(self, before: Texts, impact: ImpactChecker) -> None:
        self.change: Change = Change("repaired by the doctor")
        self.repaired: list[Finding] = []
        self.skipped: list[SkippedRepair] = []
        self._before = before
        self._impact = impact

    def take_all(self, findings: Sequence[Finding]) -> None:
        """Adds what is possible; a repair that may change an identity gives no other that right."""
        declaring = [f for f in findings if f.fault.repair and f.fault.repair.declares]
        declared = set(map(id, declaring))
        self.take([f for f in findings if id(f) not in declared])
        self.take(declaring)
        waiting = [o.finding for o in self.skipped if not isinstance(o.why, HarmfulRepair)]
        self.skipped = [out for out in self.skipped if isinstance(out.why, HarmfulRepair)]
        self.take(waiting)  # those that the last ones had to precede

    def take(self, findings: Sequence[Finding]) -> None:
        """Adds the findings if they are compatible and harmless, else as many as possible."""
        if not findings:
            return
        joined = _joined(self.change, map(_change, findings))
        try:
            after = {kind: joined.apply_to(kind, self._before[kind]) for kind in FileKind}
        except EditRefused as exc:  # two repairs conflict
            self._part(findings, exc)
            return
        idle = [finding for finding in findings if self._has_no_effect(finding, joined)]
        if idle:
            self.skipped += [SkippedRepair(f, self._without_effect(f)) for f in idle]
            self.take([finding for finding in findings if finding not in idle])
            return
        moved = {secret.secret.reveal() for secret in joined.secrets}
        found: tuple[Harm, ...] = ()
        if after != self._before:
            declared = frozenset[SectionId]().union(
                *(f.fault.repair.declares for f in (*self.repaired, *findings) if f.fault.repair)
            )
            found = self._impact.harms(
                after, moved=moved, renamed=_renamed(joined), declared=declared
            )
        if found:
            self._part_harmful(findings, found)
            return
        self.change = joined
        self.repaired += findings

    def _has_no_effect(self, finding: Finding, joined: Change) -> bool:
        """True if all that would be done is repairs of a text that have to be skipped."""
        own = _change(finding)
        if not own.repairs or own.edits or own.secrets or own.forget:
            return False
        return all(m.repair in joined.skipped(m.kind, self._before[m.kind]) for m in own.repairs)

    def _without_effect(self, finding: Finding) -> _RepairWithoutEffect:
        origin = finding.fault.origin
        for each in _change(finding).repairs:
            line = line_in_the_way(self._before[each.kind] or b"", each.kind, each.repair)
            if line is not None and origin is not None and origin.kind is each.kind:
                return _RepairWithoutEffect(origin._replace(line=line))
        return _RepairWithoutEffect(None)

    def _part(self, findings: Sequence[Finding], why: EditRefused) -> None:
        if len(findings) == 1:
            self.skipped.append(SkippedRepair(findings[0], why))
            return
        half = len(findings) // 2
        self.take(findings[:half])
        self.take(findings[half:])

    def _part_harmful(self, findings: Sequence[Finding], found: Sequence[Harm]) -> None:
        """Adds the harmless ones, then the others one by one; many of them by check."""
        where = frozenset[SectionId]().union(*(harm.sections for harm in found))
        doing = [f for f in findings if not where.isdisjoint(_sections(_change(f)))] or [*findings]
        if len(doing) < len(findings):
            guilty = {id(finding) for finding in doing}
            self.take([f for f in findings if id(f) not in guilty])
        kinds = {finding.id: [f for f in doing if f.id == finding.id] for finding in doing}
        if len(kinds) > 1 and len(doing) > _FEW:
            for alike in kinds.values():
                self.take(alike)
        elif len(findings) > 1 and len(doing) <= _FEW:
            for finding in doing:
                self.take([finding])
        else:
            for finding in doing:
                own = _sections(_change(finding))
                harm = next((h for h in found if not h.sections.isdisjoint(own)), found[0])
                self.skipped.append(SkippedRepair(finding, HarmfulRepair(harm)))


def _change(finding: Finding) -> Change:
    repair = finding.fault.repair
    return (repair.change if repair else None) or Change("")


def _sections(change: Change) -> frozenset[SectionId]:
    """Returns the sections that a change is about."""
    found = {edit.operation.section for edit in change.edits}
    for each in change.repairs:
        if isinstance(each.repair, RewriteHeader):
            lines = (each.repair.line, each.repair.new)
            found |= {section_id(h, each.kind) for h in map(header_in, lines) if h is not None}
        else:
            section = getattr(each.repair, "section", None)
            found |= {section} if section is not None else set()
    return frozenset(found)


def _renamed(change: Change) -> dict[str, str]:
    """Returns the old and new names of profiles whose headers are repaired."""
    pairs = {}
    for each in change.repairs:
        if isinstance(each.repair, RewriteHeader):
            old, new = header_in(each.repair.line), header_in(each.repair.new)
            if old is not None and new is not None:
                pairs[section_id(old, each.kind)] = section_id(new, each.kind)
    profiles = [(o.name, n.name) for o, n in pairs.items() if o.type == n.type == "profile"]
    return dict(profiles)


def _joined(first: Change, more: Iterable[Change]) -> Change:
    """Returns one change with all parts, without duplicate parts or secrets."""
    every = (first, *more)
    names = [part.name for part in fields(Change) if part.init]
    whole: dict[str, Any] = {
        name: tuple(dict.fromkeys(each for change in every for each in getattr(change, name)))
        for name in names
        if name not in {"summary", "secrets"}
    }
    secrets = {secret.key_id: secret for change in every for secret in change.secrets}
    return replace(first, secrets=tuple(secrets.values()), **whole)
