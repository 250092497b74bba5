"""The report as one self-contained HTML page: the tree, the findings, and a search.

The tree has keys and sessions as roots, and roles above their sources; each profile occurs once,
whatever the files say: one profile of a cycle becomes its root. Text from files and from AWS is
escaped here, and only our own script can run (a Content-Security-Policy names it by its hash). The
same report gives the same page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import quote

from awsprof.doctor.findings import Finding
from awsprof.doctor.html_page import page_part, render_frame, time_element
from awsprof.doctor.report import Health, ProfileReport, Report, count_findings
from awsprof.masking.mask import mask_message
from awsprof.paths import display_path
from awsprof.shells import arguments
from awsprof.text import counted, sanitize

DEEPEST: Final = 32  # deeper nodes get this depth, so that no page nests without end
_SHAPE: Final = {
    Health.BROKEN: "broken",
    Health.SIGNED_OUT: "signed-out",
    Health.TO_LOOK_AT: "to-look-at",
    Health.WAITING: "waiting",
    Health.UNASKED: "unasked",
    Health.HEALTHY: "healthy",
}
_SEVERITY: Final = {  # their shapes
    "error": "broken",
    "sign-in": "signed-out",
    "warning": "to-look-at",
    "info": "info",
}
_EXACT: Final = ' class="exact"'  # text that people copy
_LONGEST: Final = 2000  # characters of a message
_DENSE: Final = 60  # profiles: from here on the layout is dense
_COMMAND: Final = re.compile(  # up to what ends it, such as "asks whose values to use"
    r"awsprof [^,;()]*?(?=[,;()]|\.$|\. | or | and | (?:asks|creates|makes|replaces|shows) |$)"
)


@dataclass(frozen=True)
class TreeNode:
    """A profile, or a root that is not a profile: a session, or a source outside the report.

    ``number`` is the index of the profile in the report, or None; ``depth`` is 0 for a root.
    """

    name: str
    depth: int
    number: int | None = None
    session: bool = False


@dataclass(frozen=True)
class _Root:
    """A root that is not a profile of the report."""

    name: str
    session: bool


def profile_tree(profiles: Sequence[ProfileReport]) -> tuple[TreeNode, ...]:
    """Returns all nodes, each parent before its children, in the order of the report."""
    numbers = {p.name: number for number, p in reversed(list(enumerate(profiles)))}
    below: dict[int | _Root, list[int]] = {}
    roots: list[int | _Root] = []
    for number, profile in enumerate(profiles):
        parent = _parent(profile, numbers)
        if parent is None or (isinstance(parent, _Root) and parent not in below):
            roots.append(number if parent is None else parent)
        if parent is not None:
            below.setdefault(parent, []).append(number)
    seen: set[int | _Root] = set()
    # Cycles come last: they have no root.
    starts = [*roots, *range(len(profiles))]
    return tuple(node for root in starts for node in _subtree(root, below, profiles, seen))


def _parent(profile: ProfileReport, numbers: dict[str, int]) -> int | _Root | None:
    source, session = profile.source, profile.session
    if profile.kind == "sso" and (session or source):
        return _Root(session or source or "", session=True)
    if source == profile.name:
        return None
    if source in numbers:
        return numbers[source]
    if session and source in {None, session}:
        return _Root(session, session=True)
    return _Root(source, session=False) if source else None


def _subtree(
    root: int | _Root,
    below: dict[int | _Root, list[int]],
    profiles: Sequence[ProfileReport],
    seen: set[int | _Root],
) -> Iterator[TreeNode]:
    """Yields the tree below ``root``, without nodes that are in another tree already."""
    waiting = [(root, 0)]
    while waiting:
        here, depth = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        if isinstance(here, _Root):
            yield TreeNode(here.name, depth, session=here.session)
        else:
            yield TreeNode(profiles[here].name, depth, here)
        children = below.get(here, [])
        waiting += [(child, min(depth + 1, DEEPEST)) for child in reversed(children)]


def render_page(report: Report, *, at: datetime | None = None) -> str:
    """Returns the report as a page; ``at`` is the time of the run, shown if given."""
    script = page_part("page.js")
    count = len(report.profiles)
    quiet = sum(
        p.state in {Health.HEALTHY, Health.UNASKED} and not p.findings for p in report.profiles
    )
    body = Template(page_part("page.html")).substitute(
        script=script,
        about=_run_info(report, at),
        sum=_summary(report),
        legend=_legend(report),
        bar=_bar(report),
        notice=_notice(report),
        graph=_graph(report.profiles),
        heading="Findings" if report.findings else "Profiles",
        cards="\n".join(_cards(report)),
        rest=f"{counted(quiet, 'profile')} without findings; select one to see more."
        if quiet
        else "",
    )
    return render_frame(
        f"doctor: {counted(count, 'profile')}",
        body,
        kind="dense" if count > _DENSE else "airy",
        style=page_part("page.css"),
        script=script,
    )


def _text(text: str | None) -> str:
    """Returns text from outside, masked and escaped for the page."""
    return escape(sanitize(mask_message(text or ""), _LONGEST))


def _shape(name: str) -> str:
    return f'<svg class="shape {name}" aria-hidden="true"><use href="#s-{name}"/></svg>'


def _run_info(report: Report, at: datetime | None) -> str:
    how = "checked with AWS" if report.live else "offline: files only"
    return " · ".join(filter(None, [time_element(at), how, f"{report.took:.1f} s"]))


def _summary(report: Report) -> str:
    problems = count_findings(report.findings) or "no problems"
    repairable = sum(f.auto_fixable for f in report.findings)
    fix = f"; <code>awsprof doctor --fix</code> fixes {repairable}" if repairable else ""
    return f"{problems} in {counted(len(report.profiles), 'profile')}{fix}"


def _notice(report: Report) -> str:
    if report.complete:
        return ""
    asked = sum(p.health is not Health.UNASKED for p in report.profiles)
    checked = f"{asked} of {counted(len(report.profiles), 'profile')}"
    return f'<p class="notice">Interrupted: {checked} checked.</p>'


def _legend(report: Report) -> str:
    """Returns each health with its shape, its word and its number, as a link that filters."""
    links = [
        f'<a href="#q={quote(f"is:{_SHAPE[health]}", safe="")}">{_shape(_SHAPE[health])}'
        f"<b>{count}</b> {health.label}</a>"
        for health in _SHAPE
        if (count := sum(p.state is health for p in report.profiles))
    ]
    return "".join(links)


def _bar(report: Report) -> str:
    """Returns a bar of all healths, each as wide as its share of profiles."""
    total = len(report.profiles)
    parts, left = [], 0
    for health, shape in _SHAPE.items():
        count = sum(p.state is health for p in report.profiles)
        if count:
            parts.append(f'<rect class="{shape}" x="{left}" width="{count}" height="1"/>')
        left += count
    return (
        f'<svg class="bar" viewBox="0 0 {max(total, 1)} 1" preserveAspectRatio="none"'
        f' aria-hidden="true">{"".join(parts)}</svg>'
    )


def _graph(profiles: Sequence[ProfileReport]) -> str:
    """Returns nested lists: the item around a node is its source."""
    out: list[str] = []
    depth = -1
    for node in profile_tree(profiles):
        if node.depth > depth:
            out.append('<ul class="tree">' if depth < 0 else "<ul>")
        else:
            out.append("</li>" + "</ul></li>" * (depth - node.depth))
        depth = node.depth
        out.append(f"<li>{_node(node, profiles)}")
    out.append("</li></ul>" * (depth + 1))
    return "\n".join(out)


def _node(node: TreeNode, profiles: Sequence[ProfileReport]) -> str:
    name = f'<span class="name">{_text(node.name)}</span>'
    if node.number is None:
        what = "IAM Identity Center" if node.session else "not in this report"
        kept = "session" if node.session else "missing"
        return (
            f'<div class="node {kept}">{_shape("root")}{name}<span class="meta">{what}</span></div>'
        )
    profile = profiles[node.number]
    shape = _SHAPE[profile.state]
    healthy = profile.state is Health.HEALTHY
    word = f'<span class="{"unseen" if healthy else "word"}">{profile.state.label}</span>'
    label = f'<span class="label">{_text(profile.label)}</span>'
    account = f' <span class="account">{_text(profile.account)}</span>' if profile.account else ""
    return (
        f'<a class="node {shape}" href="#p-{node.number}">{_shape(shape)}{name}'
        f'<span class="meta">{label}{account}</span>{word}</a>'
    )


def _cards(report: Report) -> Iterator[str]:
    """Yields the general findings, then those of each profile, the worst first."""
    if report.general:
        yield _card("general", "General", "", report.general)
    places = list(_SHAPE)
    order = sorted(
        range(len(report.profiles)), key=lambda n: places.index(report.profiles[n].state)
    )
    for number in order:
        profile = report.profiles[number]
        shape = _SHAPE[profile.state]
        head = (
            f'{_shape(shape)}<a href="#p-{number}">{_text(profile.name)}</a>'
            f' <span class="word">{profile.state.label}</span>'
        )
        yield _card(f"p-{number}", head, _facts(profile), profile.findings, shape)


def _card(id: str, head: str, facts: str, findings: Iterable[Finding], shape: str = "") -> str:
    ordered = sorted(findings, key=lambda f: f.severity.rank)
    quiet = " quiet" if shape in {"healthy", "unasked"} and not ordered else ""
    health = f' data-health="{shape}"' if shape else ""
    return (
        f'<article class="card {shape}{quiet}" id="{id}"{health} aria-labelledby="{id}-name">'
        f'<h3 id="{id}-name">{head}</h3>{facts}{"".join(map(_finding, ordered))}</article>'
    )


def _facts(profile: ProfileReport) -> str:
    place = f"{display_path(Path(profile.file))}:{profile.line}" if profile.file else None
    code = f"awsprof login {arguments(profile.name)}" if profile.health is Health.WAITING else None
    rows = [
        ("identity", profile.arn),
        ("kind", profile.label),
        ("source", profile.source),
        ("account", profile.account),
        ("region", profile.region),
        ("file", place),
        ("next", code or profile.sign_in),
    ]
    entries = "".join(
        f"<div><dt>{word}</dt> <dd{_EXACT * (word != 'kind')}>{_text(text)}</dd></div> "
        for word, text in rows
        if text
    )
    return f"<dl>{entries}</dl>"


def _finding(finding: Finding) -> str:
    fault = finding.fault
    severity = "sign-in" if fault.sign_in else finding.severity.value
    place = f'<span class="where">{_text(str(fault.origin))}</span>' if fault.origin else ""
    by_itself = ' <span class="fix">--fix does it</span>' if finding.auto_fixable else ""
    fix = ""
    if fault.fix or by_itself:
        fix = f'<p class="fixes"><b>fix</b> {_fix_html(fault.fix)}{by_itself}</p>'
    return (
        f'<div class="finding {severity}"><h4>{_shape(_SEVERITY[severity])}'
        f"<span>{severity}</span> <code>{_text(finding.id)}</code>{place}</h4>"
        f"<p>{_text(fault.message)}</p>{fix}</div>"
    )


def _fix_html(fix: str) -> str:
    """Returns the fix, with its commands set as code."""
    text = sanitize(mask_message(fix), _LONGEST)
    parts, end = [], 0
    for found in _COMMAND.finditer(text):
        parts += [escape(text[end : found.start()]), f"<code>{escape(found[0])}</code>"]
        end = found.end()
    return "".join([*parts, escape(text[end:])])
