"""awsprof doctor: check every profile, report the findings, and fix what --fix can."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.errors import INTERRUPTED, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awsprof.doctor.findings import Check, Finding
    from awsprof.doctor.report import Report
    from awsprof.profiles.catalog import Catalog

ANY_CHECK: Final = ""  # --fix without an ID


@dataclass(frozen=True)
class _Flags:
    """The options of one run."""

    offline: bool
    interactive: bool
    timeout: float
    severity: str
    quiet: bool
    as_json: bool
    html: Path | None
    yes: bool
    dry_run: bool


@click.command(
    epilog=examples(
        "awsprof doctor",
        "awsprof doctor dev prod --interactive",
        "awsprof doctor --fix",
        "awsprof doctor --watch",
        "awsprof doctor --explain source-missing",
    )
)
@click.argument("profiles", nargs=-1, metavar="[PROFILE]...")
@click.option("--offline", is_flag=True, help="Check files and machine, without asking AWS.")
@click.option("--interactive", is_flag=True, help="Ask for MFA codes, once per device.")
@click.option(
    "--timeout",
    type=click.FloatRange(1, 3600),
    default=120,
    metavar="SECONDS",
    help="Time limit for all AWS calls; 120 by default.",
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    help="Hide findings below this severity.",
)
@click.option("--quiet", is_flag=True, help="Hide healthy profiles.")
@json_option
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write an HTML report to this file.",
)
@click.option(
    "--fix",
    is_flag=False,
    flag_value=ANY_CHECK,
    metavar="[ID]",
    help="Show each possible fix, and ask whether to make it.",
)
@click.option("--watch", is_flag=True, help="Check again at each save, until no error is left.")
@click.option("--explain", metavar="ID", help="Explain what a check looks for, and why.")
@click.option("--list-checks", is_flag=True, help="List all checks.")
@click.option(
    "--support", is_flag=True, help="Print details for a bug report, without names or accounts."
)
@click.option("--yes", is_flag=True, help="With --fix: make all safe fixes without asking.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the diff only.")
@click.pass_obj
def doctor(
    app: AppContext,
    /,
    profiles: tuple[str, ...],
    fix: str | None,
    explain: str | None,
    list_checks: bool,
    watch: bool,
    support: bool,
    **options: object,
) -> int:
    """Check every profile with AWS; explain how to fix it.

    Reports what is wrong, why, and what to type. Exits with 1 if there are errors; a profile that
    needs an MFA code is not an error.
    """
    flags = _Flags(**options)  # type: ignore[arg-type]  # click passes what each option declares
    if explain is not None or list_checks:
        return _explain(app, explain)
    if fix is None and (flags.yes or flags.dry_run):
        raise UsageError("--yes and --dry-run are for --fix.", "awsprof doctor --fix")
    catalog = app.catalog()
    if support:
        from awsprof.cli.support_report import support_report

        app.terminal.pairs(support_report(catalog))
        return 0
    if fix is not None and fix in catalog.profiles and fix not in _ids():
        fix, profiles = ANY_CHECK, (fix, *profiles)  # `--fix PROFILE`: no check has that name
    names = tuple(dict.fromkeys(catalog.get(name).name for name in profiles))
    if watch:
        return _watch(app, names, fix, flags)
    if fix is not None:
        return _fix(app, catalog, names, fix, flags)
    return _print_report(app, _run_checks(app, catalog, names, flags), flags)


_WIZARD: Final = _Flags(
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


def doctor_for_wizard(app: AppContext) -> Report:
    """Runs `awsprof doctor --interactive` for the wizard, and returns the report."""
    report = _run_checks(app, app.catalog(), (), _WIZARD)
    _print_report(app, report, _WIZARD)
    return report


def fix_for_wizard(app: AppContext, id: str, profile: str | None = None) -> None:
    """Runs `awsprof doctor --fix` for the wizard, which then prints its report itself."""
    names = () if profile is None else (profile,)
    _make_repairs(app, app.catalog(), names, id, replace(_WIZARD, offline=True))


def _ids() -> set[str]:
    from awsprof.doctor import checks

    return {check.id for check in checks.all_checks()}


def _explain(app: AppContext, id: str | None) -> int:
    """Prints the explanation of one check, or a table of all checks."""
    from awsprof.doctor import checks

    if id is None:
        rows = [
            (c.id, c.severity.value, "--fix" if c.fixes else "", c.explain.partition("\n")[0])
            for c in checks.all_checks()
        ]
        app.terminal.table(["CHECK", "SEVERITY", "", "MEANING"], rows)
        return 0
    check = check_named(id)
    repair = f", to fix it: awsprof doctor --fix {id}" if check.fixes else ""
    app.terminal.prose(f"{id}: {check.severity.value}{repair}\n\n{check.explain}")
    return 0


def _run_checks(app: AppContext, catalog: Catalog, names: Sequence[str], flags: _Flags) -> Report:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.live_probe import LiveProbe
    from awsprof.doctor.report import is_ignored
    from awsprof.doctor.runner import run_checks

    names = names or catalog.names_to_check
    check_context = CheckContext.of(catalog, names)
    if flags.offline:
        return run_checks(check_context, ignored=is_ignored())
    vault = app.vault if flags.interactive else check_context.vault
    resolver = app.resolver(catalog, ask=flags.interactive, many=True, vault=vault)
    total = 0 if flags.interactive else len(names)  # a progress bar would hide a prompt
    with app.terminal.progress("checking profiles with AWS", total) as advance:
        probe = LiveProbe(resolver, flags.timeout, advance)
        return run_checks(check_context, probe, ignored=is_ignored())


def _print_report(app: AppContext, report: Report, flags: _Flags) -> int:
    from awsprof.cli.doctor_output import print_report
    from awsprof.doctor.findings import Severity

    if flags.html is not None:
        from datetime import UTC, datetime

        from awsprof.doctor.html_page import write_page
        from awsprof.doctor.html_report import render_page

        write_page(render_page(report, at=datetime.now(UTC)), flags.html)
        app.terminal.ok(f"wrote {flags.html}")
    if flags.as_json:
        app.terminal.json(report.as_json())
    elif flags.html is None:
        print_report(app.terminal, report, quiet=flags.quiet, least=Severity(flags.severity))
    if report.interrupted:
        return INTERRUPTED
    return 0 if report.ok else 1


def _watch(app: AppContext, names: Sequence[str], fix: str | None, flags: _Flags) -> int:
    """Checks the files at each save. AWS is not asked, because a save must be answered at once."""
    from awsprof.cli.doctor_watch import watch
    from awsprof.doctor.findings import Severity

    if fix is not None or flags.as_json or flags.html is not None:
        raise UsageError("--watch cannot be combined with --fix, --json or --html.", "leave it out")
    offline = replace(flags, offline=True)

    def check() -> Report:
        catalog = app.catalog()
        left = [name for name in names if name in catalog.profiles]
        return _run_checks(app, catalog, left, offline)

    return watch(app.terminal, check, Severity(flags.severity))


def _fix(app: AppContext, catalog: Catalog, names: Sequence[str], id: str, flags: _Flags) -> int:
    """Applies all repairs as one change, then reports the findings that are left."""
    if id:
        check_named(id)
    if flags.as_json or flags.html is not None:
        raise UsageError("--fix cannot be combined with --json or --html.", "leave them out")
    if _make_repairs(app, catalog, names, id, flags):
        app.terminal.say()
        catalog = app.catalog()
        names = [name for name in names if name in catalog.profiles]
    elif flags.dry_run:
        return 0
    return _print_report(app, _run_checks(app, catalog, names, flags), flags)


def _make_repairs(
    app: AppContext, catalog: Catalog, names: Sequence[str], id: str, flags: _Flags
) -> bool:
    """Applies the repairs of a check, or all safe ones. Returns True if anything was changed."""
    from awsprof.cli.doctor_fix import DoctorFix
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.report import is_ignored
    from awsprof.doctor.runner import run_offline

    ignored = is_ignored()
    check_context = CheckContext.of(catalog, names or catalog.names_to_check)

    def selected(finding: Finding) -> bool:
        matches = finding.id == id if id else finding.auto_fixable
        return matches and not ignored(finding)

    fixer = DoctorFix(selected, flags.offline, flags.yes, flags.dry_run)
    return fixer.fix(app, check_context, run_offline(check_context))


def check_named(id: str) -> Check:
    """Returns the check. Raises UsageError, with the nearest ID, if there is none."""
    from awsprof.doctor import checks
    from awsprof.near_names import nearest_name

    known = {check.id: check for check in checks.all_checks()}
    if id not in known:
        close = nearest_name(id, known)
        near = f" Did you mean {close}?" if close else ""
        raise UsageError(
            f"There is no check {id!r}.{near}", "for all checks: awsprof doctor --list-checks"
        )
    return known[id]
