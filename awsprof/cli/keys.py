"""awsprof keys: import, move, rotate, activate, deactivate and delete access keys."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsprof.cli.app_context import AppContext, cli_key_context
from awsprof.cli.command_group import CommandGroup, examples
from awsprof.cli.edit import confirm_options
from awsprof.cli.keys_audit import audit
from awsprof.cli.keys_list import list_keys
from awsprof.cli.keys_stop import stop
from awsprof.errors import UsageError
from awsprof.profiles.default_section import moving_fix
from awsprof.shells import arguments, unset_variables
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.key_sources import KeyFile


@click.group(
    cls=CommandGroup,
    epilog=examples("awsprof keys list", "awsprof keys rotate base", "awsprof keys stop base"),
)
def keys() -> None:
    """Manage access keys: import, list, rotate, delete, ..."""


keys.add_command(list_keys)
keys.add_command(audit)
keys.add_command(stop)


_YES = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


@keys.command(
    "import",
    epilog=examples(
        "awsprof keys import base --csv ~/Downloads/alice_accessKeys.csv",
        "awsprof keys import base --env",
    ),
)
@click.argument("name")
@click.option(
    "--csv",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV file from the AWS console.",
)
@click.option("--env", is_flag=True, help="Read AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
@click.option("--stdin", is_flag=True, help="Read the ID and the secret, a line each, or a CSV.")
@click.option("--from", "source", metavar="PROFILE", help="Take this profile's plain-text key.")
@click.option("--region", metavar="REGION", help="Region of the profile.")
@click.option("--delete-csv", is_flag=True, help="Delete the CSV file once the vault has the key.")
@confirm_options
@click.pass_obj
def import_command(
    app: AppContext,
    name: str,
    csv: Path | None,
    env: bool,
    stdin: bool,
    source: str | None,
    region: str | None,
    delete_csv: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Import a key into the vault, for a profile.

    Asks AWS whose key it is first, and then verifies the profile the way SDKs use it.
    """
    from awsprof.accesskeys.import_key import import_key
    from awsprof.editing.identity_proof import first_commands
    from awsprof.vault.vault import returns_secret

    if sum((csv is not None, env, stdin, source is not None)) != 1:
        raise UsageError(
            "Choose where the key comes from.",
            "use one of --csv FILE, --env, --stdin and --from PROFILE",
        )
    if delete_csv and csv is None:
        raise UsageError("--delete-csv needs --csv.", "add --csv FILE, or leave it out")
    key = _read_key(app, csv, stdin, source)
    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    if import_key(key_context, name, key, region) is not None:
        app.terminal.detail(first_commands(name, "awsprof keys list"))
    if dry_run:
        return 0
    if returns_secret(app.vault(), key.key_id, key.secret):
        _warn_about_copies(
            app, csv, env, source if source != name else None, delete=delete_csv, yes=yes
        )
    elif delete_csv:
        app.terminal.say(f"{csv} stays: the vault does not have its secret.")
    return 0


def _read_key(app: AppContext, csv: Path | None, stdin: bool, source: str | None) -> KeyFile:
    from awsprof.accesskeys import key_sources

    if csv is not None:
        return key_sources.read_csv(csv)
    if stdin:
        return key_sources.key_from_stdin(sys.stdin.read())
    if source is not None:
        return key_sources.key_from_profile(app.catalog().get(source))
    return key_sources.key_from_environment(os.environ)


