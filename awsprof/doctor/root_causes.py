"""One finding for each cause: repeated findings are left out, or listed at the cause.

A dead key that three hundred roles use is reported once, at the key, with those roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof.doctor.check_helpers import affecting
from awsprof.doctor.file_view import FileView, file_views, fix_command
from awsprof.doctor.findings import Cause, Fault, Finding, Severity
from awsprof.errors import FileError, VaultError
from awsprof.paths import display_path
from awsprof.profiles.default_section import inherited_fix
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.profiles.catalog import Chain

_REMOVING: Final = re.compile(r"[;,] or awsprof remove (?:'[^']*'|[^\s;,'])+")
CATCH_ALL_CHECK: Final = "client-refused"
_WRAPPED_VALUES: Final = ("quoted-value", "inline-comment")
_STRAY: Final = "stray-secret"  # which may be in the comment
BROKEN_LINE: Final = "lost-line-break"
_HALF_KEY: Final = "half-key"
_IN_CONFLICT: Final = frozenset({"line-without-equals", _STRAY})  # also in a merge conflict
_UNKNOWN_DEVICE: Final = "mfa-serial-unknown"
_WRONG_DEVICE: Final = frozenset({"bad-arn", "mfa-wrong-account"})
_SIGN_IN: Final = "sso-token-expired"
_VARIABLE: Final = "env-value-refused"
# What botocore raises for a bad value, of a variable too.
_CODES_OF_VALUES: Final = frozenset(
    {"InvalidRetryModeError", "InvalidMaxRetryAttemptsError", "InvalidDefaultsMode"}
)
_UNREADABLE: Final = frozenset({"duplicate-section", "duplicate-key", "line-without-equals"})


def without_derived_findings(context: CheckContext, findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings without those that another finding explains.

    These are findings of client-refused, about values in broken lines, and in a merge conflict.
    """
    errors = [f for f in findings if f.severity is Severity.ERROR and f.id != CATCH_ALL_CHECK]
    refusals = [f for f in findings if f.id == CATCH_ALL_CHECK]
    places = {f.fault.origin for f in errors}
    with_errors = {f.profile for f in errors if f.profile is not None}
    broken = with_errors | {f.profile for f in refusals if f.profile is not None}
    variables = {v for f in errors if f.profile is None for v in f.fault.cause.variables}

    def is_explained(refusal: Finding) -> bool:
        if refusal.profile is None:
            return not variables.isdisjoint(refusal.fault.cause.variables)
        if refusal.fault.origin in places:
            return True
        if not refusal.fault.cause.credentials:
            return False
        chain = context.catalog.chain(refusal.profile)
        beneath = any(link.name in broken for link in chain.links[1:])
        itself = refusal.profile in with_errors
        return beneath or itself or not _session_places(chain).isdisjoint(places)

    derived = {id(r) for r in refusals if is_explained(r)} | _misread_ids(findings)
    derived |= _conflict_ids(context, findings) | _twin_ids(context, findings)
    return [finding for finding in findings if id(finding) not in derived]


