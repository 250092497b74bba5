"""awsprof mfa: a user's MFA devices: enable one, set its clock, list them, keep a secret of one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.context import AppContext, cli_key_context
from awsprof.cli.edit import confirm_options
from awsprof.errors import InteractionRequired, UsageError
from awsprof.profiles.form import key_in_vault
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.mfa_devices import Codes
    from awsprof.awsapi.iam_users import NewDevice
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_SCHEMA: Final = 1
_GIVES_UP: Final = (
    "The secret of the MFA device then lies beside the key: whoever opens the vault has both"
    " factors. It is no second factor any more against a thief on this machine."
)


@click.group()
def mfa() -> None:
    """MFA devices: enable one, set its clock, list them."""


@mfa.command()
@click.argument("profile")
@click.option("--device-name", metavar="NAME", help="A second device of the user needs a name.")
@click.option("--keep-seed", is_flag=True, help="Keep its secret in the vault: it gives the codes.")
@confirm_options
@click.pass_obj
def enable(
    app: AppContext,
    profile: str,
    device_name: str | None,
    keep_seed: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Make a virtual MFA device for the user whose key PROFILE has.

    A QR code is shown, which holds the secret of the device: an authenticator app reads it, and
    nobody else should see it. Two codes confirm the device, and PROFILE is signed in with it from
    then on. Broken off before that, the device is deleted again.
    """
    from awsprof.accesskeys import mfa_devices
    from awsprof.accesskeys.signer import signer_for_key
    from awsprof.auth import totp
    from awsprof.editing import operations

    catalog = app.catalog()
    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    signer = signer_for_key(key_context, catalog.get(profile))
    user, account = signer.user, signer.who.account
    app.terminal.heading(signer.who.arn)
    _tell_first(app, catalog.get(profile), keep_seed)
    if dry_run:
        app.terminal.say("A virtual device would be made; nothing was done (--dry-run).")
        return 0
    if not app.confirm("Make a virtual MFA device for this user?", yes=yes):
        app.terminal.say("Nothing was made.")
        return 0
    with mfa_devices.new_virtual_device(key_context, signer, device_name) as device:
        if keep_seed:
            totp.store_seed(app.vault(), device.serial, device.seed)
        _show(app, device, mfa_devices.otpauth_uri(device, user, account))
        codes = _codes(app, profile, device.serial, device.seed if keep_seed else None)
        mfa_devices.confirm_device(key_context, signer, mfa_devices.ENABLE, device.serial, codes)
    app.terminal.ok(f"{device.serial} is enabled")
    app.apply_change(
        operations.set_profile_value(profile, "mfa_serial", device.serial, app.catalog()),
        yes=yes,
        dry_run=False,
    )
    app.terminal.detail(
        f"awsprof login {arguments(profile)} signs in with it, from the next code on"
    )
    return 0


def _tell_first(app: AppContext, profile: Profile, keep_seed: bool) -> None:
    """What a person should know before; InteractionRequired where there is none, and must be."""
    name, has = sanitize(profile.name), profile.get("mfa_serial")
    if has:
        app.terminal.warn(f"{name} has {sanitize(has)} already; this will be another one.")
    if not key_in_vault(profile):
        app.terminal.warn("Its key lies in plain text, where no SDK asks for a code.")
        app.terminal.detail(f"awsprof keys move {arguments(profile.name)}")
    if keep_seed:
        app.terminal.warn(_GIVES_UP)
    elif not app.terminal.interactive:
        raise InteractionRequired(
            "A person must scan the QR code of the new device, and there is none here.",
            "run it in a terminal; or --keep-seed, where nobody can ever be asked",
        )


def _show(app: AppContext, device: NewDevice, address: Secret) -> None:
    if app.terminal.interactive:
        app.terminal.say("Scan it with an authenticator app, or type in the letters below it.")
        app.terminal.say("Both are the secret: show them to nobody.")
    app.terminal.qr(address, device.seed)
    app.terminal.say(f"The device: {device.serial}")


def _codes(app: AppContext, profile: str, serial: str, seed: Secret | None) -> Codes:
    """Where the two codes come from: the secret that is kept, or the person who has the device."""
    from awsprof.accesskeys.mfa_devices import codes_from_seed
    from awsprof.auth.mfa import UsedCodes
    from awsprof.vault.session_cache import SessionCache

    def codes() -> tuple[str, str]:
        if seed is None:
            app.terminal.say("The code that it shows now, and then the next one, in half a minute.")
            first = app.prompter.code(profile=profile, device=serial)
            second = app.prompter.code(profile=profile, device=serial)
        else:
            first, second = codes_from_seed(seed)
        UsedCodes(SessionCache(app.vault)).note(serial, second)  # it signs nobody in any more
        return first, second

    return codes


