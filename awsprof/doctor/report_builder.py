"""Builds the report from the findings and answers of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from awsprof.doctor.findings import Finding, Severity
from awsprof.doctor.report import Health, ProfileReport, Report
from awsprof.doctor.root_causes import RootCauses, breaks_all, without_answered_findings
from awsprof.doctor.team_versions import applied_versions
from awsprof.profiles import kinds

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext, LiveResult


@dataclass
class RunState:
    """What a run has collected so far.

    ``unreached`` are profiles that AWS could not be asked about; ``beneath`` are the answers for
    sources that are not selected themselves.
    """

    known: tuple[Finding, ...]
    live: list[Finding] = field(default_factory=list)
    answered: dict[str, LiveResult] = field(default_factory=dict)
    beneath: dict[str, LiveResult] = field(default_factory=dict)
    unreached: set[str] = field(default_factory=set)
    complete: bool = True
    interrupted: bool = False


def build_report(context: CheckContext, seen: RunState, *, live: bool, took: float) -> Report:
    """Builds the report; findings about profiles that do not exist become general ones."""
    causes = RootCauses(context, seen.known, {**seen.beneath, **seen.answered})
    reported = [
        finding
        for finding in without_answered_findings((*seen.known, *seen.live))
        if finding.id != "identity" or not causes.explains(finding.profile)
    ]
    reported = causes.with_affected([*reported, *causes.beneath()])
    sign_ins = {name: f.fault.fix for f in reported if f.fault.sign_in for name in f.fault.affects}
    all_broken = any(breaks_all(context, finding) for finding in reported)
    by_profile: dict[str, list[Finding]] = {name: [] for name in context.names}
    general: list[Finding] = []
    for finding in reported:
        broken = breaks_all(context, finding)
        if broken:
            finding = replace(finding, fault=replace(finding.fault, affects=context.names))
        if finding.profile in by_profile:
            by_profile[finding.profile].append(finding)
        elif finding.profile not in context.catalog.profiles or broken:
            general.append(finding)
    profiles = tuple(
        _with_sign_in(
            _profile(context, name, sorted(by_profile[name], key=lambda f: f.severity.rank), seen),
            None if all_broken else sign_ins.get(name),
        )
        for name in context.names
    )
    general.sort(key=lambda f: f.severity.rank)
    return Report(
        profiles,
        tuple(general),
        live,
        seen.complete,
        took,
        seen.interrupted,
        applied_versions(),
    )


def _profile(
    context: CheckContext, name: str, findings: Sequence[Finding], seen: RunState
) -> ProfileReport:
    profile = context.catalog.get(name)
    facts = kinds.profile_facts(profile)
    answered = seen.answered.get(name)
    caller = answered.identity if answered else None
    origin = profile.origins[0] if profile.origins else None
    session = context.catalog.chain(name).session
    return ProfileReport(
        name=name,
        kind=facts.kind,
        label=facts.label,
        account=facts.account or (caller.account if caller else None),
        role=facts.role,
        region=facts.region,
        source=facts.source,
        session=session.name if session else None,
        file=str(origin.path) if origin else None,
        line=origin.line if origin else None,
        health=_health(findings, answered, unreached=name in seen.unreached),
        arn=caller.arn if caller else None,
        findings=tuple(findings),
    )


def _with_sign_in(profile: ProfileReport, general: str | None) -> ProfileReport:
    """Returns the profile with the command that signs it in, if it needs nothing else.

    ``general`` is the command for its Identity Center session, if you are signed out of that.
    """
    errors = [f.fault for f in profile.findings if f.severity is Severity.ERROR]
    if profile.arn or not all(fault.sign_in for fault in errors):
        return profile
    return replace(profile, sign_in=errors[0].fix if errors else general)


def _health(findings: Sequence[Finding], answered: LiveResult | None, *, unreached: bool) -> Health:
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