def without_answered_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings without those that AWS's answer says better.

    Once IAM lists the user's devices, a wrong one is known, with the right one to set.
    """
    every = list(findings)
    unknown = {f.fault.origin for f in every if f.id == _UNKNOWN_DEVICE} - {None}
    return [f for f in every if f.id not in _WRONG_DEVICE or f.fault.origin not in unknown]


def _conflict_ids(context: CheckContext, findings: Iterable[Finding]) -> set[int]:
    """Returns the findings in a merge conflict: its lines mean nothing before you choose a side.

    Nor is it known what a section lacks while one of its lines is in a conflict; a finding about
    that is at the section's header.
    """
    views = [view for view in file_views(context) if view.conflicts]
    inside = {(v.stored.path, line) for v in views for lines in v.conflicts for line in lines}
    headers = {(v.stored.path, line) for v in views for line in _headers_of_conflicts(v)}
    return {
        id(f)
        for f in findings
        if (origin := f.fault.origin) is not None
        and f.id not in _IN_CONFLICT
        and (origin.path, origin.line) in (inside if f.profile is None else inside | headers)
    }


def _headers_of_conflicts(view: FileView) -> Iterator[int]:
    """Yields the line of the header of each section that has lines of a merge conflict."""
    for written in view.blocks:
        first = written.line(0)
        lines = range(first, first + len(written.block.lines))
        if any(line in lines for conflict in view.conflicts for line in conflict):
            yield first


def _twin_ids(context: CheckContext, findings: Iterable[Finding]) -> set[int]:
    """Returns the findings of "profile NAME" where boto3 reads that section as NAME too.

    It does if one file is config and credentials; one-file-for-both says so.
    """
    if not any(view.shared for view in file_views(context)):
        return set()
    twins = {f"profile {name}" for name in context.catalog.profiles}
    return {id(f) for f in findings if f.profile in twins}


def _misread_ids(findings: Iterable[Finding]) -> set[int]:
    """Returns the findings about values in lines that lost-line-break repairs first.

    Half a key may be whole then.
    """
    broken = [f.fault for f in findings if f.id == BROKEN_LINE]
    broken_lines = {origin for f in broken for origin in (f.origin, *f.also)} - {None}
    names = {f.profile for f in broken if f.repair is not None}
    return {
        id(f)
        for f in findings
        if (f.id != BROKEN_LINE and f.fault.origin in broken_lines)
        or (f.id == _HALF_KEY and f.profile in names)
    }


def with_comments_first(findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings; one about a value with a comment after it says to move that first.

    The value may be right without the comment; any other fix would replace it. That holds for AWS's
    answer too: it is about the value with the comment. The same goes for quotes around a value.
    """
    first = {f.fault.origin: f.id for f in findings if f.id in _WRAPPED_VALUES and f.auto_fixable}
    return [
        replace(
            f,
            fault=replace(f.fault, fix=fix_command(first[f.fault.origin]), refined_by_answer=None),
        )
        if f.fault.origin in first and f.id not in {*_WRAPPED_VALUES, _STRAY} and not f.auto_fixable
        else f
        for f in findings
    ]


def with_default_section_first(context: CheckContext, findings: Iterable[Finding]) -> list[Finding]:
    """Returns the findings; one about a line of [DEFAULT] says to move that line first.

    The file is not edited before that, and one profile's command would leave all others as they
    are. A fix by hand stays, as does a repair of the line itself.
    """
    profiles, sessions = context.catalog.profiles, context.catalog.sessions
    sections = (*(p.values for p in profiles.values()), *(s.values for s in sessions.values()))
    places = {
        value.origin: (values, key)
        for values in sections
        for key, value in values.items()
        if value.inherited
    }
    return [
        replace(finding, fault=_with_fix_first(finding.fault, fix))
        if finding.fault.origin in places
        and not finding.auto_fixable
        and (fix := inherited_fix(*places[finding.fault.origin]))
        else finding
        for finding in findings
    ]


def _with_fix_first(fault: Fault, fix: str) -> Fault:
    """Returns the fault with that fix instead of a command, also once AWS has answered."""
    refined = fault.refined_by_answer
    later = (lambda answered: _with_fix_first(refined(answered), fix)) if refined else None
    own = fault.fix if "awsprof " not in fault.fix else fix
    return replace(fault, fix=own, refined_by_answer=later)


def _session_places(chain: Chain) -> set[object]:
    session = chain.session
    return {session.origin, *(v.origin for v in session.values.values())} if session else set()


def breaks_all(context: CheckContext, finding: Finding) -> bool:
    """True if no profile works in boto3 because of the finding, whichever profile it names."""
    origin = finding.fault.origin
    if finding.severity is not Severity.ERROR or origin is None:
        return False
    broken = {file.path: file.line for file in context.catalog.unreadable}
    if not broken:
        return False
    path = display_path(origin.path)
    return path in broken and (broken[path] == origin.line or finding.id in _UNREADABLE)


