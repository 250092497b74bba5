"""awsprof keys list: every access key, its status in IAM, and the profiles that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples, json_option
from awsprof.profiles.default_section import moving_fix
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.inventory import KeyRow

# Where the terminal is too narrow for rows of one line: a key in plain text is also told below.
_LEFT_OUT: Final = ("KEPT", "USED BY", "LAST USED")


@click.command("list", epilog=examples("awsprof keys list", "awsprof keys list --json"))
@click.argument("profiles", nargs=-1, metavar="[PROFILE]...")
@json_option
@click.pass_obj
def list_keys(app: AppContext, profiles: tuple[str, ...], as_json: bool) -> int:
    """List keys: storage, status, age and last use.

    USED BY lists the profiles that get their credentials from the key. Keys of the same users that
    are not on this machine are listed too.
    """
    from awsprof.accesskeys.inventory import KeyInventory, unlisted_keys

    catalog = app.catalog()
    for name in profiles:
        catalog.get(name)
    rows = KeyInventory(catalog, app.vault, app.resolver(catalog, ask=False)).rows(profiles)
    if as_json:
        data = {"schema": 1, "keys": [_json(row) for row in rows]}
        app.terminal.json(data)
    elif rows:
        _show(app, rows)
    others = unlisted_keys(catalog, profiles)
    for one in others:
        app.terminal.warn(
            f"{sanitize(one.profile)} has a key in plain text ({one.where}): {one.why}."
        )
        app.terminal.detail(one.fix)
    if not (as_json or rows or others):
        app.terminal.say("No access keys, neither in the vault nor in plain text.")
    return 0


def _show(app: AppContext, rows: tuple[KeyRow, ...]) -> None:
    from awsprof.accesskeys.describe_keys import describe_age, describe_last_use, join_names
    from awsprof.cli.list_command import tell_columns_left_out
    from awsprof.vault.index import Index

    headers = ["PROFILE", "KEY", "KEPT", "STATUS", "AGE", "USED BY", "LAST USED"]
    cells = [
        [
            ", ".join(map(sanitize, row.profiles)) or "-",
            row.id,
            row.kept.removesuffix(" text"),
            row.status,
            describe_age(row.created) if row.created else "",
            join_names(row.relied_on_by) if row.relied_on_by else "",
            describe_last_use(row.last_used),
        ]
        for row in rows
    ]
    missing = app.terminal.table(headers, cells, leave_out=_LEFT_OUT)
    tell_columns_left_out(app, missing)
    for row in rows:
        if row.note:
            app.terminal.warn(f"{row.id}: {row.note}")
        elif row.kept == "plain text":
            app.terminal.warn(f"{row.id} is in plain text ({row.where}).")
            app.terminal.detail(moving_fix(app.catalog().get(row.profiles[0])))
    for stop in Index.load().stops():
        if stop.leaked in {row.id for row in rows} and stop.finished is None:
            app.terminal.warn(
                f"Stopping {stop.leaked} began on {stop.began:%Y-%m-%d} and is not finished."
            )
            app.terminal.detail(f"awsprof keys stop {stop.leaked}")
    for rotation in Index.load().rotations():
        if rotation.old in {row.id for row in rows}:
            when = rotation.waiting or rotation.began
            what = "was replaced on" if rotation.waiting else "is in a rotation that began on"
            app.terminal.warn(f"{rotation.old} {what} {when:%Y-%m-%d}.")
            app.terminal.detail("awsprof keys rotate --continue")


def _json(row: KeyRow) -> dict[str, Any]:
    from awsprof.awsapi.iam import LastUsed

    last = row.last_used
    known = isinstance(last, LastUsed) and last.when is not None
    return {
        "id": row.id,
        "profiles": row.profiles,
        "kept": row.kept,
        "where": row.where or None,
        "status": row.status,
        "created": row.created.isoformat() if row.created else None,
        "last_used": {"when": last.when.isoformat(), "service": last.service, "region": last.region}
        if isinstance(last, LastUsed) and last.when is not None
        else None,
        "never_used": isinstance(last, LastUsed) and not known,
        "relied_on_by": row.relied_on_by,
        "arn": row.arn,
        "note": row.note or None,
    }
