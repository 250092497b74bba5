"""From what was seen to the report: each profile with its findings, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from awsprof.doctor.findings import Finding, Severity
from awsprof.doctor.report import Health, ProfileReport, Report
from awsprof.errors import VaultError

if TYPE_CHECKING:
    from awsprof.doctor.scene import Answered, Scene


@dataclass
class Seen:
    """What one visit has seen so far; ``unreached`` are profiles that AWS could not be asked of."""

    known: tuple[Finding, ...]
    live: list[Finding] = field(default_factory=list)
    answered: dict[str, Answered] = field(default_factory=dict)
    unreached: set[str] = field(default_factory=set)
    complete: bool = True
    interrupted: bool = False


def assembled(scene: Scene, seen: Seen, *, live: bool, took: float) -> Report:
    """The report; what is said of a profile that there is not is among the general findings."""
    reasons = _Reasons(scene, seen.known)
    told = [
        finding
        for finding in (*seen.known, *seen.live)
        if finding.id != "identity" or not reasons.explain(seen.answered, finding.profile)
    ]
    wanted = set(scene.names)
    by_profile: dict[str, list[Finding]] = {name: [] for name in scene.names}
    general: list[Finding] = []
    for finding in told:
        if finding.profile in by_profile:
            by_profile[finding.profile].append(finding)
        elif finding.profile not in scene.catalog.profiles or finding.profile in wanted:
            general.append(finding)
    profiles = tuple(
        _profile(scene, name, sorted(by_profile[name], key=lambda f: f.severity.rank), seen)
        for name in scene.names
    )
    general.sort(key=lambda f: f.severity.rank)
    return Report(profiles, tuple(general), live, seen.complete, took, seen.interrupted)


class _Reasons:
    """What is known without AWS of why a profile does not work: AWS's own word adds nothing."""

    def __init__(self, scene: Scene, known: Sequence[Finding]) -> None:
        self._scene = scene
        errors = [finding for finding in known if finding.severity is Severity.ERROR]
        self._broken = {finding.profile for finding in errors if finding.profile is not None}
        self._general = {finding.id for finding in errors if finding.profile is None}

    def explain(self, answered: dict[str, Answered], name: str | None) -> bool:
        """Whether a finding explains why that profile is nobody."""
        one = answered.get(name) if name is not None else None
        if one is None or one.error is None:
            return False
        if isinstance(one.error, VaultError) and "keyring-unusable" in self._general:
            return True
        links = self._scene.catalog.chain(one.profile.name).links
        return one.error.code in self._general or any(link.name in self._broken for link in links)


def _profile(scene: Scene, name: str, findings: Sequence[Finding], seen: Seen) -> ProfileReport:
    profile = scene.catalog.get(name)
    facts = scene.catalog.facts(profile)
    answered = seen.answered.get(name)
    who = answered.identity if answered else None
    origin = profile.origins[0] if profile.origins else None
    session = scene.catalog.chain(name).session
    return ProfileReport(
        name=name,
        kind=facts.kind,
        label=facts.label,
        account=facts.account or (who.account if who else None),
        role=facts.role,
        region=facts.region,
        source=facts.source,
        session=session.name if session else None,
        file=str(origin.path) if origin else None,
        line=origin.line if origin else None,
        health=_health(findings, answered, unreached=name in seen.unreached),
        arn=who.arn if who else None,
        findings=tuple(findings),
    )


def _health(findings: Sequence[Finding], answered: Answered | None, *, unreached: bool) -> Health:
    worst = min((f.severity.rank for f in findings), default=len(Severity))
    if worst == Severity.ERROR.rank:
        return Health.BROKEN
    if answered is not None and not unreached:
        if answered.waits_for_code:
            return Health.WAITING
        if answered.error is not None:
            return Health.BROKEN
    if worst == Severity.WARNING.rank:
        return Health.TO_LOOK_AT
    return Health.UNASKED if answered is None or unreached else Health.HEALTHY
