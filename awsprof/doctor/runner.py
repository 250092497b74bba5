"""The visit: every check in its order, none of which can hide the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awsprof.doctor import checks
from awsprof.doctor.findings import Check, Fault, Finding
from awsprof.doctor.scene import Scene


def offline(scene: Scene) -> tuple[Finding, ...]:
    """What the checks find that need no network."""
    found: list[Finding] = []
    for check in checks.every():
        if not check.live:
            found += _found(check, check.run(scene))
    return tuple(found)


def _found(check: Check, faults: Iterable[Fault]) -> Iterator[Finding]:
    return (Finding(check.id, check.severity, fault) for fault in faults)
