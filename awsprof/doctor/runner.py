"""Runs the checks in order; a check that fails does not stop the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from configparser import DEFAULTSECT
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof.awsapi.errors.network import NO_NETWORK
from awsprof.configfile.parse import SectionId
from awsprof.doctor import checks, repair_planning, root_causes
from awsprof.doctor.deadline_pool import DeadlinePool
from awsprof.doctor.fault_mask import FaultMask
from awsprof.doctor.file_view import file_views
from awsprof.doctor.findings import Check, Fault, Finding, Severity
from awsprof.doctor.live_probe import deadline
from awsprof.doctor.report import Report
from awsprof.doctor.report_builder import RunState, build_report
from awsprof.errors import AwsprofError
from awsprof.profiles import kinds
from awsprof.profiles.provider_order import ProviderType, provider_type

if TYPE_CHECKING:
    from awsprof.awsapi.iam import Iam
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.doctor.live_probe import LiveProbe

Ignored = Callable[[Finding], bool]
"""True for a finding that the user does not want to see."""

_SHARED_ERRORS: Final = frozenset(
    {
        NO_NETWORK,
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ProxyConnectionError",
        "SSLError",
    }
)


# What AWS answers if the key that signs is wrong, not the role that is assumed.
_KEY_ERRORS: Final = frozenset(
    {
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "ExpiredToken",
        "ExpiredTokenException",
        "process-output",
    }
)


def run_offline(context: CheckContext) -> tuple[Finding, ...]:
    """Returns the findings of the checks that need no network."""
    every = (check for check in checks.all_checks() if not check.live)
    found = [
        finding
        for check in every
        for finding in _findings_of(context, check, lambda c: c.run(context))
    ]
    explained = _with_repairs(context, root_causes.without_derived_findings(context, found))
    explained = root_causes.with_default_section_first(context, explained)
    return tuple(root_causes.with_comments_first(explained))


def _with_repairs(context: CheckContext, findings: list[Finding]) -> list[Finding]:
    """Returns the findings with their repairs; without any if the repairs cannot be computed."""
    try:
        return repair_planning.withhold_harmful_repairs(context, findings)
    except Exception as exc:
        message = f"The repairs could not be computed ({type(exc).__name__}), so none is made."
        fault = Fault(message, "fix the findings above by hand, and please report this")
        bare = [
            replace(f, fault=replace(f.fault, repair=None, refined_by_answer=None))
            for f in findings
        ]
        return [*bare, Finding("repairs", Severity.WARNING, fault)]


def run_checks(
    context: CheckContext, probe: LiveProbe | None = None, *, ignored: Ignored = lambda _: False
) -> Report:
    """Runs all checks for the selected profiles; live checks only if there is a ``probe``.

    A KeyboardInterrupt while AWS is asked stops that, and the report has what is known so far.
    """
    started = time.monotonic()
    known = run_offline(context)
    state = RunState(known)
    if probe is not None:
        _ask_aws(context, probe, state)
        _merge_network_errors(state)
    state.known = tuple(f for f in state.known if not ignored(f))
    state.live = [f for f in state.live if not ignored(f)]
    took = time.monotonic() - started
    return build_report(context, state, live=probe is not None, took=took)


def _ask_aws(context: CheckContext, probe: LiveProbe, state: RunState) -> None:
    """Asks AWS for the identities of the profiles, and runs the live checks on each answer."""
    until = deadline(probe.timeout)
    live = _LiveChecks(context, each=probe.each, until=until)
    leading = [name for name in context.names if _leads_to_aws(context, name)]
    try:
        for answered in probe.answers(leading, until):
            state.answered[answered.profile.name] = answered
            live.start(answered)
        for answered in probe.answers(_sources_to_ask(context, state), until):
            state.beneath[answered.profile.name] = answered
        unasked = len(leading) - len(state.answered)
        if unasked:
            state.complete = False
            state.live.append(_time_is_up(unasked, probe.timeout))
        live.wait()
    except KeyboardInterrupt:
        state.complete, state.interrupted = False, True
    state.known = tuple(_updated(context, finding, state.answered) for finding in state.known)
    found = live.findings(state.answered.values())
    state.live += root_causes.with_default_section_first(context, found)


def _sources_to_ask(context: CheckContext, state: RunState) -> list[str]:
    """Returns the sources of failed profiles that are not selected: they may be the cause."""
    answered = state.answered.items()
    failed = [
        name for name, result in answered if result.error and result.error.code in _KEY_ERRORS
    ]
    links = (link.name for name in failed for link in context.catalog.chain(name).links[1:])
    return [name for name in dict.fromkeys(links) if name not in state.answered]


def _updated(
    context: CheckContext, finding: Finding, answered: Mapping[str, LiveResult]
) -> Finding:
    """Returns the finding, updated with AWS's answer if that makes a difference."""
    refined, result = finding.fault.refined_by_answer, answered.get(finding.profile or "")
    if refined is None or result is None:
        return finding
    with suppress(Exception):  # the finding without AWS is reported then
        return replace(finding, fault=FaultMask(context).masked(refined(result)))
    return finding