class RootCauses:
    """Finds out which profiles fail because of others.

    ``known`` are the findings without AWS; ``answered`` are its answers, also for sources that are
    not selected.
    """

    def __init__(
        self, context: CheckContext, known: Iterable[Finding], answered: Mapping[str, LiveResult]
    ) -> None:
        self._context = context
        self._answered = answered
        errors = [f for f in known if f.severity is Severity.ERROR]
        self._broken = {f.profile for f in errors if f.profile is not None}
        unreadable = {file.path for file in context.catalog.unreadable}
        places = (f.fault.origin.path for f in errors if f.fault.origin is not None)
        self._unreadable = any(display_path(path) in unreadable for path in places)
        self._general = [f for f in errors if f.profile is None]
        self._affected: dict[str, list[str]] = {}
        self._affected_by: dict[int, list[str]] = {}

    def explains(self, name: str | None) -> bool:
        """True if another finding explains why the profile fails; it is then listed there."""
        result = self._answered.get(name) if name is not None else None
        if result is None or result.error is None:
            return False
        chain = self._context.catalog.chain(result.profile.name)
        if isinstance(result.error, VaultError) and self._by_id("keyring-unusable", chain, result):
            return True
        if isinstance(result.error, FileError) and self._of_session(chain, result):
            return True
        if self._by_id(result.error.code, chain, result):
            return True
        if self._unreadable and result.error.code == "ConfigParseError":
            return True
        if any(
            f.id == CATCH_ALL_CHECK and f.fault.cause.code == result.error.code
            for f in self._general
        ):
            return self._by_id(CATCH_ALL_CHECK, chain, result)
        if result.error.code in _CODES_OF_VALUES and self._by_id(_VARIABLE, chain, result):
            return True
        names = [link.name for link in chain.links]
        if names[0] in self._broken:
            return True
        beneath = reversed(names[1:])  # a broken source breaks all profiles above it
        cause = next((n for n in beneath if n in self._broken or self._failed(n)), None)
        if cause is not None:
            self._affected.setdefault(cause, []).append(names[0])
        return cause is not None

    def _of_session(self, chain: Chain, result: LiveResult) -> bool:
        """True if sso-token-expired tells that the token of the profile's session is unreadable."""
        places = _session_places(chain)
        told = any(f.id == _SIGN_IN and f.fault.origin in places for f in self._general)
        return told and self._by_id(_SIGN_IN, chain, result)

    def _failed(self, name: str) -> bool:
        result = self._answered.get(name)
        return result is not None and result.error is not None and not result.waits_for_code

    def _by_id(self, id: str, chain: Chain, result: LiveResult) -> bool:
        """True if a general finding of that ID is about something the profile uses."""
        found = [f for f in self._general if f.id == id]
        places = _session_places(chain)
        own = [f for f in found if f.fault.origin in places] or found
        for finding in own[:1]:
            self._affected_by.setdefault(finding_key(finding), []).append(result.profile.name)
        return bool(found)

    def beneath(self) -> list[Finding]:
        """Returns the causes that are not selected: sources that were not named by the user."""
        wanted = set(self._context.names)
        return [
            Finding("identity", Severity.ERROR, self._fault_of(name))
            for name in self._affected
            if name not in wanted and self._failed(name)
        ]

    def _fault_of(self, name: str) -> Fault:
        result = self._answered[name]
        origin = result.profile.origins[0] if result.profile.origins else None
        message, fix = (
            (result.error.message, result.error.fix) if result.error is not None else ("", "")
        )
        return Fault(f"{sanitize(name)}: {message}", fix, None, origin, cause=Cause(source=name))

    def with_affected(self, findings: Iterable[Finding]) -> list[Finding]:
        """Returns the findings; the first error of a cause names the profiles it affects."""
        affected, order = dict(self._affected), {n: i for i, n in enumerate(self._context.names)}
        reported = []
        for finding in findings:
            names = self._affected_by.get(finding_key(finding), [])
            if finding.severity is Severity.ERROR:
                cause = finding.profile or finding.fault.cause.source
                names = [*names, *affected.pop(cause or "", [])]
            names = sorted(names, key=lambda name: order.get(name, len(order)))
            known = finding.fault.affects  # named by its check already
            reported.append(_affecting(finding, names) if names and not known else finding)
        return reported


def finding_key(finding: Finding) -> int:
    """Returns a hash that tells findings with the same text apart."""
    return hash((finding.id, finding.fault.message, finding.profile, finding.fault.origin))


def _affecting(finding: Finding, names: Sequence[str]) -> Finding:
    fix = _REMOVING.sub("", finding.fix)  # other profiles use it, so it would be refused
    fault = replace(affecting(finding.fault, names), fix=fix)
    return replace(finding, fault=fault)
