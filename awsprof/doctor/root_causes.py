"""One cause, one finding: what repeats another finding is left out, or listed at the cause.

A dead key under three hundred roles is told once, at the key, with those who stand on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof.doctor.check_helpers import affecting
from awsprof.doctor.findings import Fault, Finding, Severity
from awsprof.errors import VaultError
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.profiles.catalog import Chain

_REMOVING: Final = re.compile(r"[;,] or awsprof remove (?:'[^']*'|[^\s;,'])+")
NET: Final = "client-refused"
BROKEN_LINE: Final = "lost-line-break"
OF_CREDENTIALS: Final = "boto3 does not take its credentials"


def without_echoes(context: CheckContext, findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those of the net that another one tells, better and with a mend."""
    errors = [f for f in findings if f.severity is Severity.ERROR and f.id != NET]
    nets = [f for f in findings if f.id == NET]
    places = {f.fault.origin for f in errors}
    broken = {f.profile for f in (*errors, *nets) if f.profile is not None}
    general = " ".join(f.message for f in errors if f.profile is None)

    def told(net: Finding) -> bool:
        if net.profile is None:
            return net.fix.removeprefix("unset ") in general
        if net.fault.origin in places:
            return True
        if not net.message.startswith(OF_CREDENTIALS):
            return False
        chain = context.catalog.chain(net.profile)
        beneath = any(link.name in broken for link in chain.links[1:])
        itself = any(f.profile == net.profile for f in errors)
        return beneath or itself or not _session_places(chain).isdisjoint(places)

    left = {id(net) for net in nets if told(net)} | _misread(findings)
    return [finding for finding in findings if id(finding) not in left]


def _misread(findings: Iterable[Finding]) -> set[int]:
    """What was read out of a line that is two in truth, or half of one: it is no value yet."""
    broken = [f.fault for f in findings if f.id == BROKEN_LINE]
    two = {origin for f in broken for origin in (f.origin, *f.also)} - {None}
    return {id(f) for f in findings if f.id != BROKEN_LINE and f.fault.origin in two}


def _session_places(chain: Chain) -> set[object]:
    session = chain.session
    return {session.origin, *(v.origin for v in session.values.values())} if session else set()


class RootCauses:
    """Who does not work because of whom, as far as what was found and answered tells.

    ``known`` is what is known without AWS; ``answered`` what AWS answered, of sources too that are
    not in question.
    """

    def __init__(
        self, context: CheckContext, known: Iterable[Finding], answered: Mapping[str, LiveResult]
    ) -> None:
        self._scene = context
        self._answered = answered
        errors = [f for f in known if f.severity is Severity.ERROR]
        self._broken = {f.profile for f in errors if f.profile is not None}
        self._general = [f for f in errors if f.profile is None]
        self._affected: dict[str, list[str]] = {}
        self._affected_by: dict[int, list[str]] = {}

    def explains(self, name: str | None) -> bool:
        """Whether another finding tells why that profile is nobody; it is then listed there."""
        one = self._answered.get(name) if name is not None else None
        if one is None or one.error is None:
            return False
        chain = self._scene.catalog.chain(one.profile.name)
        if isinstance(one.error, VaultError) and self._by_id("keyring-unusable", chain, one):
            return True
        if self._by_id(one.error.code, chain, one):
            return True
        names = [link.name for link in chain.links]
        if names[0] in self._broken:
            return True
        beneath = reversed(names[1:])  # what is broken at the bottom breaks all above it
        cause = next((n for n in beneath if n in self._broken or self._failed(n)), None)
        if cause is not None:
            self._affected.setdefault(cause, []).append(names[0])
        return cause is not None

    def _failed(self, name: str) -> bool:
        one = self._answered.get(name)
        return one is not None and one.error is not None and not one.waits_for_code

    def _by_id(self, id: str, chain: Chain, one: LiveResult) -> bool:
        """Whether a general finding of that id is about what the profile stands on."""
        found = [f for f in self._general if f.id == id]
        places = _session_places(chain)
        own = [f for f in found if f.fault.origin in places] or found
        for finding in own[:1]:
            self._affected_by.setdefault(finding_key(finding), []).append(one.profile.name)
        return bool(found)

    def beneath(self) -> list[Finding]:
        """The causes that are no profiles in question: a source that nobody asked for by name."""
        wanted = set(self._scene.names)
        return [
            Finding("identity", Severity.ERROR, self._fault_of(name))
            for name in self._affected
            if name not in wanted and self._failed(name)
        ]

    def _fault_of(self, name: str) -> Fault:
        one = self._answered[name]
        origin = one.profile.origins[0] if one.profile.origins else None
        said, fix = (one.error.message, one.error.fix) if one.error is not None else ("", "")
        return Fault(f"{sanitize(name)}: {said}", fix, None, origin)

    def with_affected(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings; the first error of each cause names those who stand on it."""
        left, order = dict(self._affected), {n: i for i, n in enumerate(self._scene.names)}
        told = []
        for finding in findings:
            names = self._affected_by.get(finding_key(finding), [])
            if finding.severity is Severity.ERROR:
                cause = finding.profile or self._beneath_of(finding)
                names = [*names, *left.pop(cause or "", [])]
            names = sorted(names, key=lambda name: order.get(name, len(order)))
            known = finding.fault.affects  # its check has named them
            told.append(_affecting(finding, names) if names and not known else finding)
        return told

    def _beneath_of(self, finding: Finding) -> str | None:
        """The source that a finding of ``beneath`` is about."""
        names = (n for n in self._affected if finding.message.startswith(f"{sanitize(n)}: "))
        return next(names, None) if finding.id == "identity" else None


def finding_key(finding: Finding) -> int:
    """What tells one finding from another that says the same."""
    return hash((finding.id, finding.fault.message, finding.profile, finding.fault.origin))


def _affecting(finding: Finding, names: Sequence[str]) -> Finding:
    fix = _REMOVING.sub("", finding.fix)  # it would be refused: they stand on it
    fault = replace(affecting(finding.fault, names), fix=fix)
    return replace(finding, fault=fault)
