"""Prints a doctor's report on the terminal: in 80 columns, the worst findings first.

Equal findings of several profiles are printed once, with the profiles' names. Nothing is decided
here: the report has each finding, its severity and its fix.
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
    (Health.TO_LOOK_AT, "with warnings"),
    (Health.WAITING, "waiting"),
    (Health.UNASKED, "not asked"),
)
_ANYONE: Final = "PROFILE"  # placeholder in a finding of several profiles
_MANY: Final = 3  # this many equal findings are printed as one
_NAMED: Final = 20  # more profiles than this are counted instead of named
_LONGEST: Final = 2000  # characters of a message
_ROOM: Final = 24  # columns for profile names, at most


def print_report(terminal: Terminal, report: Report, *, quiet: bool, least: Severity) -> None:
    """Prints the report on stderr. Findings below the severity ``least`` are only counted.

    ``quiet`` hides healthy profiles and those that were not asked.
    """
    shown = [f for f in report.findings if f.severity.rank <= least.rank]
    _head(terminal, report)
    room = min(max((len(sanitize(p.name)) for p in report.profiles), default=0), _ROOM)
    print_findings(terminal, shown, [p.name for p in report.profiles], room)
    _waiting(terminal, report, room)
    if not quiet:
        reported = {f.profile for f in shown if f.severity is not Severity.INFO}
        working = (Health.HEALTHY, Health.TO_LOOK_AT)
        named = [
            p for p in report.profiles if p.health in working and (p.arn or p.name not in reported)
        ]
        _healthy(terminal, named, room)
        _unasked(terminal, report)
    _end(terminal, report, shown)


def print_findings(
    terminal: Terminal, findings: Sequence[Finding], names: Sequence[str], room: int = 0
) -> None:
    """Prints findings; profiles with the same severity are in the order of ``names``."""
    for block in _blocks(findings, names):
        block.print(terminal, room)


def _head(terminal: Terminal, report: Report) -> None:
    parts = [_counted(len(report.profiles), "profile")]
    for health, label in _HEALTH:
        count = sum(p.health is health for p in report.profiles)
        if count or (health is Health.HEALTHY and report.live):
            parts.append(f"{count} {label}")
    terminal.heading("   ".join(parts), f"{report.took:.1f} s")
    if not report.complete:
        asked = sum(p.health is not Health.UNASKED for p in report.profiles)
        terminal.warn(f"interrupted: {asked} of {len(report.profiles)} were asked")
    terminal.say()


@dataclass(frozen=True)
class _Block:
    """Findings printed as one: of one profile, of several, or of no profile."""

    findings: tuple[Finding, ...]
    wording: tuple[str, str]

    @property
    def first(self) -> Finding:
        """The finding that represents all of them."""
        return self.findings[0]

    @property
    def of_many(self) -> bool:
        """True if it is about several profiles."""
        return len(self.findings) > 1

    def print(self, terminal: Terminal, room: int) -> None:
        """Prints the profiles, what is wrong, and how to fix it."""
        message, fix = self.wording
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
        if fix:
            terminal.detail(f"fix: {fix}", by_itself, whole=_is_command(fix))
        elif by_itself:
            terminal.detail("", by_itself)
        terminal.say()


def _blocks(shown: Sequence[Finding], names: Sequence[str]) -> list[_Block]:
    """Findings about no profile first, then profiles with errors, then the others."""
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
    """Groups findings that differ only in the profile's name, if there are several."""
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_grouping_key(finding), []).append(finding)
    for group in groups.values():
        if len(_names(group)) >= _MANY:
            yield _Block(tuple(group), _wording(group[0], _ANYONE))
        else:
            yield from (_Block((f,), _wording(f, sanitize(f.profile or ""))) for f in group)


def _grouping_key(finding: Finding) -> object:
    if finding.profile is None:
        return id(finding)
    fixable = finding.mends_itself
    return finding.id, finding.severity, fixable, _wording(finding, _ANYONE)


