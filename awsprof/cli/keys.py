"""awsprof keys: access keys from first use to last, one command for each step of their life."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awsprof.cli.context import AppContext, cli_key_context
from awsprof.cli.edit import confirm_options
from awsprof.cli.keys_audit import audit
from awsprof.cli.keys_list import list_keys
from awsprof.cli.keys_stop import stop
from awsprof.errors import UsageError
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.csvfile import KeyFile


@click.group()
def keys() -> None:
    """Access keys: bring in, move, list, rotate, switch off, delete."""


keys.add_command(list_keys)
keys.add_command(audit)
keys.add_command(stop)


_YES = click.option("--yes", is_flag=True, help="Do not ask.")


@keys.command("import")
@click.argument("name")
@click.option(
    "--csv",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file that the console gave.",
)
@click.option("--env", is_flag=True, help="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
@click.option("--stdin", is_flag=True, help="The id and the secret, a line each, or that CSV.")
@click.option("--from", "source", metavar="PROFILE", help="A profile that has it in plain text.")
@click.option("--region", help="The region of the profile.")
@click.option("--delete-csv", is_flag=True, help="Delete the CSV file when the vault has the key.")
@confirm_options
@click.pass_obj
def import_key(
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
    """Bring a key into the vault, for a profile.

    AWS says whose it is first; afterwards it is proven as SDKs will get it.
    """
    from awsprof.accesskeys.import_key import import_key

    if sum((csv is not None, env, stdin, source is not None)) != 1:
        raise UsageError(
            "Where does the key come from?",
            "give one of --csv FILE, --env, --stdin and --from PROFILE",
        )
    if delete_csv and csv is None:
        raise UsageError("--delete-csv goes with --csv.", "leave it out")
    key = _incoming(app, csv, stdin, source)
    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    if import_key(key_context, name, key, region) is not None:
        app.terminal.detail(f"aws s3 ls --profile {name}        awsprof keys list")
    if not dry_run:
        _tell_left(app, csv, env, source if source != name else None, delete=delete_csv, yes=yes)
    return 0


def _incoming(app: AppContext, csv: Path | None, stdin: bool, source: str | None) -> KeyFile:
    from awsprof.accesskeys import csvfile, key_sources

    if csv is not None:
        return csvfile.read_csv(csv)
    if stdin:
        return key_sources.key_from_stdin(sys.stdin.read())
    if source is not None:
        return key_sources.key_from_profile(app.catalog().get(source))
    return key_sources.key_from_environment(os.environ)


def _tell_left(
    app: AppContext, csv: Path | None, env: bool, source: str | None, *, delete: bool, yes: bool
) -> None:
    """Where the secret still lies in plain text; a CSV file is deleted where that is wished."""
    if csv is not None:
        question = f"Delete {csv}? It holds the secret in plain text."
        if delete or (not yes and app.confirm(question, yes=False)):
            csv.unlink()
            app.terminal.ok(f"{csv} is deleted")
        else:
            app.terminal.warn(f"{csv} still holds the secret in plain text: delete it.")
    if env:
        app.terminal.warn("This shell still has the secret, and whatever sets it there:")
        app.terminal.detail("unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY")
    if source is not None:
        app.terminal.warn(f"{sanitize(source)} still has it in plain text.")
        app.terminal.detail(f"awsprof keys move {arguments(source)}")


@keys.command()
@click.argument("profiles", nargs=-1, metavar="[PROFILE]...")
@click.option("--all", "every", is_flag=True, help="Every key that lies in plain text.")
@confirm_options
@click.pass_obj
def move(app: AppContext, profiles: tuple[str, ...], every: bool, yes: bool, dry_run: bool) -> int:
    """Move keys out of plain text into the vault.

    Each is proven the way SDKs will get it, before the plain text goes.
    """
    from awsprof.accesskeys import move_to_vault
    from awsprof.accesskeys.rotation import run as flows

    if every and profiles:
        raise UsageError("--all and a profile cannot both be.", "give one of them")
    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    names = move_to_vault.profiles_to_move(key_context, profiles, every=every)
    stays = [*move_to_vault.stray_secrets(key_context)]
    if not names and not stays:
        app.terminal.ok("no key lies in plain text")
    elif not names and every:
        app.terminal.say("There is no key that SDKs find in plain text.")
    asks = app.terminal.interactive and not yes

    def moved(name: str, key_id: str) -> None:
        app.terminal.warn(f"{key_id} has lain in plain text: who read the file has it. Rotate it.")
        if asks:
            flows.rotate_key(key_context, name, now=False)
        else:
            app.terminal.detail(f"awsprof keys rotate {arguments(name)}")

    failed = move_to_vault.move_keys(key_context, names, moved)
    for told in stays if every or not names else ():
        app.terminal.warn(told)
        app.terminal.detail("take it out in an editor; one that is in use still: make a new key")
    return 3 if failed else 0


@keys.command()
@click.argument("profile", required=False)
@click.option("--now", is_flag=True, help="Delete the old key at once, without waiting.")
@click.option("--continue", "go_on", is_flag=True, help="Delete the old key, if nothing uses it.")
@click.option("--back", is_flag=True, help="Give the profiles their old key back.")
@_YES
@click.pass_obj
def rotate(
    app: AppContext, profile: str | None, now: bool, go_on: bool, back: bool, yes: bool
) -> int:
    """Replace a key by a new one, step by step.

    The new key is made, kept and proven, the profiles go over to it, and the old one is switched
    off; in some days --continue deletes it. What was cut short goes on where it was. Without
    PROFILE, --continue and --back mean all that is under way.
    """
    from awsprof.accesskeys.rotation import run as flows

    if go_on and back:
        raise UsageError("--continue and --back cannot both be.", "give one of them")
    key_context = cli_key_context(app, yes=yes)
    if go_on:
        flows.continue_rotations(key_context, profile, now=now)
    elif back:
        flows.revert_rotation(key_context, profile, now=now)
    else:
        flows.rotate_key(key_context, app.named(profile, app.catalog()), now=now)
    return 0


_USING = click.option("--using", "signer", metavar="PROFILE", help="The profile that signs it.")


@keys.command()
@click.argument("key", metavar="ID|PROFILE")
@_USING
@_YES
@click.pass_obj
def activate(app: AppContext, key: str, signer: str | None, yes: bool) -> int:
    """Switch a key on again."""
    from awsprof.accesskeys import status

    key_context = cli_key_context(app, yes=yes)
    status.activate_key(key_context, status.resolve_key(key_context, key, signer))
    return 0


@keys.command()
@click.argument("key", metavar="ID|PROFILE")
@_USING
@_YES
@click.pass_obj
def deactivate(app: AppContext, key: str, signer: str | None, yes: bool) -> int:
    """Switch a key off; it can be switched on again."""
    from awsprof.accesskeys import status

    key_context = cli_key_context(app, yes=yes)
    status.deactivate_key(key_context, status.resolve_key(key_context, key, signer))
    return 0


@keys.command()
@click.argument("key", metavar="ID|PROFILE")
@click.option("--now", is_flag=True, help="Delete an active key too.")
@_USING
@_YES
@click.pass_obj
def delete(app: AppContext, key: str, now: bool, signer: str | None, yes: bool) -> int:
    """Delete a key for good, at AWS and in the vault.

    One that is active is switched off first, and deleted another day.
    """
    from awsprof.accesskeys import status

    key_context = cli_key_context(app, yes=yes)
    status.delete_key(key_context, key, signer, now=now)
    return 0
