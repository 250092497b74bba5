"""From what was seen to the report: each profile with its findings, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from awsprof.doctor.causes import Causes
from awsprof.doctor.findings import Finding, Severity
from awsprof.doctor.report import Health, ProfileReport, Report
from awsprof.paths import short

if TYPE_CHECKING:
    from awsprof.doctor.scene import Answered, Scene


@dataclass
class Seen:
    """What one visit has seen so far; ``unreached`` are profiles that AWS could not be asked of.

    ``beneath`` are answers of sources that are not in question themselves.
    """

    known: tuple[Finding, ...]
    live: list[Finding] = field(default_factory=list)
    answered: dict[str, Answered] = field(default_factory=dict)
    beneath: dict[str, Answered] = field(default_factory=dict)
    unreached: set[str] = field(default_factory=set)
    complete: bool = True
    interrupted: bool = False


def assembled(scene: Scene, seen: Seen, *, live: bool, took: float) -> Report:
    """The report; what is said of a profile that there is not is among the general findings."""
    causes = Causes(scene, seen.known, {**seen.beneath, **seen.answered})
    told = [
        finding
        for finding in (*seen.known, *seen.live)
        if finding.id != "identity" or not causes.explains(finding.profile)
    ]
    told = causes.with_affected([*told, *causes.beneath()])
    by_profile: dict[str, list[Finding]] = {name: [] for name in scene.names}
    general: list[Finding] = []
    for finding in told:
        if finding.profile in by_profile:
            by_profile[finding.profile].append(finding)
        elif finding.profile not in scene.catalog.profiles or _breaks_all(scene, finding):
            general.append(finding)
    profiles = tuple(
        _profile(scene, name, sorted(by_profile[name], key=lambda f: f.severity.rank), seen)
        for name in scene.names
    )
    general.sort(key=lambda f: f.severity.rank)
    return Report(profiles, tuple(general), live, seen.complete, took, seen.interrupted)


def _breaks_all(scene: Scene, finding: Finding) -> bool:
    """Whether no profile works in boto3 because of it, whosever line it is."""
    origin = finding.fault.origin
    broken = {(file.path, file.line) for file in scene.catalog.unreadable}
    at = (short(origin.path), origin.line) if origin else None
    return finding.severity is Severity.ERROR and at in broken


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
