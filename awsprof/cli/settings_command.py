"""awsprof settings: show or change settings. Changing the vault moves the secrets too."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from awsprof import settings
from awsprof.awsapi import browser
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.errors import AwsprofError
from awsprof.text import sanitize
from awsprof.vault import fast_file, key_answers

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault


@click.command(
    "settings",
    epilog=examples(
        "awsprof settings               show all",
        "awsprof settings vault         show one",
        "awsprof settings vault file    move all secrets into an encrypted file",
        "awsprof settings mfa op:AWS    read MFA codes from the 1Password item AWS",
    ),
)
@click.argument("key", required=False)
@click.argument("value", required=False)
@click.pass_obj
def settings_command(app: AppContext, key: str | None, value: str | None) -> int:
    """Show the settings, or change one.

    \b
    vault      where secrets are kept: auto, keyring, file, or a keyring class
    mfa        where MFA codes come from: ask, op:ITEM, bw:ITEM, pass:NAME,
               ykman:ACCOUNT, or a command
    key-age    days after which a key is reported as old
    key-cache  minutes for which the Linux kernel caches a key without MFA
               after an SDK has asked for it: off, or 1 to 60
    console    how the AWS console opens: default, firefox-containers,
               chrome-profiles, or sign-out-first (awsprof help console)
    team-signature
               whether a team file's commit has to be signed: off, or required
    ignore     doctor checks to hide: CHECK or PROFILE:CHECK, comma-separated
    """
    if key is None:
        _list(app)
    elif value is None:
        app.terminal.data_line(settings.get_setting(key))
    elif key == "vault":
        _change_vault(app, value)
    else:
        _check_value(app, key, value)
        settings.put_setting(key, value)
        if key == "key-cache":
            key_answers.drop_answers()
            fast_file.drop_kept_keys()
        app.terminal.ok(f"{key} is {value or 'empty'} now")
    return 0


def _check_value(app: AppContext, key: str, value: str) -> None:
    """Raises UsageError for a check or browser that does not exist; warns of a missing program."""
    from awsprof.auth.code_sources import missing_program
    from awsprof.cli.doctor import check_named

    settings.validate_setting(key, value)
    if key == "console":
        browser.require_browser(value)
    if key == "ignore":
        for entry in filter(None, value.split(",")):
            check_named(entry.strip().rpartition(":")[2])
    program = missing_program(value) if key == "mfa" else None
    if program is not None:
        app.terminal.warn(f"{sanitize(program)} is not a program here, so no code comes from it")


def _list(app: AppContext) -> None:
    from awsprof.vault.vault import available_backends

    now = settings.load_settings()
    app.terminal.table(
        ["SETTING", "VALUE", "MEANING"],
        [[name, now[name], known.meaning] for name, known in settings.KNOWN.items()],
    )
    app.terminal.data("")
    app.terminal.table(
        ["VAULT", "", ""],
        [[c.id, c.title, "usable" if c.usable else c.reason] for c in available_backends()],
    )


def _change_vault(app: AppContext, value: str) -> None:
    """Opens the new vault, moves the secrets into it, and only then changes the setting."""
    from awsprof.auth import totp
    from awsprof.editing.history import history_vault_names
    from awsprof.vault.index import Index
    from awsprof.vault.vault import open_vault

    before = settings.get_setting("vault")
    if value == before:
        app.terminal.ok(f"vault is already {value}")
        return
    settings.validate_setting("vault", value)
    patient = app.terminal.interactive
    target = open_vault(app.prompter, value, patient=patient)
    index = Index.load()
    names = [*(entry.key_id for entry in index.entries()), *totp.seed_vault_names()]
    former = history_vault_names()  # undo needs these; one missing here is missing there too
    source = open_vault(app.prompter, before, patient=patient) if names or former else target
    if source.backend != target.backend:
        names += [name for name in former if source.holds(name) or target.holds(name)]
        _move_secrets(source, target, names, before=before, value=value)
        app.terminal.ok(f"{len(names)} secrets moved from {source.title} to {target.title}")
    settings.put_setting("vault", value)
    key_answers.drop_answers()
    app.terminal.ok(f"secrets are kept in {target.title}")


def _move_secrets(
    source: Vault, target: Vault, names: Sequence[str], *, before: str, value: str
) -> None:
    """Moves the secrets, and switches the setting from ``before`` to ``value`` between."""
    from awsprof.vault import migration
    from awsprof.vault.vault import move_secrets

    def note(*noted: tuple[str, ...]) -> None:
        migration.begin_migration(migration.VaultMigration(before, value, *noted))

    try:
        switch = partial(settings.put_setting, "vault", value)
        move_secrets(source, target, names, switch=switch, note=note)
    except (AwsprofError, KeyboardInterrupt):
        if settings.get_setting("vault") != before:
            settings.put_setting("vault", before)
        migration.end_migration()
        raise
    migration.end_migration()
