"""awsprof show: one profile, where each of its values comes from, and how SDKs read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.cli.list_command import PROFILES_SCHEMA, profile_json
from awsprof.masking.mask import MASK, mask_name, mask_value
from awsprof.masking.search import is_secret
from awsprof.profiles import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awsprof.doctor.findings import Finding
    from awsprof.profiles.catalog import Catalog, Chain
    from awsprof.profiles.model import Profile, Value


@click.command(epilog=examples("awsprof show dev", "awsprof show dev --json"))
@click.argument("profile", required=False)
@json_option
@click.pass_obj
def show(app: AppContext, profile: str | None, as_json: bool) -> int:
    """Show one profile: its chain, values and problems.

    Each value has its file and line. Without PROFILE, shows the profile in AWS_PROFILE, or
    default. AWS is not asked; awsprof doctor PROFILE asks it.
    """
    catalog = app.catalog()
    app.report_unreadable(catalog)
    profile = app.named(profile, catalog)
    chain = catalog.chain(profile)
    findings = _findings(catalog, chain)
    if as_json:
        data = _show_json(catalog, profile, chain, findings)
        app.terminal.json(data)
    else:
        _print(app, catalog, chain, findings)
    return 0


def _findings(catalog: Catalog, chain: Chain) -> list[Finding]:
    """Returns the doctor's offline findings for the profiles of the chain."""
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.root_causes import breaks_all
    from awsprof.doctor.runner import run_offline

    names = [link.name for link in chain.links]
    context = CheckContext.of(catalog, names)
    found = run_offline(context)
    return [f for f in found if f.profile in names or breaks_all(context, f)]


def _print(app: AppContext, catalog: Catalog, chain: Chain, findings: list[Finding]) -> None:
    from awsprof.cli.doctor_output import print_findings

    for link in chain.links:
        app.terminal.data_line(f"{link.name}: {kinds.profile_facts(link).label}")
        app.terminal.pairs(_values(link))
        _views(app, catalog, link)
    if chain.session is not None:
        app.terminal.data_line(f"sso-session {chain.session.name}")
        app.terminal.pairs(_rows(chain.session.values.items()))
    if chain.fault and chain.fault not in {finding.fault.message for finding in findings}:
        app.terminal.on_stdout().failed(chain.fault, chain.fix)
    if findings:
        app.terminal.on_stdout().say()
    print_findings(app.terminal, findings, [link.name for link in chain.links])


def _values(profile: Profile) -> list[tuple[str, str, str]]:
    nested = (
        (f"{parent}.{key}", value)
        for parent, values in profile.nested.items()
        for key, value in values.items()
    )
    return _rows((*profile.values.items(), *nested))


def _rows(values: Iterable[tuple[str, Value]]) -> list[tuple[str, str, str]]:
    return [
        (f"  {mask_name(key, value.text)}", mask_value(key, value.text), str(value.origin))
        for key, value in values
    ]


def _views(app: AppContext, catalog: Catalog, profile: Profile) -> None:
    """Prints, side by side, the values that boto3 and other SDKs read differently."""
    views = catalog.differing(profile.name)
    if not views:
        return
    head = ("  ! read differently", "by boto3, AWS CLI", "by other SDKs", "")
    rows = [(f"  ! {v.key or ''}", v.boto3, v.others, v.path) for v in views]
    app.terminal.pairs([head, *rows])


def _show_json(
    catalog: Catalog, name: str, chain: Chain, findings: list[Finding]
) -> dict[str, object]:
    from awsprof.doctor.report import finding_json

    links = [
        {
            **profile_json(link),
            "values": [
                {
                    "key": mask_name(key, value.text),
                    "value": None if (shown := mask_value(key, value.text)) == MASK else shown,
                    "secret": is_secret(value.text, key),
                    "file": str(value.origin.path),
                    "line": value.origin.line,
                }
                for key, value in link.values.items()
            ],
        }
        for link in chain.links
    ]
    return {
        "schema": PROFILES_SCHEMA,
        "chain": links,
        "fault": chain.fault,
        "differences": list(catalog.differences(name)),
        "findings": [finding_json(finding) for finding in findings],
    }
