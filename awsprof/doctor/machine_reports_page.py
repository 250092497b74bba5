"""The joined reports of many machines as one self-contained HTML page, without any script.

Text from the reports is escaped here. The same reports give the same page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from string import Template

from awsprof.doctor.html_page import page_part, render_frame, time_element
from awsprof.doctor.machine_reports import (
    MachineReport,
    drifting_sections,
    keys_by_account,
    worst_first,
)
from awsprof.doctor.team_versions import outdated_versions
from awsprof.errors import AwsprofError
from awsprof.text import counted

_NUMBERS = ("PROFILES", "BROKEN", "SIGNED OUT", "ERRORS", "WARNINGS", "DRIFT", "KEYS")
MACHINE_HEADERS = ("MACHINE", *_NUMBERS, "VERSION")
ACCOUNT_HEADERS = ("ACCOUNT", "MACHINES", "KEYS", "OLD", "PLAIN TEXT")
DRIFT_HEADERS = ("PROFILE", "WHAT", "MACHINES")
_WHAT = {
    "changed": "changed there",
    "removed": "removed there",
    "dropped": "removed by the team",
}


def machine_rows(reports: Iterable[MachineReport]) -> list[tuple[str, ...]]:
    """Returns a row for each machine, those that drift most first.

    BROKEN is without the profiles that only need a sign-in; SIGNED OUT is empty where there are
    none, so that a table in which nobody is signed out has no such column.
    """

    def numbers(r: MachineReport) -> tuple[int | str, ...]:
        broken = sum(profile.broken and not profile.signed_out for profile in r.profiles)
        out = r.signed_out or ""
        return len(r.profiles), broken, out, r.errors, r.warnings, r.drift, len(r.keys)

    machines = worst_first(reports)
    outdated = outdated_versions(r.team_versions for r in machines)
    return [
        (
            r.name,
            *map(str, numbers(r)),
            ", ".join(f"{v}{' older' * (v.digest in outdated)}" for v in r.team_versions),
        )
        for r in machines
    ]


def account_rows(reports: Iterable[MachineReport]) -> list[tuple[str, ...]]:
    """Returns a row for each account that has long-term keys; what is old needs AWS's answer."""
    return [
        (a.account or "(unknown)", *map(str, (a.machines, a.keys, a.old, a.plain_text)))
        for a in keys_by_account(reports)
    ]


def drift_rows(reports: Iterable[MachineReport]) -> list[tuple[str, ...]]:
    """Returns a row for each profile and sso-session that is not as the team file says."""
    return [
        (
            each.name if each.kind == "profile" else f"{each.kind} {each.name}",
            _WHAT.get(each.what, each.what),
            ", ".join(machines),
        )
        for each, machines in drifting_sections(reports)
    ]


def summary(reports: Sequence[MachineReport]) -> str:
    """Returns the counts in a sentence, for the page and the terminal."""
    drifting = sum(r.drift > 0 for r in reports)
    keys = sum(len(r.keys) for r in reports)
    outdated = outdated_versions(r.team_versions for r in reports)
    behind = sum(any(v.digest in outdated for v in r.team_versions) for r in reports)
    older = f" {behind} with an older version of a team file," if behind else ""
    unasked = sum(not r.live for r in reports)
    offline = f"; {unasked} did not ask AWS, so their old keys are not known" if unasked else ""
    return (
        f"{counted(len(reports), 'machine')}, {drifting} with drift,{older}"
        f" {counted(keys, 'long-term key')} in profiles{offline}"
    )


def render_team_page(
    reports: Sequence[MachineReport],
    unread: Sequence[AwsprofError] = (),
    *,
    at: datetime | None = None,
) -> str:
    """Returns the page; ``at`` is the time of the joining, shown if given.

    ``unread`` are the files that are not reports: the page says that it is without them.
    """
    body = Template(page_part("team_page.html")).substitute(
        about=time_element(at),
        sum=escape(summary(reports)),
        unread=_unread_files(unread),
        machines=_table("Machines", MACHINE_HEADERS, machine_rows(reports)),
        drift=_table("What is not as the team file says", DRIFT_HEADERS, drift_rows(reports)),
        accounts=_table("Long-term keys by account", ACCOUNT_HEADERS, account_rows(reports)),
    )
    style = f"{page_part('page.css')}\n{page_part('team_page.css')}"
    return render_frame("team report", body, kind="team", style=style)


def _unread_files(errors: Sequence[AwsprofError]) -> str:
    if not errors:
        return ""
    fix = errors[0].fix
    items = "\n".join(f"<li>{escape(error.message)}</li>" for error in errors)
    return (
        f"<section><h2>Not in this report</h2><ul>\n{items}\n</ul>"
        f"<p>{escape(fix[:1].upper() + fix[1:])}.</p></section>"
    )


def _table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return f"<section><h2>{title}</h2><p>None.</p></section>"
    head = "".join(f'<th scope="col">{name.capitalize()}</th>' for name in headers)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td{_mark(value)}>{escape(value)}</td>" for value in more)
        + "</tr>"
        for first, *more in rows
    )
    return (
        f"<section><h2>{title}</h2><table><thead><tr>{head}</tr></thead>"
        f"<tbody>\n{body}\n</tbody></table></section>"
    )


def _mark(value: str) -> str:
    return ' class="number"' if value.isdecimal() else ""
