"""How a doctor's report is told on the terminal: in 80 columns, the worst first.

What says the same of many profiles is told once, with their names. Nothing is decided here: what
is wrong, how bad it is and what mends it stand in the report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from awsprof.doctor.findings import Finding, Severity
from awsprof.doctor.report import Health, ProfileReport, Report
from awsprof.shells import arguments
from awsprof.terminal import Terminal
from awsprof.text import sanitize

_MARK: Final = {Severity.ERROR: "x", Severity.WARNING: "!", Severity.INFO: "i"}
_NOUN: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_HEALTH: Final = (
    (Health.HEALTHY, "healthy"),
    (Health.BROKEN, "broken"),
    (Health.TO_LOOK_AT, "to look at"),
    (Health.WAITING, "waiting"),
    (Health.UNASKED, "not asked"),
)
_ANYONE: Final = "PROFILE"  # whose finding is told of many
_MANY: Final = 3  # equal findings are told once from here on
_NAMED: Final = 20  # profiles that are named, before they are counted
_LONGEST: Final = 2000  # characters of a message
_ROOM: Final = 24  # columns for names, where the longest needs them


def print_report(terminal: Terminal, report: Report, *, quiet: bool, least: Severity) -> None:
    """Tell the report to the person; findings below ``least`` are counted, not told.

    ``quiet`` leaves out the healthy profiles, and those that were not asked.
    """
    shown = [f for f in report.findings if f.severity.rank <= least.rank]
    _head(terminal, report)
    room = min(max((len(sanitize(p.name)) for p in report.profiles), default=0), _ROOM)
    print_findings(terminal, shown, [p.name for p in report.profiles], room)
    _waiting(terminal, report, room)
    if not quiet:
        told = {f.profile for f in shown if f.severity is not Severity.INFO}
        well = (Health.HEALTHY, Health.TO_LOOK_AT)
        named = [p for p in report.profiles if p.health in well and (p.arn or p.name not in told)]
        _healthy(terminal, named, room)
        _unasked(terminal, report)
    _end(terminal, report, shown)


def print_findings(
    terminal: Terminal, findings: Sequence[Finding], names: Sequence[str], room: int = 0
) -> None:
    """Tell findings alone, the profiles in the order of ``names`` where they are as bad."""
    for block in _blocks(findings, names):
        block.tell(terminal, room)


def _head(terminal: Terminal, report: Report) -> None:
    parts = [_counted(len(report.profiles), "profile")]
    for health, called in _HEALTH:
        count = sum(p.health is health for p in report.profiles)
        if count or (health is Health.HEALTHY and report.live):
            parts.append(f"{count} {called}")
    terminal.heading("   ".join(parts), f"{report.took:.1f} s")
    if not report.complete:
        asked = sum(p.health is not Health.UNASKED for p in report.profiles)
        terminal.warn(f"interrupted: {asked} of {len(report.profiles)} were asked")
    terminal.say()


@dataclass(frozen=True)
class _Block:
    """Findings that are told as one: of one profile, of many, or of none."""

    findings: tuple[Finding, ...]
    wording: tuple[str, str]

    @property
    def first(self) -> Finding:
        """The one that stands for all."""
        return self.findings[0]

    @property
    def of_many(self) -> bool:
        """Whether it is about several profiles."""
        return len(self.findings) > 1

    def tell(self, terminal: Terminal, room: int) -> None:
        """What it is about, what is wrong, and what mends it."""
        message, mend = self.wording
        mark, id = _MARK[self.first.severity], self.first.id
        names = _names(self.findings)
        cells = [id]
        if len(names) > 1:
            cells = [f"{len(names)} profiles", id]
        elif names:
            cells = [*names, id]
        terminal.entry(mark, cells, _where(self.findings), room=room)
        terminal.detail(message)
        if len(names) > 1:
            terminal.detail(f"{_ANYONE} is {_listed(names)}")
        by_itself = "--fix does it" if self.first.mends_itself else ""
        if mend:
            terminal.detail(f"mend: {mend}", by_itself, whole=_is_command(mend))
        elif by_itself:
            terminal.detail("", by_itself)
        terminal.say()


def _blocks(shown: Sequence[Finding], names: Sequence[str]) -> list[_Block]:
    """The general findings first, then the profiles, those with errors before the others."""
    worst: dict[str | None, int] = {}
    for finding in shown:
        worst[finding.profile] = min(worst.get(finding.profile, 9), finding.severity.rank)
    order = {name: number for number, name in enumerate(names)}

    def place(block: _Block) -> tuple[bool, int, int, int]:
        first = block.first
        rank = first.severity.rank
        whose = order.get(first.profile or "", len(order))
        urgent = rank if block.of_many else worst[first.profile]
        return first.profile is not None, urgent, whose, rank

    return sorted(_folded(shown), key=place)


def _folded(findings: Iterable[Finding]) -> Iterator[_Block]:
    """Findings that differ in the profile's name alone, as one block where they are many."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_likeness(finding), []).append(finding)
    for group in groups.values():
        if len(_names(group)) >= _MANY:
            yield _Block(tuple(group), _wording(group[0], _ANYONE))
        else:
            yield from (_Block((f,), _wording(f, sanitize(f.profile or ""))) for f in group)


