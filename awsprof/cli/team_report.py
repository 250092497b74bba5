"""awsprof team report: the doctor's reports of many machines, joined."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option

if TYPE_CHECKING:
    from awsprof.doctor.machine_reports import MachineReport

_SCHEMA: Final = 1  # of --json: fields may be added, but none changes its meaning


@click.command(
    "report",
    epilog=examples(
        "awsprof team report ~/reports",
        "awsprof team report ~/reports --html team.html",
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the report as a page."
)
@click.pass_obj
def report_command(app: AppContext, folder: Path, as_json: bool, html: Path | None) -> int:
    """Combine the doctor's reports of many machines.

    DIR has a file for each machine, MACHINE.json: the output of awsprof doctor --json there. Shows
    which machines are not as the team file says (profiles changed or removed there, or still there
    after the team removed them), which have an older version of the team file than another machine,
    and the long-term keys of each account: how many, how old, how many in plain text. It shows no
    user names, and sends nothing. If a file is not a report, it is named, the exit code is 3, and
    the others are shown.
    """
    from awsprof.doctor import machine_reports_page
    from awsprof.doctor.machine_reports import read_reports

    reports, errors = read_reports(folder.expanduser())
    for error in errors:
        app.terminal.failed(error.message, error.fix)
    if html is not None:
        from datetime import UTC, datetime

        from awsprof.doctor.html_page import write_page

        write_page(
            machine_reports_page.render_team_page(reports, errors, at=datetime.now(UTC)), html
        )
    if as_json:
        app.terminal.json(
            {"schema": _SCHEMA, **_json(reports), "unread": [error.message for error in errors]}
        )
        return 3 if errors else 0
    tables = (
        (machine_reports_page.MACHINE_HEADERS, machine_reports_page.machine_rows(reports)),
        (machine_reports_page.DRIFT_HEADERS, machine_reports_page.drift_rows(reports)),
        (machine_reports_page.ACCOUNT_HEADERS, machine_reports_page.account_rows(reports)),
    )
    app.terminal.prose(machine_reports_page.summary(reports))
    for headers, rows in tables:
        if rows:
            app.terminal.data("")
            app.terminal.table(headers, rows)
    if html is not None:
        app.terminal.ok(f"The page is {html}")
    return 3 if errors else 0


def _json(reports: list[MachineReport]) -> dict[str, object]:
    from dataclasses import asdict

    from awsprof.doctor.machine_reports import drifting_sections, keys_by_account, worst_first
    from awsprof.doctor.team_versions import outdated_versions

    outdated = outdated_versions(report.team_versions for report in reports)
    return {
        "machines": [_machine(report, outdated) for report in worst_first(reports)],
        "drift": [
            {**asdict(section), "machines": machines}
            for section, machines in drifting_sections(reports)
        ],
        "keys": [
            {**asdict(each), "account": each.account or None} for each in keys_by_account(reports)
        ],
    }


def _machine(report: MachineReport, outdated: Container[str]) -> dict[str, object]:
    return {
        "machine": report.name,
        "live": report.live,
        "profiles": len(report.profiles),
        "broken": report.broken,
        "signed_out": report.signed_out,
        "errors": report.errors,
        "warnings": report.warnings,
        "drift": report.drift,
        "keys": len(report.keys),
        "team_versions": [
            {
                "digest": version.digest,
                "commit": version.commit,
                "ref": version.ref,
                "older": version.digest in outdated,
            }
            for version in report.team_versions
        ],
    }
