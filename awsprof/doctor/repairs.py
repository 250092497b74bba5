"""What mends a finding: edits of the files and the vault, and a few acts beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awsprof.editing.change import Change, NewSecret

if TYPE_CHECKING:
    from awsprof.doctor.findings import Finding


@dataclass(frozen=True)
class Act:
    """Something outside the two files, as a sentence and what does it: a mode, a cache."""

    says: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Repair:
    """What mends one finding: its part of the one change, and acts that follow it."""

    change: Change | None = None
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All repairs as one change and the acts behind it; ``moved`` are the keys it brings."""

    change: Change
    acts: tuple[Act, ...]
    moved: tuple[tuple[str, NewSecret], ...] = ()

    @property
    def text_alone(self) -> Plan:
        """The mends of damaged text alone: what else there is can be done when they are."""
        mends = Change(self.change.summary, mends=self.change.mends)
        return replace(self, change=mends, moved=())


def joined(findings: Sequence[Finding]) -> Plan:
    """Every repair of the findings, in their order; what two of them do alike is done once."""
    repairs = [f.fault.repair for f in findings if f.fault.repair is not None]
    changes = [repair.change for repair in repairs if repair.change is not None]
    acts = {act.says: act for repair in repairs for act in repair.acts}
    count = len(repairs)
    change = Change(
        f"mended {count} finding{'s' * (count != 1)}",
        tuple(edit for change in changes for edit in change.edits),
        tuple({s.key_id: s for change in changes for s in change.secrets}.values()),
        tuple(dict.fromkeys(key_id for change in changes for key_id in change.forget)),
        tuple(mend for change in changes for mend in change.mends),
    )
    moved = tuple(
        (finding.profile, secret)
        for finding in findings
        if finding.profile and finding.fault.repair and finding.fault.repair.change
        for secret in finding.fault.repair.change.secrets
    )
    return Plan(change, tuple(acts.values()), moved)
