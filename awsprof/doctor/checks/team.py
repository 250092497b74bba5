"""Checks of the profiles that come from a team file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
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
    from awsprof.configfile.document import SectionId
    from awsprof.doctor.check_context import CheckContext
    from awsprof.team.drift import Drift

_FIX = "awsprof team apply asks whose values to use"


@offline_check(Severity.WARNING)
def team_drift(context: CheckContext) -> Iterator[Fault]:
    """A profile or sso-session is not as your team's file says, or the team removed it.

    You changed or removed it after the file was applied: a change of the team's to the same values
    waits for your answer, and what a colleague tells you about the profile may not hold here. Or
    the team took it out of the file, and it stayed here: it may lead to an account that is closed.
    No SDK is affected by itself.

    Run awsprof team apply, which shows your value and the team's: take the team's, or keep yours,
    which is then no drift any more. With --prune it removes what the team removed. awsprof team
    diff shows all differences and writes nothing.
    """
    from awsprof.team.drift import find_drift

    try:
        drift = find_drift(context.catalog)
    except AwsprofError:
        return  # awsprof's own files cannot be read: other commands say so
    needed = _needed(context, [each.section for each in drift if each.dropped])
    for each in drift:
        message, fix = _texts(each, needed.get(each.section, ""))
        for fault in _faults(context, each, message, fix):
            yield replace(fault, details={"drift": each.as_json()})


def _needed(context: CheckContext, dropped: list[SectionId]) -> Mapping[SectionId, str]:
    """Returns why awsprof team apply would not remove some of these sections."""
    if not dropped:
        return {}
    from awsprof.team.three_way import still_needed

    return still_needed(dropped, (), context.catalog)


def _texts(drift: Drift, needed: str) -> tuple[str, str]:
    """Returns what is wrong, and its fix."""
    section, source = sanitize(str(drift.section)), sanitize(drift.source)
    if drift.dropped:
        fix = "awsprof team apply --prune removes it"
        fix = f"{fix}, once no other profile needs it: {needed}" if needed else fix
        return f"The team file {source} no longer has {section}, which is still here.", fix
    if drift.gone:
        return f"The team file {source} has {section}, which was removed here.", _FIX
    differ = f"differ{'s' * (len(drift.keys) == 1)}"
    return f"{', '.join(drift.keys)} {differ} from the team file {source}.", _FIX


def _faults(context: CheckContext, drift: Drift, message: str, fix: str) -> Iterator[Fault]:
    name, key = drift.section.name, next(iter(drift.keys), "")
    if drift.gone or drift.section.type == "services":
        if checks_everything(context):
            what = "" if drift.gone or drift.dropped else f"{sanitize(str(drift.section))}: "
            yield Fault(f"{what}{message}", fix)
    elif drift.section.type == "sso-session":
        for session in selected_sso_sessions(context):
            if session.name == name:
                yield session_fault(session, key, message, fix)
    elif name in context.names:
        yield profile_fault(context.catalog.profiles[name], key, message, fix)
