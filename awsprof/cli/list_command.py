"""awsprof list: what there is, as a table, a tree or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof import atomic, paths, settings
from awsprof.cli.context import AppContext
from awsprof.profiles import ignored_files, kinds
from awsprof.terminal import Branch
from awsprof.text import sanitize
from awsprof.vault.key_accounts import account_of

if TYPE_CHECKING:
    from awsprof.auth.status import RemainingTime
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

SCHEMA = 1  # of what --json prints; a field may be added to it, none changes its meaning


def report_unfinished(app: AppContext) -> None:
    """End what a run that was cut short left half done, and say so.

    Say which edits of ours another program has written over since; each is told once. So is that
    secrets were taken out of what an earlier version wrote into the history.
    """
    from awsprof.editing import history_cleanup, recovery
    from awsprof.editing.history import overwritten_edits
    from awsprof.prompting import NonInteractive
    from awsprof.vault import migration
    from awsprof.vault.keyring_vault import open_vault

    for folder in paths.written_dirs():
        atomic.sweep_folder(folder)
    for sentence in recovery.recover_unfinished(app.vault):
        app.terminal.warn(sentence)
    nobody = NonInteractive("awsprof settings vault")
    moved = migration.resume_migration(lambda value: open_vault(nobody, value))
    if moved:
        app.terminal.warn(moved)
    told = history_cleanup.clean_old_entries(
        lambda: open_vault(nobody, settings.get_setting("vault"))
    )
    if told:
        app.terminal.warn(told)
    for sentence in overwritten_edits():
        app.terminal.warn(sentence)


def report_no_profiles(app: AppContext) -> None:
    """Say that there are no profiles, and which files may have some that no SDK reads."""
    found = ignored_files.ignored_files()
    for file in found:
        app.terminal.failed(file.says, file.fix)
    if not found:
        app.terminal.say("There are no profiles yet. awsprof sets the first one up.")


def report_unreadable(app: AppContext, catalog: Catalog) -> None:
    """Say which file botocore cannot parse, and where."""
    for file in catalog.unreadable:
        app.terminal.failed(f"{file.path}:{file.line}  {file.reason}", file.fix)


@click.command("list")
@click.option("--tree", is_flag=True, help="Show who stands on whom.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (the schema is in the README).")
@click.pass_obj
def list_profiles(app: AppContext, tree: bool, as_json: bool) -> int:
    """List every profile: its kind, account, region, source, and how long its session lasts."""
    catalog = app.catalog()
    report_unreadable(app, catalog)
    if as_json:
        profiles = [profile_json(catalog, profile) for profile in catalog.profiles.values()]
        app.terminal.json({"schema": SCHEMA, "profiles": profiles})
    elif not catalog.profiles:
        report_no_profiles(app)
    elif tree:
        from awsprof.auth.status import RemainingTime

        app.terminal.tree(_trees(catalog, RemainingTime(catalog)))
    else:
        headers = ["PROFILE", "KIND", "ACCOUNT", "REGION", "SOURCE", "SIGNED IN"]
        from awsprof.auth.status import RemainingTime

        lasting = RemainingTime(catalog)
        rows = [[*_row(catalog, p), lasting.of(p)] for p in catalog.profiles.values()]
        app.terminal.table(headers, rows)
    return 3 if catalog.unreadable else 0


def _row(catalog: Catalog, profile: Profile) -> list[str]:
    facts = kinds.profile_facts(profile)
    return [
        sanitize(profile.name),
        sanitize(facts.label),
        sanitize(facts.account or account_of(profile) or ""),
        sanitize(facts.region or ""),
        sanitize(facts.source or ""),
    ]


def profile_json(catalog: Catalog, profile: Profile) -> dict[str, object]:
    """A profile as --json has it (docs: README, "JSON")."""
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


def _trees(catalog: Catalog, lasting: RemainingTime) -> list[Branch]:
    """Sources at the root, what stands on them below; Identity Center sessions are roots too."""
    from awsprof.auth.identity_center import token_cache

    roots: list[Branch] = []
    for name in catalog.sessions:
        users = [
            _branch(catalog, catalog.get(user), lasting) for user in catalog.users_of_session(name)
        ]
        left = token_cache.time_left(catalog.session(name))
        roots.append(Branch([sanitize(name), "IAM Identity Center", "", "", left], users))
    for profile in catalog.profiles.values():
        facts = kinds.profile_facts(profile)
        stands_on_other = facts.source in catalog.profiles and facts.source != profile.name
        if (
            not (stands_on_other or facts.source in catalog.sessions)
            or catalog.chain(profile.name).fault
        ):
            roots.append(_branch(catalog, profile, lasting))
    return roots


def _branch(
    catalog: Catalog, profile: Profile, lasting: RemainingTime, above: frozenset[str] = frozenset()
) -> Branch:
    row = _row(catalog, profile)
    seen = above | {profile.name}
    below = [u for u in catalog.users_of(profile.name) if u not in seen]
    cells = [*row[:4], lasting.of(profile)]
    return Branch(cells, [_branch(catalog, catalog.get(u), lasting, seen) for u in below])
