"""Prints a doctor's report in 80 columns: what to do next, then what breaks most, then the rest.

The report is what was asked for, so it goes to stdout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from awsprof.cli.finding_blocks import MOST_NAMED, FindingBlock, finding_blocks
from awsprof.doctor.findings import Finding, Severity
from awsprof.doctor.report import Health, ProfileReport, Report, count_findings
from awsprof.shells import arguments
from awsprof.terminal import Terminal
from awsprof.text import counted, list_names, sanitize, show_hidden

_HEALTH: Final = (
    Health.HEALTHY,
    Health.BROKEN,
    Health.SIGNED_OUT,
    Health.TO_LOOK_AT,
    Health.WAITING,
    Health.UNASKED,
)
_NAMED: Final = 3  # profiles that wait for one code, before they are counted
_ROOM: Final = 24  # columns for profile names, at most


def print_report(terminal: Terminal, report: Report, *, quiet: bool, least: Severity) -> None:
    """Prints the report on stdout. Findings below the severity ``least`` are only counted.

    ``quiet`` hides healthy profiles and those that were not asked.
    """
    terminal = terminal.on_stdout()
    shown = [f for f in report.findings if f.severity.rank <= least.rank]
    blocks = finding_blocks(shown, [p.name for p in report.profiles])
    _head(terminal, report, blocks)
    room = min(max((len(show_hidden(p.name)) for p in report.profiles), default=0), _ROOM)
    for block in blocks:
        block.print(terminal, room)
    _waiting(terminal, report, room)
    if not quiet:
        reported = {f.profile for f in shown if f.severity is not Severity.INFO}
        working = (Health.HEALTHY, Health.TO_LOOK_AT)
        named = [
            p for p in report.profiles if p.state in working and (p.arn or p.name not in reported)
        ]
        _healthy(terminal, named, room)
        _unasked(terminal, report)
    _end(terminal, report, shown)


def print_findings(terminal: Terminal, findings: Sequence[Finding], names: Sequence[str]) -> None:
    """Prints findings on stdout; those that break equally much are in the order of ``names``."""
    terminal = terminal.on_stdout()
    for block in finding_blocks(findings, names):
        block.print(terminal, 0)


def _head(terminal: Terminal, report: Report, blocks: Sequence[FindingBlock]) -> None:
    parts = [counted(len(report.profiles), "profile")]
    for health in _HEALTH:
        count = sum(p.state is health for p in report.profiles)
        if count or (health is Health.HEALTHY and report.live):
            parts.append(f"{count} {health.label}")
    terminal.heading("   ".join(parts), f"{report.took:.1f} s")
    if not report.complete:
        asked = sum(p.health is not Health.UNASKED for p in report.profiles)
        terminal.warn(f"interrupted: {asked} of {len(report.profiles)} were asked")
    print_next_step(terminal, report, blocks)
    terminal.say()


def print_next_step(terminal: Terminal, report: Report, blocks: Sequence[FindingBlock]) -> None:
    """Prints the one thing to do first: the worst fix, else the sign-in that is waited for."""
    worst = next((block for block in blocks if block.fix and not _deletes(block.first)), None)
    waiting = [p for p in report.profiles if p.health is Health.WAITING]
    if waiting and (worst is None or worst.first.severity is not Severity.ERROR):
        first = next(iter(_by_source(waiting)))
        terminal.next_step(f"awsprof login {arguments(first)}", whole=True)
    elif worst is not None and len(blocks) + len(report.profiles) > 2:
        terminal.next_step(worst.fix, whole=worst.fix_is_command)
        if worst.first.severity is Severity.ERROR and worst.reach > 1:
            terminal.detail(f"   {worst.reach} profiles fail until then.")


def _deletes(finding: Finding) -> bool:
    """True if its repair deletes something: never what to do first."""
    return finding.fault.repair is not None and finding.fault.repair.by_name


def _waiting(terminal: Terminal, report: Report, room: int) -> None:
    waiting = [p for p in report.profiles if p.health is Health.WAITING]
    if len(waiting) > MOST_NAMED:
        asks = "to enter codes: awsprof doctor --interactive"
        terminal.entry("-", [f"{len(waiting)} need an MFA code", asks])
    else:
        for source, names in _by_source(waiting).items():
            needs = "needs" if len(names) == 1 else "need"
            cells = [list_names(names, _NAMED), f"{needs} an MFA code"]
            terminal.entry("-", [*cells, f"awsprof login {arguments(source)}"], room=room)
    if waiting:
        terminal.say()


def _by_source(waiting: Sequence[ProfileReport]) -> dict[str, list[str]]:
    """Returns the names of those that wait for the same code, by the profile whose code it is."""
    profiles = {profile.name: profile for profile in waiting}
    found: dict[str, list[str]] = {}
    for profile in waiting:
        at, seen = profile, {profile.name}
        while at.source in profiles and at.source not in seen:
            seen.add(at.source)
            at = profiles[at.source]
        found.setdefault(at.name, []).append(profile.name)
    return found


def _healthy(terminal: Terminal, healthy: Sequence[ProfileReport], room: int) -> None:
    if len(healthy) > MOST_NAMED:
        cells = [f"{len(healthy)} profiles work", "awsprof doctor --json lists their identities"]
        terminal.entry("ok", cells)
    else:
        for profile in healthy:
            cells = [show_hidden(profile.name), sanitize(profile.arn or "")]
            terminal.entry("ok", [cell for cell in cells if cell], room=room)
    if healthy:
        terminal.say()


def _unasked(terminal: Terminal, report: Report) -> None:
    """Prints the profiles that were not asked before the end; nothing for an offline run."""
    names = [p.name for p in report.profiles if p.state is Health.UNASKED]
    if not report.live or not names:
        return
    if len(names) > MOST_NAMED:
        terminal.entry("-", [f"{len(names)} not asked"])
    else:
        terminal.entry("-", ["not asked"])
        terminal.detail(", ".join(names))
    terminal.say()


def _end(terminal: Terminal, report: Report, shown: Sequence[Finding]) -> None:
    """Prints the number of findings, how many --fix can fix, and what to do next."""
    hidden = len(report.findings) - len(shown)
    where = f"in {counted(len(report.profiles), 'profile')}" if report.profiles else "found"
    if shown:
        fixable = sum(f.auto_fixable for f in shown)
        fix = f"; `awsprof doctor --fix` fixes {_how_many(fixable, len(shown))}" if fixable else ""
        terminal.say(f"{count_findings(shown)} {where}{fix}")
    elif report.profiles:
        terminal.say(f"no problems {where}{_next(report)}")
    if not report.profiles and report.ok:
        terminal.say("There are no profiles yet. Run awsprof to set up the first one.")
    if hidden:
        terminal.say(f"{counted(hidden, 'less severe finding')} hidden (--severity info shows all)")


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
