"""awsprof list: the profiles as a table, a tree or JSON."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.configfile.document import FileKind
from awsprof.profiles import ignored_files, kinds
from awsprof.terminal import Branch
from awsprof.text import list_names, sanitize, show_hidden
from awsprof.vault.key_accounts import account_of

if TYPE_CHECKING:
    from awsprof.auth.time_left_text import TimeLeftText
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

PROFILES_SCHEMA = 1  # of the JSON: fields may be added; a change of meaning needs a new number

# Columns that a narrow terminal does not get, the first one first; cells of the tree likewise.
_LEFT_OUT: Final = ("SOURCE", "KIND", "TEAM", "REGION", "SIGNED IN")
_LEFT_OUT_OF_TREE: Final = {3: "REGION", 5: "TEAM", 1: "KIND"}  # by the number of the cell


def report_no_profiles(app: AppContext, catalog: Catalog) -> None:
    """Says that there are no profiles, and which files have some that SDKs do not read."""
    unread = ignored_files.unread_sections(catalog.stored(kind) for kind in FileKind)
    found = (*ignored_files.ignored_files(), *unread)
    for file in found:
        app.terminal.failed(file.says, file.fix)
    if not found:
        app.terminal.say("There are no profiles yet. Run awsprof to set up the first one.")


@click.command(
    "list",
    epilog=examples(
        "awsprof list --tree",
        "awsprof list --json | jq -r '.profiles[].name'",
    ),
)
@click.option("--tree", is_flag=True, help="Show roles under their source profile.")
@json_option
@click.pass_obj
def list_command(app: AppContext, tree: bool, as_json: bool) -> int:
    """List profiles: kind, account, region, source, time left.

    A narrow terminal leaves out columns; ids and names stay whole.

    SIGNED IN is how long the profile's session still lasts. TEAM, or "managed" in the tree, marks
    the profiles that come from a team file (awsprof team).
    """
    catalog = app.catalog()
    app.report_unreadable(catalog)
    if as_json:
        from awsprof.team.state import managed_profiles

        managed = managed_profiles()
        profiles = [
            {**profile_json(profile), "managed": managed.get(profile.name)}
            for profile in catalog.profiles.values()
        ]
        app.terminal.json({"schema": PROFILES_SCHEMA, "profiles": profiles})
    elif not catalog.profiles:
        report_no_profiles(app, catalog)
    elif tree:
        from awsprof.auth.time_left_text import TimeLeftText
        from awsprof.team.state import managed_profiles

        trees = _trees(catalog, TimeLeftText(catalog), managed_profiles())
        left_out = app.terminal.tree(trees, leave_out=[*_LEFT_OUT_OF_TREE])
        tell_columns_left_out(app, [_LEFT_OUT_OF_TREE[number] for number in left_out])
    else:
        headers = ["PROFILE", "KIND", "ACCOUNT", "REGION", "SOURCE", "TEAM", "SIGNED IN"]
        from awsprof.auth.time_left_text import TimeLeftText
        from awsprof.team.state import managed_profiles

        remaining, managed = TimeLeftText(catalog), managed_profiles()
        rows = [
            [*_row(p), "managed" if p.name in managed else "", remaining.of(p)]
            for p in catalog.profiles.values()
        ]
        shrink = ["KIND", "SOURCE"]
        missing = app.terminal.table(headers, rows, shrink=shrink, leave_out=_LEFT_OUT)
        tell_columns_left_out(app, missing)
    return 3 if catalog.unreadable else 0


def tell_columns_left_out(app: AppContext, columns: Sequence[str]) -> None:
    """Says which columns of a table, if any, the terminal had no room for."""
    if columns:
        names = list_names(columns, len(columns))
        app.terminal.say(f"No room for {names}; a wider terminal shows all.")


def _row(profile: Profile) -> list[str]:
    facts = kinds.profile_facts(profile)
    return [
        show_hidden(profile.name),
        sanitize(facts.label),
        sanitize(facts.account or account_of(profile) or ""),
        sanitize(facts.region or ""),
        sanitize(facts.source or ""),
    ]


def profile_json(profile: Profile) -> dict[str, object]:
    """Returns the profile as --json prints it; docs/json.md describes the schema."""
    facts = kinds.profile_facts(profile)
    return {
        "name": profile.name,
        "kind": facts.kind,
        "label": facts.label,
        "account": facts.account or account_of(profile),
        "role": facts.role,
        "region": facts.region,
        "source": facts.source,
        "origins": [{"file": str(o.path), "line": o.line} for o in profile.origins],
    }


def _trees(catalog: Catalog, remaining: TimeLeftText, managed: Container[str]) -> list[Branch]:
    """Returns source profiles and sessions as roots, the profiles that use them below."""
    from awsprof.auth.identity_center import token_cache

    roots: list[Branch] = []
    for name in catalog.sessions:
        users = [
            _branch(catalog, catalog.get(user), remaining, managed)
            for user in catalog.users_of_session(name)
        ]
        time_left = _described(token_cache.time_left(catalog.session(name)))
        cells = [sanitize(name), "IAM Identity Center", time_left]
        roots.append(Branch(cells, users, heading=True))
    for profile in catalog.profiles.values():
        facts = kinds.profile_facts(profile)
        below = facts.source in catalog.profiles or facts.source in catalog.sessions
        if not below or _is_in_cycle(catalog, profile):
            roots.append(_branch(catalog, profile, remaining, managed))
    return roots


def _is_in_cycle(catalog: Catalog, profile: Profile) -> bool:
    """True if the profile's sources lead back to it."""
    seen: set[str] = set()
    source = kinds.profile_facts(profile).source
    while source is not None and source in catalog.profiles and source not in seen:
        if source == profile.name:
            return True
        seen.add(source)
        source = kinds.profile_facts(catalog.profiles[source]).source
    return False


def _branch(
    catalog: Catalog,
    profile: Profile,
    remaining: TimeLeftText,
    managed: Container[str],
    parents: frozenset[str] = frozenset(),
) -> Branch:
    row = _row(profile)
    parents = parents | {profile.name}
    users = (catalog.get(user) for user in catalog.users_of(profile.name) if user not in parents)
    below = [user for user in users if kinds.profile_facts(user).source == profile.name]
    session = catalog.chain(profile.name).session  # its time left is in the heading
    time_left = "" if session else _described(remaining.of(profile))
    cells = [*row[:4], time_left, "managed" if profile.name in managed else ""]
    children = [_branch(catalog, user, remaining, managed, parents) for user in below]
    return Branch(cells, children)


def _described(time_left: str) -> str:
    """Returns the time left as a tree shows it, without a heading: "signed in for 6 h"."""
    return f"signed in {time_left}" if time_left.startswith("for ") else time_left