@mfa.command()
@click.argument("profile")
@click.option("--device", "serial", metavar="ARN", help="Another device than the profile's.")
@click.pass_obj
def resync(app: AppContext, profile: str, serial: str | None) -> int:
    """Set AWS's idea of the clock of a device, by two codes in a row.

    Where a device's clock has gone wrong, AWS takes its codes no more.
    """
    from awsprof.accesskeys import mfa_devices
    from awsprof.accesskeys.signer import signer_for_key

    catalog = app.catalog()
    serial = serial or _device(profile, catalog)
    key_context = cli_key_context(app, yes=False)
    signer = signer_for_key(key_context, catalog.get(profile))
    codes = _codes(app, profile, serial, None)
    mfa_devices.confirm_device(key_context, signer, mfa_devices.RESYNC, serial, codes)
    app.terminal.ok(f"{sanitize(serial)} is in step again")
    return 0


@mfa.command("list")
@click.argument("profile", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_obj
def list_devices(app: AppContext, profile: str | None, as_json: bool) -> int:
    """List MFA devices: those that profiles name, or with PROFILE all that its user has."""
    from awsprof.auth import totp

    catalog = app.catalog()
    users: dict[str, list[str]] = {}
    for one in catalog.profiles.values():
        serial = one.get("mfa_serial")
        if serial:
            users.setdefault(serial, []).append(one.name)
    kept = totp.stored_serials()
    known = dict.fromkeys([*users, *sorted(kept)])
    serials = list(known) if profile is None else _of_user(app, profile, catalog)
    rows = [(s, _kind(s), users.get(s, []), s in kept) for s in serials]
    if as_json:
        found = [
            {"device": s, "kind": kind, "profiles": names, "secret_in_vault": here}
            for s, kind, names, here in rows
        ]
        app.terminal.json({"schema": _SCHEMA, "devices": found})
        return 0
    if not rows:
        app.terminal.say("No MFA device. awsprof mfa enable makes one.")
        return 0
    app.terminal.table(
        ["PROFILES", "KIND", "CODES", "DEVICE"],
        [
            [sanitize(", ".join(names)), kind, "by the vault" if here else "", sanitize(s)]
            for s, kind, names, here in rows
        ],
    )
    return 0


def _of_user(app: AppContext, profile: str, catalog: Catalog) -> list[str]:
    from awsprof.accesskeys.signer import signer_for_key
    from awsprof.awsapi.iam import NotPermitted, iam_denied
    from awsprof.awsapi.iam_users import MANAGE_OWN_MFA

    signer = signer_for_key(cli_key_context(app, yes=False), catalog.get(profile))
    found = signer.look(lambda iam: iam.mfa_devices(signer.user))
    if isinstance(found, NotPermitted):
        raise iam_denied("ListMFADevices", MANAGE_OWN_MFA)
    return [device.serial for device in found]


def _kind(serial: str) -> str:
    if ":u2f/" in serial:
        return "FIDO: gives no codes"
    return "virtual" if serial.startswith("arn:") else "hardware"


def _device(profile: str, catalog: Catalog) -> str:
    serial = catalog.get(profile).get("mfa_serial")
    if not serial:
        raise UsageError(
            f"{sanitize(profile)} names no MFA device.",
            f"awsprof mfa list {arguments(profile)} shows those of its user",
        )
    return serial


@mfa.command("keep-seed")
@click.argument("profile")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def keep_seed(app: AppContext, profile: str, yes: bool) -> int:
    """Keep the secret of the profile's MFA device in the vault, which gives its codes then.

    It comes by a prompt, or from stdin. The second factor then lies beside the first: it is for
    machines where nobody can be asked, and a password manager would be better.
    """
    from awsprof.auth import totp

    serial = _device(profile, app.catalog())
    app.terminal.warn(_GIVES_UP)
    if not app.confirm("Keep it in the vault all the same?", yes=yes, default=False):
        app.terminal.say("Nothing was kept.")
        return 0
    if sys.stdin.isatty():
        text = f"Secret of {sanitize(serial)} (the text under its QR code)"
        seed = Secret(click.prompt(text, hide_input=True, err=True))
    else:
        seed = Secret(sys.stdin.read().strip())
    totp.store_seed(app.vault(), serial, seed)
    app.terminal.ok(f"the secret of {sanitize(serial)} is in {app.vault().title}")
    app.terminal.detail(f"awsprof mfa forget-seed {arguments(profile)} takes it out again")
    return 0


@mfa.command("forget-seed")
@click.argument("target", metavar="PROFILE|DEVICE")
@click.pass_obj
def forget_seed(app: AppContext, target: str) -> int:
    """Take the secret of the profile's MFA device out of the vault."""
    from awsprof.auth import totp

    serial = target if target in totp.stored_serials() else _device(target, app.catalog())
    if totp.forget_stored_seed(app.vault, serial):
        app.terminal.ok(
            f"the secret of {sanitize(serial)} is forgotten: codes come from the device"
        )
    else:
        app.terminal.ok(f"no secret of {sanitize(serial)} was kept")
    return 0
