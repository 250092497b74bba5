"""Checks of the profiles that come from a team file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.doctor.check_helpers import (
    checks_everything,
    profile_fault,
    selected_sso_sessions,
    session_fault,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.errors import AwsprofError
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.team.drift import Drift

_FIX = "awsprof team apply asks whose values to use"


@offline_check(Severity.WARNING)
def team_drift(context: CheckContext) -> Iterator[Fault]:
    """A profile or sso-session of your team's file was changed or removed on this machine.

    It is no longer what the team file said when it was applied. A change of the team's to the same
    values waits for your answer, and what a colleague tells you about the profile may not hold
    here. No SDK is affected by itself.

    Run awsprof team apply, which shows your value and the team's: take the team's, or keep yours,
    which is then no drift any more. awsprof team diff shows all differences and writes nothing.
    """
    from awsprof.team.drift import find_drift

    try:
        drift = find_drift(context.catalog)
    except AwsprofError:
        return  # awsprof's own files cannot be read: other commands say so
    for each in drift:
        yield from _faults(context, each)


def _faults(context: CheckContext, drift: Drift) -> Iterator[Fault]:
    name, source = drift.section.name, sanitize(drift.source)
    changed = f"{', '.join(drift.keys)} differ{'s' * (len(drift.keys) == 1)} from the team file"
    if drift.gone:
        if not checks_everything(context):
            return
        kept = sanitize(str(drift.section))
        yield Fault(f"The team file {source} has {kept}, which was removed here.", _FIX)
    elif drift.section.type == "sso-session":
        for session in selected_sso_sessions(context):
            if session.name == name:
                yield session_fault(session, drift.keys[0], f"{changed} {source}.", _FIX)
    elif name in context.names:
        profile = context.catalog.profiles[name]
        yield profile_fault(profile, drift.keys[0], f"{changed} {source}.", _FIX)