def _leads_to_aws(context: CheckContext, name: str) -> bool:
    """True if the profile has credentials to ask AWS with.

    [default] may hold only settings for all profiles, and boto3 takes the section [DEFAULT] for no
    profile. Profiles with a known fault are not asked.
    """
    profile = context.catalog.get(name)
    if context.catalog.chain(name).fault or (
        name == DEFAULTSECT and not _has_header(context, name)
    ):
        return False
    portal = profile.get("sso_session") or profile.get("sso_start_url")
    if portal and provider_type(profile) is ProviderType.NONE:
        return False  # sso-no-role
    return kinds.profile_facts(profile).label != "settings only"


def _has_header(context: CheckContext, name: str) -> bool:
    """True if a section of the profile has another header than its name: [profile DEFAULT]."""
    section = SectionId.profile(name)
    blocks = (written.block for view in file_views(context) for written in view.blocks)
    return any(block.id == section and block.header != name for block in blocks)


def _time_is_up(unasked: int, timeout: float) -> Finding:
    noun = "profile was" if unasked == 1 else "profiles were"
    fault = Fault(
        f"Timed out after {timeout:g} seconds: {unasked} {noun} not asked.",
        f"awsprof doctor --timeout {math.ceil(timeout * 5)} waits longer",
    )
    return Finding("identity", Severity.ERROR, fault)


def _findings_of(
    context: CheckContext, check: Check, run: Callable[[Check], Iterable[Fault]]
) -> list[Finding]:
    """Returns the findings of one check; an error in the check becomes a finding."""
    found: list[Finding] = []
    mask = FaultMask(context)
    try:
        found += (Finding(check.id, check.severity, mask.masked(f)) for f in run(check))
    except AwsprofError:
        pass  # the check is not permitted to look
    except Exception as exc:
        message = f"Internal error in this check ({type(exc).__name__})."
        fault = Fault(message, f"awsprof settings ignore {check.id} skips it; please report it")
        found.append(Finding(check.id, Severity.WARNING, fault))
    return found


class _LiveChecks:
    """Runs the live checks on answers, in threads of their own: some of the checks call IAM.

    So an IAM that hangs costs no profile its identity. Profiles with the same key share an IAM
    client, so that IAM is asked once per key.
    """

    def __init__(self, context: CheckContext, *, each: float, until: float) -> None:
        self._context = context
        self._checks = [check for check in checks.all_checks() if check.live]
        self._iam: dict[str, Iam] = {}
        self._answered: dict[str, LiveResult] = {}
        self._found: dict[str, list[Finding]] = {}
        self._pool = DeadlinePool(self._find, each=each, until=until)

    def start(self, answered: LiveResult) -> None:
        """Starts them on one answer."""
        if answered.iam is not None and answered.credentials is not None:
            iam = self._iam.setdefault(answered.credentials.access_key_id, answered.iam)
            answered = replace(answered, iam=iam)
        name = answered.profile.name
        self._answered[name] = answered
        self._pool.add(name)

    def wait(self) -> None:
        """Waits until they are done, within the limits for each and for all."""
        for _ in self._pool.results():
            pass

    def _find(self, name: str) -> None:
        self._found[name] = self._run(self._answered[name])

    def findings(self, answers: Iterable[LiveResult]) -> list[Finding]:
        """Returns the findings of these; those that need no IAM where IAM took too long."""
        found: list[Finding] = []
        for each in answers:
            known = self._found.get(each.profile.name)
            found += self._run(replace(each, iam=None)) if known is None else known
        of_machine = {f.fault: f for f in found if f.profile is None}  # the same for all profiles
        return [*of_machine.values(), *(f for f in found if f.profile is not None)]

    def _run(self, answered: LiveResult) -> list[Finding]:
        return [
            finding
            for check in self._checks
            for finding in _findings_of(
                self._context, check, lambda c: c.run(self._context, answered)
            )
        ]


def _merge_network_errors(state: RunState) -> None:
    """Merges network errors that all profiles share into one finding, with the first one's fix."""
    groups: dict[str, dict[str, str]] = {}
    for name, answered in state.answered.items():
        error = answered.error
        if error is not None and error.code in _SHARED_ERRORS:
            groups.setdefault(error.message, {})[name] = error.fix
    for message, fixes in groups.items():
        if len(fixes) > 1:
            state.unreached |= fixes.keys()
            state.live = [f for f in state.live if f.profile not in fixes or f.id != "identity"]
            fix = next(iter(fixes.values()))
            fault = Fault(f"{message} {len(fixes)} profiles could not be checked.", fix)
            state.live.insert(0, Finding("identity", Severity.ERROR, fault))
