"""Reports of the doctor, made by hand: what a visit might have found."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from awsprof.configfile.document import FileKind
from awsprof.doctor.findings import Fault, Finding, Repair, Severity
from awsprof.doctor.report import Health, ProfileReport, Report
from awsprof.profiles.model import Origin

CONFIG = Path("/home/alice/.aws/config")
ERROR, WARNING, INFO = Severity


def finding(
    severity: Severity,
    message: str,
    fix: str = "",
    *,
    id: str = "a-check",
    profile: str | None = None,
    line: int | None = None,
    repairable: bool = False,
    details: Mapping[str, object] | None = None,
) -> Finding:
    """One finding; with ``line`` it stands in the config file."""
    origin = Origin(FileKind.CONFIG, CONFIG, line) if line else None
    repair = Repair() if repairable else None
    return Finding(
        id, severity, Fault(message, fix, profile, origin, repair, details=details or {})
    )


def profile(
    name: str,
    *findings: Finding,
    health: Health | None = None,
    source: str | None = None,
    session: str | None = None,
    account: str | None = "210987654321",
    role: str | None = "Admin",
) -> ProfileReport:
    """One profile, as healthy as its findings let it be."""
    if health is None:
        worst = min((f.severity.rank for f in findings), default=2)
        health = (Health.BROKEN, Health.TO_LOOK_AT, Health.HEALTHY)[worst]
    kind = "sso" if session else "role" if source else "keys"
    label = f"role {role}" if source else "keys in the vault"
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/alice"
    return ProfileReport(
        name=name,
        kind=kind,
        label=label,
        account=account,
        role=role,
        region="eu-west-1",
        source=source or session,
        session=session,
        file=str(CONFIG),
        line=1,
        health=health,
        arn=arn if health in {Health.HEALTHY, Health.TO_LOOK_AT} else None,
        findings=findings,
    )


def report(
    profiles: Iterable[ProfileReport],
    *general: Finding,
    live: bool = True,
    complete: bool = True,
) -> Report:
    """The report of one visit of 2.1 seconds."""
    return Report(tuple(profiles), general, live, complete, 2.13)
