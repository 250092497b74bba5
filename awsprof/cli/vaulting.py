"""awsprof settings: what is set, and changing it; another vault takes the entries along."""

from __future__ import annotations

import click

from awsprof import settings
from awsprof.cli.app import App
from awsprof.errors import AwsprofError


@click.command("settings")
@click.argument("key", required=False)
@click.argument("value", required=False)
@click.pass_obj
def settings_command(app: App, key: str | None, value: str | None) -> int:
    """Show the settings, or change one.

    \b
    awsprof settings             all of them
    awsprof settings vault       one
    awsprof settings vault file  change it; a new vault takes the secrets along
    """
    if key is None:
        _list(app)
    elif value is None:
        app.terminal.row(settings.get(key))
    elif key == "vault":
        _change_vault(app, value)
    else:
        settings.put(key, value)
    return 0


def _list(app: App) -> None:
    from awsprof.vault.longterm import available

    now = settings.load()
    app.terminal.table(
        ["SETTING", "VALUE", "WHAT IT IS"],
        [[name, now[name], known.meaning] for name, known in settings.KNOWN.items()],
    )
    app.terminal.data("")
    app.terminal.table(
        ["VAULT", "", ""],
        [[c.id, c.title, "usable" if c.usable else c.reason] for c in available()],
    )


def _change_vault(app: App, value: str) -> None:
    """Open the new vault first, move what the old one holds, and only then switch."""
    from awsprof.editing.history import vault_names
    from awsprof.signin import totp
    from awsprof.vault import moving
    from awsprof.vault.index import Index
    from awsprof.vault.longterm import move, open_vault

    before = settings.get("vault")
    if value == before:
        app.terminal.ok(f"vault is {value} already")
        return
    settings.checked("vault", value)
    patient = app.terminal.interactive
    target = open_vault(app.asker, value, patient=patient)
    index = Index.load()
    names = [*(entry.key_id for entry in index.entries()), *totp.vault_names()]
    former = vault_names()  # what undo lacks it lacks in the other vault, too
    if names or former:
        source = open_vault(app.asker, before, patient=patient)
        if source.backend != target.backend:
            names += [name for name in former if source.holds(name) or target.holds(name)]
            try:
                move(
                    source,
                    target,
                    names,
                    switch=lambda: settings.put("vault", value),
                    note=lambda *noted: moving.begin(moving.Move(before, value, *noted)),
                )
            except (AwsprofError, KeyboardInterrupt):
                if settings.get("vault") != before:
                    settings.put("vault", before)
                moving.end()
                raise
            moving.end()
            app.terminal.ok(f"{len(names)} secrets moved from {source.title} to {target.title}")
    settings.put("vault", value)
    app.terminal.ok(f"secrets are kept in {target.title}")
