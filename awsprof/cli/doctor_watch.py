"""awsprof doctor --watch: check again at each save, for those who fix the files in an editor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from awsprof.cli.doctor_output import print_next_step, print_report
from awsprof.cli.finding_blocks import finding_blocks
from awsprof.configfile.document import FileKind
from awsprof.configfile.storage import config_path
from awsprof.doctor.findings import Finding, Severity
from awsprof.paths import display_path
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.report import Report
    from awsprof.terminal import Terminal

_INTERVAL: Final = 0.25  # seconds between two looks at the files


def watch(terminal: Terminal, check: Callable[[], Report], least: Severity) -> int:
    """Prints the report, and what each save fixes or breaks, until no error but a sign-in is left.

    Returns the exit code 0; Ctrl-C raises KeyboardInterrupt as anywhere.
    """
    terminal = terminal.on_stdout()
    saved, report = _state(), check()
    print_report(terminal, report, quiet=False, least=least)
    if report.errors:
        paths = " and ".join(display_path(config_path(kind)) for kind in FileKind)
        terminal.say(f"Waiting for {paths} to be saved; Ctrl-C ends this.")
    while report.errors:
        saved = _next_save(saved)
        before, report = report, check()
        terminal.say()
        _print_difference(terminal, before, report, least)
    terminal.ok("No errors are left in the files. To ask AWS too: awsprof doctor")
    return 0


def _print_difference(terminal: Terminal, before: Report, now: Report, least: Severity) -> None:
    known, found = _by_text(before, least), _by_text(now, least)
    for key in known.keys() - found.keys():
        finding = known[key]
        name = f"{sanitize(finding.profile)}: " if finding.profile else ""
        terminal.ok(f"fixed: {name}{finding.id}")
    new = [finding for key, finding in found.items() if key not in known]
    names = [profile.name for profile in now.profiles]
    for block in finding_blocks(new, names):
        block.print(terminal, 0)
    errors = now.errors
    if errors:
        terminal.heading(f"{errors} {'error is' if errors == 1 else 'errors are'} left")
        print_next_step(terminal, now, finding_blocks(found.values(), names))


def _by_text(report: Report, least: Severity) -> dict[tuple[str, ...], Finding]:
    """Returns the findings by what stays the same if lines move."""
    shown = (f for f in report.findings if f.severity.rank <= least.rank)
    return {(f.id, f.profile or "", f.message): f for f in shown}


def _next_save(saved: tuple[object, ...]) -> tuple[object, ...]:
    """Waits until the files differ from the state ``saved`` and nobody writes them any more."""
    while (now := _state()) == saved:
        time.sleep(_INTERVAL)
    while True:
        time.sleep(_INTERVAL)
        if (settled := _state()) == now:
            return settled
        now = settled


def _state() -> tuple[object, ...]:
    return tuple(map(_stat, FileKind))


def _stat(kind: FileKind) -> tuple[int, ...]:
    try:
        found = config_path(kind).stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