def _wording(finding: Finding, name: str) -> tuple[str, str]:
    """Returns the message and the fix, with ``name`` in place of the profile's name."""
    fault = finding.fault
    texts = sanitize(fault.message, _LONGEST), sanitize(fault.fix, _LONGEST)
    if finding.profile is None or name != _ANYONE:
        return texts
    # Whole words only: "dev-admin" and "~/.dev" do not name the profile "dev".
    whole = re.compile(rf"(?<![\w./:@-]){re.escape(sanitize(finding.profile))}(?![\w/:@-]|\.\w)")
    message, fix = (whole.sub(name, text) for text in texts)
    return message, fix


def _names(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(sanitize(f.profile) for f in findings if f.profile is not None))


def _listed(names: Sequence[str]) -> str:
    if len(names) <= 2 * _NAMED:
        return ", ".join(names)
    left = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {left} more (for all: awsprof doctor --json)"


def _where(findings: Sequence[Finding]) -> str:
    """Returns the file and line of one finding, or the file that several share, or ""."""
    origins = [f.fault.origin for f in findings if f.fault.origin is not None]
    if not origins:
        return ""
    if len(findings) == 1:
        return str(origins[0])
    files = {str(origin).rpartition(":")[0] for origin in origins}
    return files.pop() if len(files) == 1 else ""


def _is_command(fix: str) -> bool:
    """True if ``fix`` is a single command, which must stay on one line to be copied."""
    return fix.startswith("awsprof ") and not re.search(r"[,;]| or | then ", fix)


def _waiting(terminal: Terminal, report: Report, room: int) -> None:
    waiting = [p for p in report.profiles if p.health is Health.WAITING]
    if len(waiting) > _NAMED:
        asks = "to enter codes: awsprof doctor --interactive"
        terminal.entry("-", [f"{len(waiting)} need an MFA code", asks])
    else:
        for profile in waiting:
            name = sanitize(profile.name)
            login = f"awsprof login {arguments(profile.name)}"
            terminal.entry("-", [name, "needs an MFA code", login], room=room)
    if waiting:
        terminal.say()


def _healthy(terminal: Terminal, healthy: Sequence[ProfileReport], room: int) -> None:
    if len(healthy) > _NAMED:
        cells = [f"{len(healthy)} work", "for their identities: awsprof doctor --json"]
        terminal.entry("ok", cells)
    else:
        for profile in healthy:
            cells = [sanitize(profile.name), sanitize(profile.arn or "")]
            terminal.entry("ok", [cell for cell in cells if cell], room=room)
    if healthy:
        terminal.say()


def _unasked(terminal: Terminal, report: Report) -> None:
    """Prints the profiles that were not asked before the end; nothing for an offline run."""
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
    """Prints the number of findings, how many --fix can fix, and what to do next."""
    hidden = len(report.findings) - len(shown)
    where = f"in {_counted(len(report.profiles), 'profile')}"
    if shown:
        counts = [
            _counted(count, _NOUN[severity])
            for severity in Severity
            if (count := sum(f.severity is severity for f in shown))
        ]
        fixable = sum(f.mends_itself for f in shown)
        fix = f"; `awsprof doctor --fix` fixes {_how_many(fixable, len(shown))}" if fixable else ""
        terminal.say(f"{', '.join(counts)} {where}{fix}")
    elif report.profiles:
        terminal.say(f"no problems {where}{_next(report)}")
    else:
        terminal.say("There are no profiles yet. Run awsprof to set up the first one.")
    if hidden:
        terminal.say(
            f"{_counted(hidden, 'less severe finding')} hidden (--severity info shows all)"
        )


def _how_many(fixable: int, of: int) -> str:
    if fixable < of:
        return str(fixable)
    return "it" if of == 1 else f"all {of}"


def _next(report: Report) -> str:
    """Returns what to do next if there are no findings."""
    if not report.live:
        return "; without --offline, awsprof doctor also asks AWS"
    if not report.complete:
        return " so far; to ask again: awsprof doctor"
    names = [p.name for p in report.profiles if p.health is Health.HEALTHY]
    return f"; to use one: awsprof exec {arguments(names[0])} -- COMMAND" if names else ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
