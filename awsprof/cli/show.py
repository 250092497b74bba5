"""awsprof show: one profile, where each value comes from, and what each SDK makes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from awsprof.clean import clean
from awsprof.cli.app import App
from awsprof.cli.look import SCHEMA, profile_json, tell_unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awsprof.doctor.findings import Finding
    from awsprof.profiles.catalog import Catalog, Chain
    from awsprof.profiles.model import Profile, Value


@click.command()
@click.argument("profile", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (the schema is in the README).")
@click.pass_obj
def show(app: App, profile: str | None, as_json: bool) -> int:
    """Show one profile: its chain, where each value stands, and what is wrong with it.

    Without PROFILE it is the one in AWS_PROFILE, or the default one. AWS is not asked: awsprof
    doctor PROFILE does that.
    """
    catalog = app.catalog()
    tell_unreadable(app, catalog)
    profile = app.named(profile, catalog)
    chain = catalog.chain(profile)
    findings = _findings(app, catalog, chain)
    if as_json:
        told = _show_json(catalog, profile, chain, findings)
        app.terminal.data(json.dumps(told, indent=2))
    else:
        _tell(app, catalog, chain, findings)
    return 0


def _findings(app: App, catalog: Catalog, chain: Chain) -> list[Finding]:
    """What the doctor finds in the profiles of the chain, without the network."""
    from awsprof.doctor.runner import offline
    from awsprof.doctor.scene import Scene

    names = [link.name for link in chain.links]
    found = offline(Scene.of(catalog, names))
    return [finding for finding in found if finding.profile in names]


def _tell(app: App, catalog: Catalog, chain: Chain, findings: list[Finding]) -> None:
    from awsprof.cli.telling import tell_findings

    for link in chain.links:
        app.terminal.data(clean(f"{link.name}: {catalog.facts(link).label}"))
        app.terminal.pairs(_values(link))
        _views(app, catalog, link)
    if chain.session is not None:
        app.terminal.data(clean(f"sso-session {chain.session.name}"))
        app.terminal.pairs(_rows(chain.session.values.items()))
    if chain.fault and chain.fault not in {finding.fault.message for finding in findings}:
        app.terminal.failed(chain.fault, chain.fix)
    if findings:
        app.terminal.say()
    tell_findings(app.terminal, findings, [link.name for link in chain.links])


def _values(profile: Profile) -> list[tuple[str, str, str]]:
    nested = (
        (f"{parent}.{key}", value)
        for parent, values in profile.nested.items()
        for key, value in values.items()
    )
    return _rows((*profile.values.items(), *nested))


def _rows(values: Iterable[tuple[str, Value]]) -> list[tuple[str, str, str]]:
    return [
        (f"  {clean(key)}", "***" if value.secret else clean(value.text), str(value.origin))
        for key, value in values
    ]


def _views(app: App, catalog: Catalog, profile: Profile) -> None:
    """Side by side, what boto3 sees and what the other SDKs see, where that is not the same."""
    views = catalog.differing(profile.name)
    if not views:
        return
    head = ("  ! read differently", "by boto3, AWS CLI", "by other SDKs", "")
    rows = [(f"  ! {clean(v.key or '')}", clean(v.boto3), clean(v.others), v.path) for v in views]
    app.terminal.pairs([head, *rows])


def _show_json(
    catalog: Catalog, name: str, chain: Chain, findings: list[Finding]
) -> dict[str, object]:
    from awsprof.doctor.report import finding_json

    links = [
        {
            **profile_json(catalog, link),
            "values": [
                {
                    "key": key,
                    "value": None if value.secret else value.text,
                    "secret": value.secret,
                    "file": str(value.origin.path),
                    "line": value.origin.line,
                }
                for key, value in link.values.items()
            ],
        }
        for link in chain.links
    ]
    return {
        "schema": SCHEMA,
        "chain": links,
        "fault": chain.fault,
        "differences": [clean(sentence) for sentence in catalog.differences(name)],
        "findings": [finding_json(finding) for finding in findings],
    }