def _warn_about_copies(
    app: AppContext, csv: Path | None, env: bool, source: str | None, *, delete: bool, yes: bool
) -> None:
    """Warns about copies of the secret in plain text; deletes the CSV file if you agree."""
    if csv is not None:
        question = f"Delete {csv}? It has the secret in plain text."
        if delete or (not yes and app.confirm(question, yes=False)):
            csv.unlink()
            app.terminal.ok(f"deleted {csv}")
        else:
            app.terminal.warn(f"{csv} still has the secret in plain text: delete it.")
    if env:
        app.terminal.warn("This shell still has the secret, and so has the file that sets it:")
        app.terminal.detail(unset_variables("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
    if source is not None:
        app.terminal.warn(f"{sanitize(source)} still has it in plain text.")
        app.terminal.detail(moving_fix(app.catalog().get(source)))


@keys.command(
    epilog=examples(
        "awsprof keys move base",
        "awsprof keys move --all",
        "awsprof keys move --back base    before you uninstall awsprof",
    )
)
@click.argument("profiles", nargs=-1, metavar="[PROFILE]...")
@click.option("--all", "every", is_flag=True, help="Move every key in plain text.")
@click.option("--back", is_flag=True, help="Write the key into ~/.aws/credentials again.")
@confirm_options
@click.pass_obj
def move(
    app: AppContext, profiles: tuple[str, ...], every: bool, back: bool, yes: bool, dry_run: bool
) -> int:
    """Move keys from plain text into the vault.

    Verifies each key the way SDKs will read it before it removes the plain text. --back does the
    opposite for the profiles that you name, for example before you uninstall awsprof: it asks on
    the terminal, whatever --yes says.
    """
    if back:
        return _move_back(app, profiles, every=every, dry_run=dry_run)
    from awsprof.accesskeys import move
    from awsprof.accesskeys.rotation import flows

    if every and profiles:
        raise UsageError("--all and PROFILE cannot be combined.", "leave one of them out")
    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    names = move.profiles_to_move(key_context, profiles, every=every)
    strays = [*move.stray_secrets(key_context)]
    if not names and not strays:
        app.terminal.ok("no key is in plain text")
    elif not names and every:
        app.terminal.say("SDKs find no key in plain text.")
    asks = app.terminal.interactive and not yes

    def suggest_rotation(name: str, key_id: str) -> None:
        app.terminal.warn(
            f"{key_id} was in plain text: anyone who read the file has it. Rotate it."
        )
        if asks:
            flows.rotate_key(key_context, name, now=False)
        else:
            app.terminal.detail(f"awsprof keys rotate {arguments(name)}")

    failed = move.move_keys(key_context, names, suggest_rotation)
    for stray, fix in strays if every or not names else ():
        app.terminal.warn(stray)
        app.terminal.detail(fix)
    return 3 if failed else 0


def _move_back(app: AppContext, profiles: tuple[str, ...], *, every: bool, dry_run: bool) -> int:
    from awsprof.accesskeys import move

    if every or not profiles:
        raise UsageError(
            "--back needs the names of profiles, and goes without --all.",
            "awsprof keys list shows the keys in the vault",
        )
    for name in dict.fromkeys(profiles):
        catalog = app.catalog()
        profile = catalog.get(name)
        key_id = move.key_to_move_back(profile)
        if not dry_run:
            app.terminal.warn(
                f"The secret of {key_id} will be in plain text, for every program and backup to"
                " read, and no MFA code protects it."
            )
            if not app.agree(f"Write it into ~/.aws/credentials, for {sanitize(name)}?"):
                app.terminal.say("Nothing was written.")
                continue
        secret = app.vault().get(key_id)
        change = move.move_back_change(profile, key_id, secret, catalog)
        if app.apply_change(change, yes=True, dry_run=dry_run) is None:
            continue
        for command in move.roles_without_mfa(profile, catalog):
            app.terminal.detail(command)
        app.terminal.say(f"The vault still has {key_id}; awsprof undo brings the line back.")
    return 0


@keys.command(
    epilog=examples(
        "awsprof keys rotate base",
        "awsprof keys rotate --continue    some days later: deletes the old key",
    )
)
@click.argument("profile", required=False)
@click.option("--now", is_flag=True, help="Delete the old key at once.")
@click.option("--continue", "go_on", is_flag=True, help="Delete the old key if nothing uses it.")
@click.option("--back", is_flag=True, help="Go back to the old key.")
@_YES
@click.pass_obj
def rotate(
    app: AppContext, profile: str | None, now: bool, go_on: bool, back: bool, yes: bool
) -> int:
    """Replace a key with a new one, step by step.

    Creates, stores and verifies a new key, switches the profiles to it, and deactivates the old
    one. Run it with --continue some days later to delete the old key. Run it again after an
    interruption to go on. Without PROFILE, --continue and --back apply to every rotation in
    progress.
    """
    from awsprof.accesskeys.rotation import flows
    from awsprof.profiles.provider_order import access_key

    if go_on and back:
        raise UsageError("--continue and --back cannot be combined.", "leave one of them out")
    key_context = cli_key_context(app, yes=yes)
    failed = 0
    if go_on:
        failed = flows.continue_rotations(key_context, profile, now=now)
    elif back:
        failed = flows.revert_rotation(key_context, profile, now=now)
    else:
        name = app.named(profile, app.catalog(), offered=access_key)
        flows.rotate_key(key_context, name, now=now)
    return 3 if failed else 0


_USING = click.option("--using", "signer", metavar="PROFILE", help="Profile that signs the call.")


@keys.command(epilog=examples("awsprof keys activate AKIAIOSFODNN7EXAMPLE"))
@click.argument("key", metavar="ID|PROFILE")
@_USING
@_YES
@click.pass_obj
def activate(app: AppContext, key: str, signer: str | None, yes: bool) -> int:
    """Activate a key again."""
    from awsprof.accesskeys import activation

    key_context = cli_key_context(app, yes=yes)
    activation.activate_key(key_context, activation.resolve_key(key_context, key, signer))
    return 0


@keys.command(epilog=examples("awsprof keys deactivate AKIAIOSFODNN7EXAMPLE"))
@click.argument("key", metavar="ID|PROFILE")
@_USING
@_YES
@click.pass_obj
def deactivate(app: AppContext, key: str, signer: str | None, yes: bool) -> int:
    """Deactivate a key; awsprof keys activate reverses it."""
    from awsprof.accesskeys import activation

    key_context = cli_key_context(app, yes=yes)
    activation.deactivate_key(key_context, activation.resolve_key(key_context, key, signer))
    return 0


@keys.command(epilog=examples("awsprof keys delete AKIAIOSFODNN7EXAMPLE"))
@click.argument("key", metavar="ID|PROFILE")
@click.option("--now", is_flag=True, help="Delete the key even if it is active.")
@_USING
@_YES
@click.pass_obj
def delete(app: AppContext, key: str, now: bool, signer: str | None, yes: bool) -> int:
    """Delete a key permanently, in IAM and in the vault.

    An active key is only deactivated; run it again later, or add --now, to delete it.
    """
    from awsprof.accesskeys import activation

    key_context = cli_key_context(app, yes=yes)
    activation.delete_key(key_context, key, signer, now=now)
    return 0
