"""awsprof import: profiles and keys from other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof.cli.app_context import AppContext, cli_key_context
from awsprof.cli.command_group import examples
from awsprof.cli.edit import confirm_options
from awsprof.errors import AwsprofError
from awsprof.importing.tools import TOOLS, read_tool
from awsprof.masking.mask import for_display
from awsprof.text import counted, sanitize

if TYPE_CHECKING:
    from awsprof.importing.plan import Plan, PlannedProfile, Skipped, VerifiedKey


@click.command(
    "import",
    epilog=examples("awsprof import aws-vault --dry-run", "awsprof import granted --only 'prod-*'"),
)
@click.argument("tool", metavar="TOOL", type=click.Choice(TOOLS))
@click.option("--only", metavar="GLOB", default="*", help="Only profiles whose name matches.")
@click.option(
    "--verify/--no-verify", default=True, help="Verify each key with AWS before storing it."
)
@confirm_options
@click.pass_obj
def import_tool(
    app: AppContext, tool: str, only: str, verify: bool, yes: bool, dry_run: bool
) -> int:
    """Import profiles and keys from aws-vault, granted, ...

    TOOL is aws-vault, granted, aws-sso-cli, awsume, leapp, saml2aws or aws-mfa.

    Reads what the tool left on this machine, shows the resulting profiles as one diff, and says
    how to stop using the tool. Keys are read only if you agree (--yes agrees), verified with
    AWS, and stored in the vault; they are never shown. --dry-run asks nothing, and reads keys
    only with --yes. The tool's own files and keyring entries stay as they are. If something
    cannot be imported, it says what to do; the exit code is 3.
    """
    from awsprof.importing.import_context import ImportContext
    from awsprof.importing.merge_with_existing import plan_change

    context = ImportContext(
        app.catalog(), lambda store: app.prompter.passphrase(purpose=f"{tool}'s {store}")
    )
    plan = read_tool(tool, context).only(only)
    app.terminal.say(f"Read {', '.join(plan.read)}.")
    keys, failed = _read_keys(app, tool, plan, verify=verify, yes=yes, dry_run=dry_run)
    change, names, refused = plan_change(plan, tool, keys)
    left_out = (*plan.skipped, *failed, *refused)
    for skipped in left_out:
        _show_skipped(app, skipped)
    code = 0 if all(skipped.needless for skipped in left_out) else 3
    if not change.edits and not change.secrets:
        app.terminal.say(f"Nothing to import from {tool}.")
        return code
    flow = app.change_flow(yes=yes, dry_run=dry_run)
    applied = flow.write(change)
    if applied is not None:
        with flow.undone_on_error(applied, "Rolled back: nothing was imported."):
            _prove(app, names, keys)
        app.terminal.heading(f"To stop using {tool}")
        for step in plan.steps_to_leave(_in_vault(app, keys)):
            app.terminal.detail(step)
    return code


def _read_keys(
    app: AppContext, tool: str, plan: Plan, *, verify: bool, yes: bool, dry_run: bool
) -> tuple[dict[str, VerifiedKey], list[Skipped]]:
    """Reads the keys if you agree; returns them by profile, and those that cannot be used."""
    from awsprof.importing.plan import UNREAD_KEY, Skipped
    from awsprof.vault.vault import check_passphrase_variable

    wanted = [profile for profile in plan.profiles if profile.read_key is not None]
    keys: dict[str, VerifiedKey] = {}
    failed: list[Skipped] = []
    if not wanted:
        return keys, failed
    number = counted(len(wanted), "key")
    stores = " and ".join(plan.stores)
    if dry_run and not yes:
        app.terminal.say(
            f"{number} of {tool} in {stores}: not read (--dry-run without --yes),"
            f" so the ID is shown as {UNREAD_KEY.key_id}."
        )
        return {profile.name: UNREAD_KEY for profile in wanted}, failed
    if not dry_run:
        check_passphrase_variable(app.vault())
    question = f"Read {number} of {tool} from {stores}?"
    if not app.confirm(question, yes=yes):
        app.terminal.say("Its keys stay where they are.")
        return keys, failed
    for profile in wanted:
        try:
            keys[profile.name] = _read_key(app, profile, verify=verify)
        except AwsprofError as exc:
            failed.append(Skipped(profile.name, exc.message, exc.fix))
    return keys, failed


def _read_key(app: AppContext, profile: PlannedProfile, *, verify: bool) -> VerifiedKey:
    from awsprof.accesskeys.key_identity import identify_key
    from awsprof.importing.plan import VerifiedKey

    assert profile.read_key is not None  # noqa: S101  # the caller chose those that have one
    key = profile.read_key()
    if not verify:
        return VerifiedKey(key.key_id, key.secret)
    who = identify_key(key.key_id, key.secret, region=profile.answers.get("region"))
    app.terminal.ok(f"{key.key_id} of {sanitize(profile.name)} is {who.arn}")
    return VerifiedKey(key.key_id, key.secret, who.account, who.arn)


def _show_skipped(app: AppContext, skipped: Skipped) -> None:
    app.terminal.warn(for_display(f"{sanitize(skipped.name)} is left out. {skipped.why}"))
    if skipped.fix:
        app.terminal.detail(for_display(skipped.fix))


def _prove(app: AppContext, names: list[str], keys: dict[str, VerifiedKey]) -> None:
    """Raises the error if a profile's credentials are not of its imported key's identity."""
    from awsprof.accesskeys.verify import require_profile_identity
    from awsprof.awsapi.sts import Identity

    key_context = cli_key_context(app, yes=True)
    for name in names:
        key = keys.get(name)
        if key is not None and key.arn and key.account:
            require_profile_identity(key_context, name, Identity(key.arn, key.account, ""))


def _in_vault(app: AppContext, keys: dict[str, VerifiedKey]) -> set[str]:
    """Returns the profiles that use their key of ``keys`` from the vault, and find it there."""
    from awsprof.profiles.provider_order import key_in_vault
    from awsprof.vault.vault import returns_secret

    profiles = app.catalog().profiles
    return {
        name
        for name, key in keys.items()
        if name in profiles
        and key.secret is not None
        and key_in_vault(profiles[name]) == key.key_id
        and returns_secret(app.vault(), key.key_id, key.secret)
    }
