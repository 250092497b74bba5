"""awsprof doctor: every profile looked at, every reason told, and what can be mended mended."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.context import AppContext
from awsprof.errors import INTERRUPTED, FileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awsprof.doctor.findings import Check, Finding
    from awsprof.doctor.report import Report
    from awsprof.profiles.catalog import Catalog

_EVERY: Final = ""  # --fix without an id


@dataclass(frozen=True)
class _Wish:
    """What was asked for by flags."""

    offline: bool
    interactive: bool
    timeout: float
    severity: str
    quiet: bool
    as_json: bool
    html: Path | None
    yes: bool
    dry_run: bool


@click.command()
@click.argument("profiles", nargs=-1)
@click.option("--offline", is_flag=True, help="Look at the files and this machine; ask nobody.")
@click.option("--interactive", is_flag=True, help="Ask for MFA codes, once for each device.")
@click.option(
    "--timeout", type=click.FloatRange(1, 3600), default=120, help="Seconds for all of AWS. [120]"
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    help="Tell only what is at least so bad.",
)
@click.option("--quiet", is_flag=True, help="Leave out who is well.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (the schema is in the README).")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to this file."
)
@click.option("--fix", is_flag=False, flag_value=_EVERY, metavar="[ID]", help="Mend what can be.")
@click.option("--explain", metavar="ID", help="What a check looks for, and why.")
@click.option("--list-checks", is_flag=True, help="Every check there is.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option("--dry-run", is_flag=True, help="With --fix: show what it would do.")
@click.pass_obj
def doctor(
    app: AppContext,
    /,
    profiles: tuple[str, ...],
    fix: str | None,
    explain: str | None,
    list_checks: bool,
    **flags: object,
) -> int:
    """Look at every profile, ask AWS who each is, and say what is wrong, why, and the mend.

    Exit code 1 where something fails. A profile that waits for a code is no failure.
    """
    wish = _Wish(**flags)  # type: ignore[arg-type]  # click hands over what the options say
    if explain is not None or list_checks:
        return _told(app, explain)
    if fix is None and (wish.yes or wish.dry_run):
        raise UsageError("--yes and --dry-run are for --fix.", "awsprof doctor --fix")
    catalog = app.catalog()
    if fix is not None and fix in catalog.profiles and fix not in _ids():
        fix, profiles = _EVERY, (fix, *profiles)  # `--fix NAME`: the name is no check's
    names = tuple(dict.fromkeys(catalog.get(name).name for name in profiles))
    if fix is not None:
        return _mended(app, catalog, names, fix, wish)
    return _reported(app, _visited(app, catalog, names, wish), wish)


def doctor_for_wizard(app: AppContext) -> int:
    """What `awsprof doctor --interactive` does, for whoever is asked in any case."""
    wish = _Wish(
        offline=False,
        interactive=True,
        timeout=120,
        severity="info",
        quiet=False,
        as_json=False,
        html=None,
        yes=False,
        dry_run=False,
    )
    return _reported(app, _visited(app, app.catalog(), (), wish), wish)


def _ids() -> set[str]:
    from awsprof.doctor import checks

    return {check.id for check in checks.all_checks()}


def _told(app: AppContext, id: str | None) -> int:
    """What one check is about; or all of them, a line each."""
    from awsprof.doctor import checks

    if id is None:
        rows = [
            (c.id, c.severity.value, "--fix" if c.fixes else "", c.explain.partition("\n")[0])
            for c in checks.all_checks()
        ]
        app.terminal.table(["CHECK", "SEVERITY", "", "WHAT IS WRONG"], rows)
        return 0
    check = _check(id)
    mends = f"   awsprof doctor --fix {id} mends it" if check.fixes else ""
    app.terminal.data(f"{id}   {check.severity.value}{mends}\n\n{check.explain}")
    return 0


def _visited(app: AppContext, catalog: Catalog, names: Sequence[str], wish: _Wish) -> Report:
    from awsprof.doctor.context import CheckContext
    from awsprof.doctor.ignore_setting import is_ignored
    from awsprof.doctor.live_probe import LiveProbe
    from awsprof.doctor.runner import run_checks

    names = names or tuple(catalog.profiles)
    check_context = CheckContext.of(catalog, names)
    if wish.offline:
        return run_checks(check_context, ignored=is_ignored())
    vault = app.vault if wish.interactive else check_context.vault
    resolver = app.resolver(catalog, ask=wish.interactive, many=True, vault=vault)
    asking = 0 if wish.interactive else len(names)  # beside a bar that moves nobody is asked
    with app.terminal.progress("asking AWS who each profile is", asking) as advance:
        probe = LiveProbe(resolver, wish.timeout, advance)
        return run_checks(check_context, probe, ignored=is_ignored())


def _reported(app: AppContext, report: Report, wish: _Wish) -> int:
    from awsprof.cli.doctor_output import print_report
    from awsprof.doctor.findings import Severity

    if wish.html is not None:
        _write_page(report, wish.html)
        app.terminal.ok(f"written: {wish.html}")
    if wish.as_json:
        app.terminal.json(report.as_json())
    elif wish.html is None:
        print_report(app.terminal, report, quiet=wish.quiet, least=Severity(wish.severity))
    if report.interrupted:
        return INTERRUPTED
    return 0 if report.ok else 1


def _write_page(report: Report, path: Path) -> None:
    from datetime import UTC, datetime

    from awsprof.doctor.html_report import render_page

    page = render_page(report, at=datetime.now(UTC)).encode()
    try:
        # It tells of accounts and people: for this person alone, whatever the umask.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if os.name != "nt" and stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, 0o600)
            file.write(page)
    except OSError as exc:
        raise FileError(
            f"{path} cannot be written: {exc.strerror}.", "name another file after --html"
        ) from exc


def _mended(app: AppContext, catalog: Catalog, names: Sequence[str], id: str, wish: _Wish) -> int:
    """All repairs as one change: one diff, one yes, one undo; then what is left is told."""
    from awsprof.cli.doctor_fix import DoctorFix
    from awsprof.doctor.context import CheckContext
    from awsprof.doctor.ignore_setting import is_ignored
    from awsprof.doctor.runner import run_offline

    if id:
        _check(id)
    if wish.as_json or wish.html is not None:
        raise UsageError("--fix shows what it does, on the terminal.", "leave --json, --html out")
    left_out = is_ignored()
    check_context = CheckContext.of(catalog, names or tuple(catalog.profiles))

    def meant(finding: Finding) -> bool:
        wanted = finding.id == id if id else finding.mends_itself
        return wanted and not left_out(finding)

    mender = DoctorFix(meant, wish.offline, wish.yes, wish.dry_run)
    if mender.mend(app, check_context, run_offline(check_context)):
        app.terminal.say()
        catalog = app.catalog()
        names = [name for name in names if name in catalog.profiles]
    elif wish.dry_run:
        return 0
    return _reported(app, _visited(app, catalog, names, wish), wish)


def _check(id: str) -> Check:
    """The check of that id; UsageError, with the nearest, where there is none."""
    import difflib

    from awsprof.doctor import checks

    known = {check.id: check for check in checks.all_checks()}
    if id not in known:
        close = difflib.get_close_matches(id, known, n=1)
        near = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"There is no check {id!r}.{near}", "awsprof doctor --list-checks")
    return known[id]