def _likeness(finding: Finding) -> object:
    if finding.profile is None:
        return id(finding)
    mended = finding.mends_itself
    return finding.id, finding.severity, mended, _wording(finding, _ANYONE)


def _wording(finding: Finding, name: str) -> tuple[str, str]:
    """The message and the mend, with ``name`` where they name the profile."""
    fault = finding.fault
    told = sanitize(fault.message, _LONGEST), sanitize(fault.fix, _LONGEST)
    if finding.profile is None or name != _ANYONE:
        return told
    # A whole word: the profile "dev" is not named by "dev-admin" or by "~/.dev".
    whole = re.compile(rf"(?<![\w./:@-]){re.escape(sanitize(finding.profile))}(?![\w/:@-]|\.\w)")
    message, mend = (whole.sub(name, text) for text in told)
    return message, mend


def _names(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(sanitize(f.profile) for f in findings if f.profile is not None))


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 2 * _NAMED:
        return ", ".join(names)
    left = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {left} more (awsprof doctor --json names them)"


def _where(findings: Sequence[Finding]) -> str:
    """File and line of one finding; of many the file, where it is one."""
    origins = [f.fault.origin for f in findings if f.fault.origin is not None]
    if not origins:
        return ""
    if len(findings) == 1:
        return str(origins[0])
    files = {str(origin).rpartition(":")[0] for origin in origins}
    return files.pop() if len(files) == 1 else ""


def _is_command(mend: str) -> bool:
    """Whether it is one command and nothing else, which is copied whole."""
    return mend.startswith("awsprof ") and not re.search(r"[,;]| or | then ", mend)


def _waiting(terminal: Terminal, report: Report, room: int) -> None:
    waiting = [p for p in report.profiles if p.health is Health.WAITING]
    if len(waiting) > _NAMED:
        asks = "awsprof doctor --interactive asks, once for each MFA device"
        terminal.entry("-", [f"{len(waiting)} wait for a code", asks])
    else:
        for profile in waiting:
            name = sanitize(profile.name)
            login = f"awsprof login {arguments(profile.name)}"
            terminal.entry("-", [name, "waits for a code", login], room=room)
    if waiting:
        terminal.say()


def _healthy(terminal: Terminal, healthy: Sequence[ProfileReport], room: int) -> None:
    if len(healthy) > _NAMED:
        told = [f"{len(healthy)} work", "awsprof doctor --json tells who each is"]
        terminal.entry("ok", told)
    else:
        for profile in healthy:
            told = [sanitize(profile.name), sanitize(profile.arn or "")]
            terminal.entry("ok", [cell for cell in told if cell], room=room)
    if healthy:
        terminal.say()


def _unasked(terminal: Terminal, report: Report) -> None:
    """Who was not reached before the end; without the network nobody was meant to be."""
    names = [p.name for p in report.profiles if p.health is Health.UNASKED]
    if not report.live or not names:
        return
    if len(names) > _NAMED:
        terminal.entry("-", [f"{len(names)} not asked"])
    else:
        terminal.entry("-", ["not asked"])
        terminal.detail(", ".join(names))
    terminal.say()


def _end(terminal: Terminal, report: Report, shown: Sequence[Finding]) -> None:
    """How many findings there are, what mends them, and what to do next."""
    hidden = len(report.findings) - len(shown)
    where = f"in {_counted(len(report.profiles), 'profile')}"
    if shown:
        counts = [
            _counted(count, _NOUN[severity])
            for severity in Severity
            if (count := sum(f.severity is severity for f in shown))
        ]
        mended = sum(f.mends_itself for f in shown)
        fix = f"; `awsprof doctor --fix` mends {_mended(mended, len(shown))}" if mended else ""
        terminal.say(f"{', '.join(counts)} {where}{fix}")
    elif report.profiles:
        terminal.say(f"nothing wrong {where}{_next(report)}")
    else:
        terminal.say("There are no profiles yet. awsprof sets the first one up.")
    if hidden:
        terminal.say(f"{_counted(hidden, 'lesser finding')} left out (--severity info tells all)")


def _mended(mended: int, of: int) -> str:
    if mended < of:
        return str(mended)
    return "it" if of == 1 else f"all {of}"


def _next(report: Report) -> str:
    """What a person may do, whose profiles are all well."""
    if not report.live:
        return "; awsprof doctor, without --offline, asks AWS too"
    if not report.complete:
        return " so far; awsprof doctor asks again"
    names = [p.name for p in report.profiles if p.health is Health.HEALTHY]
    return f"; use one: awsprof exec {arguments(names[0])} -- COMMAND" if names else ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
