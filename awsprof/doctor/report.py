"""The report of one run: every profile's health and all findings, as values and as JSON.

The setting ``ignore`` names those that the user does not want to see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from awsprof import settings
from awsprof.doctor.findings import Finding, Severity
from awsprof.doctor.team_versions import TeamVersion
from awsprof.text import counted

_SCHEMA: Final = 1  # of as_json: fields may be added, but none changes its meaning


class Health(StrEnum):
    """The state of a profile."""

    HEALTHY = "healthy"
    TO_LOOK_AT = "to look at"
    BROKEN = "broken"
    SIGNED_OUT = "signed out"
    WAITING = "waits for a code"
    UNASKED = "not asked"

    @property
    def label(self) -> str:
        """The word for people; the value is for JSON, where it must not change."""
        return _LABELS.get(self, self.value)


_NOUNS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_LABELS: Final = {Health.TO_LOOK_AT: "with warnings", Health.WAITING: "waiting"}


@dataclass(frozen=True)
class ProfileReport:
    """One profile: its settings, its health, and its identity (an ARN) if AWS was asked.

    ``sign_in`` is the command that signs in, if that is all the profile needs.
    """

    name: str
    kind: str | None
    label: str
    account: str | None
    role: str | None
    region: str | None
    source: str | None
    session: str | None
    file: str | None
    line: int | None
    health: Health
    arn: str | None
    findings: tuple[Finding, ...]
    sign_in: str | None = None

    @property
    def state(self) -> Health:
        """What people are told: SIGNED_OUT if a sign-in is all it needs, else its health.

        ``health`` is never SIGNED_OUT: in JSON such a profile was broken, or not asked, before.
        """
        return Health.SIGNED_OUT if self.sign_in else self.health


@dataclass(frozen=True)
class Report:
    """The result of one run. ``general`` are the findings that are not about a single profile.

    ``complete`` is False if the run was ``interrupted`` or timed out; ``took`` is in seconds.
    ``team_versions`` are the versions of the team files that were applied on this machine.
    """

    profiles: tuple[ProfileReport, ...]
    general: tuple[Finding, ...]
    live: bool
    complete: bool
    took: float
    interrupted: bool = False
    team_versions: tuple[TeamVersion, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings: the general ones, then those of each profile."""
        return (*self.general, *(f for p in self.profiles for f in p.findings))

    @property
    def ok(self) -> bool:
        """True if no finding is an error."""
        return not any(f.severity is Severity.ERROR for f in self.findings)

    @property
    def errors(self) -> int:
        """The number of errors that a sign-in does not end."""
        return sum(f.severity is Severity.ERROR and not f.fault.sign_in for f in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Returns the report as JSON values (see docs/json.md)."""
        versions = [version.as_json() for version in self.team_versions]
        return {
            "schema": _SCHEMA,
            "ok": self.ok,
            "live": self.live,
            "complete": self.complete,
            "took_seconds": round(self.took, 3),
            "profiles": [_profile(p) for p in self.profiles],
            "findings": [finding_json(f) for f in self.general],
            **({"team_versions": versions} if versions else {}),
        }


def count_findings(findings: Iterable[Finding]) -> str:
    """Returns the numbers in words, the worst first: "1 error, 1 sign-in, 2 warnings"."""
    nouns = ("error", "sign-in", "warning", "note")
    counts = Counter("sign-in" if f.fault.sign_in else _NOUNS[f.severity] for f in findings)
    return ", ".join(counted(counts[noun], noun) for noun in nouns if counts[noun])


def _profile(profile: ProfileReport) -> dict[str, Any]:
    return {
        "name": profile.name,
        "kind": profile.kind,
        "label": profile.label,
        "account": profile.account,
        "role": profile.role,
        "region": profile.region,
        "source": profile.source,
        "session": profile.session,
        "file": profile.file,
        "line": profile.line,
        "health": profile.health.value,
        "arn": profile.arn,
        "sign_in": profile.sign_in,
        "findings": [finding_json(f) for f in profile.findings],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Returns a finding as JSON values (see docs/json.md)."""
    origin = finding.fault.origin
    affects = finding.fault.affects
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "profile": finding.profile,
        "file": str(origin.path) if origin else None,
        "line": origin.line if origin else None,
        "message": finding.fault.message,
        "fix": finding.fault.fix,
        "repairable": finding.fault.repair is not None,
        **({"affects": list(affects)} if affects else {}),
        **finding.fault.details,
    }


def is_ignored() -> Callable[[Finding], bool]:
    """Returns a predicate: True if the settings ignore the finding or its check."""
    ignored = {entry.strip() for entry in settings.get_setting("ignore").split(",")} - {""}
    return lambda finding: finding.id in ignored or f"{finding.profile}:{finding.id}" in ignored
