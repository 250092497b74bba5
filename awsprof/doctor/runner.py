"""The visit: every check in its order, none of which can hide the others."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof.awsapi.errors.network import NO_NETWORK
from awsprof.doctor import checks, deadline_pool, repairs, root_causes
from awsprof.doctor.findings import Check, Fault, Finding, Severity
from awsprof.doctor.live_probe import deadline
from awsprof.doctor.report import Report
from awsprof.doctor.report_builder import VisitState, build_report
from awsprof.errors import AwsprofError
from awsprof.masking import mask_message, mask_name, mask_value
from awsprof.profiles import kinds

if TYPE_CHECKING:
    from awsprof.awsapi.iam import Iam
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.doctor.live_probe import LiveProbe

Ignored = Callable[[Finding], bool]
"""Whether the person wants to hear nothing of a finding."""

_ALL_THE_SAME: Final = frozenset(
    {
        NO_NETWORK,
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ProxyConnectionError",
        "SSLError",
    }
)


# What AWS answers where it is the key that signs, and not the role that is called.
_OF_SOURCES: Final = frozenset(
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
    """What the checks find that need no network."""
    every = (check for check in checks.all_checks() if not check.live)
    found = [
        finding for check in every for finding in _found(context, check, lambda c: c.run(context))
    ]
    return tuple(_found_whole(context, root_causes.without_echoes(context, found)))


def _found_whole(context: CheckContext, findings: list[Finding]) -> list[Finding]:
    """The findings, each with its repair where that does no harm; with none where nobody knows."""
    try:
        return repairs.with_possible_repairs(context, findings)
    except Exception as exc:
        says = f"What the repairs would do was not worked out ({type(exc).__name__}): none is made."
        fault = Fault(says, "mend by hand what is named above; please report it")
        bare = [replace(f, fault=replace(f.fault, repair=None)) for f in findings]
        return [*bare, Finding("repairs", Severity.WARNING, fault)]


def run_checks(
    context: CheckContext, probe: LiveProbe | None = None, *, ignored: Ignored = lambda _: False
) -> Report:
    """All checks of the profiles in question; those that ask AWS where there is an ``interview``.

    A KeyboardInterrupt while AWS is asked ends that, and gives what is known by then.
    """
    began = time.monotonic()
    known = run_offline(context)
    seen = VisitState(known)
    if probe is not None:
        _asked(context, probe, seen)
        _said_once(seen)
    seen.known = tuple(f for f in seen.known if not ignored(f))
    seen.live = [f for f in seen.live if not ignored(f)]
    took = time.monotonic() - began
    return build_report(context, seen, live=probe is not None, took=took)


def _asked(context: CheckContext, probe: LiveProbe, seen: VisitState) -> None:
    """Have AWS say who the profiles are, and look at what it answered, however far that came."""
    until = deadline(probe.timeout)
    leading = [name for name in context.names if _leads_to_aws(context, name)]
    try:
        for answered in probe.answers(leading, until):
            seen.answered[answered.profile.name] = answered
        for answered in probe.answers(_sources_to_ask(context, seen), until):
            seen.beneath[answered.profile.name] = answered
        unasked = len(leading) - len(seen.answered)
        if unasked:
            seen.complete = False
            seen.live.append(_time_is_up(unasked, probe.timeout))
    except KeyboardInterrupt:
        seen.complete, seen.interrupted, until = False, True, 0
    seen.known = tuple(_asked_about(context, finding, seen.answered) for finding in seen.known)
    seen.live += _looked_at(context, _sharing_iam(seen.answered), probe.each, until)


def _sources_to_ask(context: CheckContext, seen: VisitState) -> list[str]:
    """The sources of those who failed, where they are not in question: the cause may be there."""
    answered = seen.answered.items()
    failed = [name for name, one in answered if one.error and one.error.code in _OF_SOURCES]
    links = (link.name for name in failed for link in context.catalog.chain(name).links[1:])
    return [name for name in dict.fromkeys(links) if name not in seen.answered]


def _asked_about(
    context: CheckContext, finding: Finding, answered: Mapping[str, LiveResult]
) -> Finding:
    """The finding, told by what AWS answered where that makes a difference."""
    asked, one = finding.fault.asked, answered.get(finding.profile or "")
    if asked is None or one is None:
        return finding
    with suppress(Exception):  # what was known before is told then
        return replace(finding, fault=_shown(context, asked(one)))
    return finding


def _leads_to_aws(context: CheckContext, name: str) -> bool:
    """Whether there is anything to ask with: a `[default]` may hold a region for all, and no more.

    What leads nowhere is told without asking.
    """
    if context.catalog.chain(name).fault:
        return False
    return kinds.profile_facts(context.catalog.get(name)).label != "settings alone"


def _time_is_up(unasked: int, timeout: float) -> Finding:
    told = "profile was" if unasked == 1 else "profiles were"
    fault = Fault(
        f"Time was up after {timeout:g} seconds: {unasked} {told} not asked.",
        f"awsprof doctor --timeout {math.ceil(timeout * 5)} waits longer",
    )
    return Finding("identity", Severity.ERROR, fault)


def _found(
    context: CheckContext, check: Check, run: Callable[[Check], Iterable[Fault]]
) -> list[Finding]:
    """What one check finds; one that fails is told, and hides none of the others."""
    found: list[Finding] = []
    try:
        found += (Finding(check.id, check.severity, _shown(context, f)) for f in run(check))
    except AwsprofError:
        pass  # it may not look, which says nothing of what there is
    except Exception as exc:
        says = f"This check met an error of its own ({type(exc).__name__}), and saw no more."
        fault = Fault(says, f"awsprof settings ignore {check.id} leaves it out; please report it")
        found.append(Finding(check.id, Severity.WARNING, fault))
    return found


def _shown(context: CheckContext, fault: Fault) -> Fault:
    """The fault as it may be told: keys and values of its profile that it quotes may be secrets.

    A value that is a profile's or session's name too (``test`` as the secret of ``test``) hides
    nothing that the lists do not show, and a mend without the name could not be typed.
    """
    catalog = context.catalog
    profile = catalog.profiles.get(fault.profile or "")
    values = profile.values if profile else {}
    told = [fault.message, fault.fix]
    for key, value in values.items():
        named = value.text in catalog.profiles or value.text in catalog.sessions
        if not named and len(value.text) > 3 and any(value.text in text for text in told):
            told = [text.replace(value.text, mask_value(key, value.text)) for text in told]
        if len(key) > 3 and any(key in text for text in told):
            told = [text.replace(key, mask_name(key, value.text)) for text in told]
    message, fix = map(mask_message, told)
    return replace(fault, message=message, fix=fix)


def _sharing_iam(answered: Mapping[str, LiveResult]) -> list[LiveResult]:
    """The same, with one Iam for each key, so that IAM is asked once for each."""
    by_key: dict[str, Iam] = {}
    shared = []
    for each in answered.values():
        if each.iam is not None and each.credentials is not None:
            iam = by_key.setdefault(each.credentials.access_key_id, each.iam)
            each = replace(each, iam=iam)
        shared.append(each)
    return shared


def _looked_at(
    context: CheckContext, answered: Sequence[LiveResult], each: float, until: float
) -> list[Finding]:
    """What the live checks find in what AWS answered, many at a time: some of them ask IAM.

    Out of time, what they find without IAM is told all the same.
    """
    live = [check for check in checks.all_checks() if check.live]
    by_name = {one.profile.name: one for one in answered}

    def look(one: LiveResult) -> list[Finding]:
        return [f for check in live for f in _found(context, check, lambda c: c.run(context, one))]

    done = {name: look(replace(one, iam=None)) for name, one in by_name.items()}
    asking = [name for name, one in by_name.items() if one.iam is not None]
    with suppress(KeyboardInterrupt):  # what IAM would tell is not waited for then
        for name, more in deadline_pool.run_with_deadlines(
            asking, lambda n: look(by_name[n]), each=each, until=until
        ):
            done[name] = more or done[name]
    found = [finding for name in by_name for finding in done[name]]
    of_machine = {f.fault: f for f in found if f.profile is None}  # what all would say alike
    return [*of_machine.values(), *(f for f in found if f.profile is not None)]


def _said_once(seen: VisitState) -> None:
    """What keeps everybody from AWS is told once: no network, a proxy, a certificate."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, answered in seen.answered.items():
        error = answered.error
        if error is not None and error.code in _ALL_THE_SAME:
            groups.setdefault((error.message, error.fix), []).append(name)
    for (message, fix), names in groups.items():
        if len(names) > 1:
            seen.unreached |= set(names)
            seen.live = [f for f in seen.live if f.profile not in names or f.id != "identity"]
            fault = Fault(f"{message} {len(names)} profiles could not be asked.", fix)
            seen.live.insert(0, Finding("identity", Severity.ERROR, fault))
