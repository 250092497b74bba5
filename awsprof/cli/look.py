"""awsprof list and awsprof show: what there is, and where each value comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from awsprof.clean import clean
from awsprof.cli.app import App
from awsprof.terminal import Branch

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile
    from awsprof.signin.lasting import Lasting

SCHEMA = 1  # of what --json prints; a field may be added to it, none changes its meaning


def tell_lost_edits(app: App) -> None:
    """Say which edits of ours another program has written over since; each is told once."""
    from awsprof.editing.history import lost

    for sentence in lost():
        app.terminal.warn(sentence)


def tell_unreadable(app: App, catalog: Catalog) -> None:
    """Say which file botocore cannot parse, and where."""
    for file in catalog.unreadable:
        app.terminal.failed(f"{file.path}:{file.line}  {file.reason}", file.fix)


@click.command("list")
@click.option("--tree", is_flag=True, help="Show who stands on whom.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (the schema is in the README).")
@click.pass_obj
def list_profiles(app: App, tree: bool, as_json: bool) -> int:
    """List every profile: its kind, account, region, source, and how long its session lasts."""
    catalog = app.catalog()
    tell_unreadable(app, catalog)
    if as_json:
        profiles = [_as_json(catalog, profile) for profile in catalog.profiles.values()]
        app.terminal.data(json.dumps({"schema": SCHEMA, "profiles": profiles}, indent=2))
    elif not catalog.profiles:
        app.terminal.say("There are no profiles yet. awsprof sets the first one up.")
    elif tree:
        from awsprof.signin.lasting import Lasting

        app.terminal.tree(_trees(catalog, Lasting(catalog)))
    else:
        headers = ["PROFILE", "KIND", "ACCOUNT", "REGION", "SOURCE", "SIGNED IN"]
        from awsprof.signin.lasting import Lasting

        lasting = Lasting(catalog)
        rows = [[*_row(catalog, p), lasting.of(p)] for p in catalog.profiles.values()]
        app.terminal.table(headers, rows)
    return 3 if catalog.unreadable else 0


def _row(catalog: Catalog, profile: Profile) -> list[str]:
    facts = catalog.facts(profile)
    return [
        clean(profile.name),
        clean(facts.label),
        clean(facts.account or _account_of_key(profile)),
        clean(facts.region or ""),
        clean(facts.source or ""),
    ]


def _account_of_key(profile: Profile) -> str:
    """The account of a key in the vault: it stands in no file of AWS's, but in our index."""
    from awsprof.errors import AwsprofError
    from awsprof.profiles.kinds.keys import key_in_vault
    from awsprof.vault.index import Index

    key_id = key_in_vault(profile)
    if key_id is None:
        return ""
    try:
        noted = Index.load().find(key_id)
    except AwsprofError:  # the list is of use without it
        return ""
    return (noted.account if noted else None) or ""


def _as_json(catalog: Catalog, profile: Profile) -> dict[str, object]:
    facts = catalog.facts(profile)
    return {
        "name": profile.name,
        "kind": facts.kind,
        "label": facts.label,
        "account": facts.account,
        "role": facts.role,
        "region": facts.region,
        "source": facts.source,
        "origins": [{"file": str(o.path), "line": o.line} for o in profile.origins],
    }


def _trees(catalog: Catalog, lasting: Lasting) -> list[Branch]:
    """Sources at the root, what stands on them below; Identity Center sessions are roots too."""
    from awsprof.signin.identity_center import token_cache

    roots: list[Branch] = []
    for name in catalog.sessions:
        users = [
            _branch(catalog, catalog.get(user), lasting) for user in catalog.users_of_session(name)
        ]
        left = token_cache.time_left(catalog.session(name))
        roots.append(Branch([clean(name), "IAM Identity Center", "", "", left], users))
    for profile in catalog.profiles.values():
        facts = catalog.facts(profile)
        stands_on_other = facts.source in catalog.profiles and facts.source != profile.name
        if (
            not (stands_on_other or facts.source in catalog.sessions)
            or catalog.chain(profile.name).fault
        ):
            roots.append(_branch(catalog, profile, lasting))
    return roots


def _branch(
    catalog: Catalog, profile: Profile, lasting: Lasting, above: frozenset[str] = frozenset()
) -> Branch:
    row = _row(catalog, profile)
    seen = above | {profile.name}
    below = [u for u in catalog.users_of(profile.name) if u not in seen]
    cells = [*row[:4], lasting.of(profile)]
    return Branch(cells, [_branch(catalog, catalog.get(u), lasting, seen) for u in below])


@click.command()
@click.argument("profile", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (the schema is in the README).")
@click.pass_obj
def show(app: App, profile: str | None, as_json: bool) -> int:
    """Show one profile: its chain, and where each value stands.

    Without PROFILE it is the one in AWS_PROFILE, or the default one.
    """
    catalog = app.catalog()
    tell_unreadable(app, catalog)
    profile = app.named(profile, catalog)
    chain = catalog.chain(profile)
    if as_json:
        app.terminal.data(json.dumps(_show_json(catalog, profile), indent=2))
        return 0
    for link in chain.links:
        app.terminal.data(clean(f"{link.name}: {catalog.facts(link).label}"))
        app.terminal.pairs(_values(link))
    if chain.session is not None:
        app.terminal.data(clean(f"sso-session {chain.session.name}"))
        app.terminal.pairs(
            (f"  {key}", clean(v.text), str(v.origin)) for key, v in chain.session.values.items()
        )
    if chain.fault:
        app.terminal.failed(chain.fault, chain.fix)
    for sentence in _differences(catalog, profile):
        app.terminal.warn(sentence)
    return 0


def _values(profile: Profile) -> list[tuple[str, str, str]]:
    rows = [
        (f"  {key}", "***" if value.secret else clean(value.text), str(value.origin))
        for key, value in profile.values.items()
    ]
    for parent, values in profile.nested.items():
        rows += [
            (f"  {parent}.{key}", clean(value.text), str(value.origin))
            for key, value in values.items()
        ]
    return rows


def _show_json(catalog: Catalog, name: str) -> dict[str, object]:
    chain = catalog.chain(name)
    links = [
        {
            **_as_json(catalog, link),
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
    differences = _differences(catalog, name)
    return {"schema": SCHEMA, "chain": links, "fault": chain.fault, "differences": differences}


def _differences(catalog: Catalog, name: str) -> list[str]:
    """What boto3 and the other SDKs read differently in this profile, a sentence each."""
    return [clean(sentence) for sentence in catalog.differences(name)]
