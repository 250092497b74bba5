"""awsprof mfa: enable, resync and list MFA devices, and store the seed of one in the vault."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli.app_context import AppContext, cli_key_context
from awsprof.cli.command_group import CommandGroup, examples
from awsprof.cli.edit import confirm_options
from awsprof.errors import InteractionRequired, UsageError
from awsprof.profiles.default_section import moving_fix
from awsprof.profiles.provider_order import key_in_vault
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.accesskeys.mfa_devices import Codes
    from awsprof.awsapi.iam_users import NewDevice
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile

_SCHEMA: Final = 1
_TWO_CODES: Final = "Enter the code it shows now, and then the next one, in half a minute."
_GIVES_UP: Final = (
    "The vault then has both the key and the secret of the MFA device, so anyone who opens the"
    " vault has both factors. MFA no longer protects against theft from this machine."
)


@click.group(cls=CommandGroup, epilog=examples("awsprof mfa list", "awsprof mfa enable base"))
def mfa() -> None:
    """Manage MFA devices: enable, resync, list, ..."""


@mfa.command(epilog=examples("awsprof mfa enable base"))
@click.argument("profile")
@click.option("--device-name", metavar="NAME", help="Name, for a second device of the user.")
@click.option("--keep-seed", is_flag=True, help="Keep its secret in the vault, to compute codes.")
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
    """Create a virtual MFA device for PROFILE's user.

    Shows a QR code for your authenticator app; it contains the secret of the device, so show it to
    no one. Two codes confirm the device, and PROFILE then signs in with it. If you stop before
    that, awsprof deletes the device again.
    """
    from awsprof.accesskeys import mfa_devices
    from awsprof.accesskeys.signer import signer_for_key
    from awsprof.auth import totp
    from awsprof.editing import profile_operations

    catalog = app.catalog()
    key_context = cli_key_context(app, yes=yes, dry_run=dry_run)
    signer = signer_for_key(key_context, catalog.get(profile))
    user, account = signer.user, signer.who.account
    app.terminal.heading(signer.who.arn)
    _warn_before(app, catalog.get(profile), keep_seed)
    if dry_run:
        app.terminal.say("Would create a virtual MFA device; nothing was done (--dry-run).")
        return 0
    if not app.confirm("Create a virtual MFA device for this user?", yes=yes):
        app.terminal.say("Nothing was done.")
        return 0
    creating = mfa_devices.new_virtual_device(key_context, signer, device_name, profile=profile)
    with creating as device:
        if keep_seed:
            totp.store_seed(app.vault(), device.serial, device.seed)
        _show(app, device, mfa_devices.otpauth_uri(device, user, account), asks=not keep_seed)
        codes = _codes(app, profile, device.serial, device.seed if keep_seed else None)
        mfa_devices.confirm_device(key_context, signer, mfa_devices.ENABLE, device.serial, codes)
    app.terminal.ok(f"{device.serial} is enabled")
    app.apply_change(
        profile_operations.set_profile_value(profile, "mfa_serial", device.serial, app.catalog()),
        yes=yes,
        dry_run=False,
    )
    app.terminal.detail(f"to sign in with the next code: awsprof login {arguments(profile)}")
    return 0


def _warn_before(app: AppContext, profile: Profile, keep_seed: bool) -> None:
    """Warns about what enabling changes.

    Raises InteractionRequired if there is no terminal to show the QR code on.
    """
    name, has = sanitize(profile.name), profile.get("mfa_serial")
    if has:
        app.terminal.warn(f"{name} already has {sanitize(has)}; this adds another device.")
    if not key_in_vault(profile):
        app.terminal.warn("Its key is in plain text, so no SDK asks for a code.")
        app.terminal.detail(moving_fix(profile))
    if keep_seed:
        app.terminal.warn(_GIVES_UP)
    elif not app.terminal.interactive:
        raise InteractionRequired(
            "You must scan the QR code of the new device, and there is no terminal to show it on.",
            "run it in a terminal; on an unattended machine use --keep-seed",
        )


def _show(app: AppContext, device: NewDevice, address: Secret, *, asks: bool) -> None:
    """Prints the device, its secret, and the QR code last, right above the prompt for a code."""
    app.terminal.say(f"Device: {device.serial}")
    if app.terminal.interactive:
        while not app.terminal.fits_qr(address):
            app.terminal.warn("This window is too small for the QR code.")
            question = "Show it? Make the window larger first. No: type in the letters"
            if not app.confirm(question, yes=False, default=False):
                break
        app.terminal.say("Scan the QR code with an authenticator app, or type in these letters.")
        app.terminal.say("Both are secret: show them to no one.")
        if asks:
            app.terminal.say(_TWO_CODES)
    app.terminal.qr(address, device.seed)


def _codes(app: AppContext, profile: str, serial: str, seed: Secret | None) -> Codes:
    """Returns a function that gets two consecutive codes, from ``seed`` or from the user."""
    from awsprof.accesskeys.mfa_devices import codes_from_seed
    from awsprof.auth.mfa_codes import UsedCodes
    from awsprof.vault.session_cache import SessionCache

    def codes() -> tuple[str, str]:
        if seed is None:
            first = app.prompter.code(profile=profile, device=serial)
            app.terminal.say("Now the next code: wait until the device shows another one.")
            second = app.prompter.code(profile=profile, device=serial)
        else:
            first, second = codes_from_seed(seed)
        UsedCodes(SessionCache(app.vault)).note(serial, second)  # AWS accepts each code only once
        return first, second

    return codes


@mfa.command(epilog=examples("awsprof mfa resync base"))
@click.argument("profile")
@click.option("--device", "serial", metavar="ARN", help="Device. Default: the profile's.")
@click.pass_obj
def resync(app: AppContext, profile: str, serial: str | None) -> int:
    """Resync a device whose codes AWS rejects.

    Needed if the device's clock has drifted. Takes two consecutive codes.
    """
    from awsprof.accesskeys import mfa_devices
    from awsprof.accesskeys.signer import signer_for_key

    catalog = app.catalog()
    serial = serial or _device(profile, catalog)
    key_context = cli_key_context(app, yes=False)
    signer = signer_for_key(key_context, catalog.get(profile))
    app.terminal.say(_TWO_CODES)
    codes = _codes(app, profile, serial, None)
    mfa_devices.confirm_device(key_context, signer, mfa_devices.RESYNC, serial, codes)
    app.terminal.ok(f"{sanitize(serial)} is in sync again")
    return 0


@mfa.command("list", epilog=examples("awsprof mfa list", "awsprof mfa list base"))
@click.argument("profile", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_devices(app: AppContext, profile: str | None, as_json: bool) -> int:
    """List MFA devices of profiles, or of PROFILE's user.

    With PROFILE, asks IAM for all devices of its user.
    """
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
        app.terminal.say("No MFA devices. awsprof mfa enable creates one for a profile with a key.")
        return 0
    app.terminal.table(
        ["PROFILES", "KIND", "CODES", "DEVICE"],
        [
            [sanitize(", ".join(names)), kind, "from the vault" if here else "", sanitize(s)]
            for s, kind, names, here in rows
        ],
    )
    return 0


def _of_user(app: AppContext, profile: str, catalog: Catalog) -> list[str]:
    from awsprof.accesskeys.signer import signer_for_key
    from awsprof.awsapi.iam import NotPermitted, iam_denied
    from awsprof.awsapi.iam_users import MANAGE_OWN_MFA

    signer = signer_for_key(cli_key_context(app, yes=False), catalog.get(profile))
    found = signer.read(lambda iam: iam.mfa_devices(signer.user))
    if isinstance(found, NotPermitted):
        raise iam_denied("ListMFADevices", MANAGE_OWN_MFA)
    return [device.serial for device in found]


def _kind(serial: str) -> str:
    if ":u2f/" in serial:
        return "FIDO: has no codes"
    return "virtual" if serial.startswith("arn:") else "hardware"


def _device(profile: str, catalog: Catalog) -> str:
    serial = catalog.get(profile).get("mfa_serial")
    if not serial:
        raise UsageError(
            f"{sanitize(profile)} has no MFA device.",
            f"for the devices of its user: awsprof mfa list {arguments(profile)}",
        )
    return serial


@mfa.command("keep-seed", epilog=examples("awsprof mfa keep-seed base"))
@click.argument("profile")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def keep_seed(app: AppContext, profile: str, yes: bool) -> int:
    """Store the secret of a profile's MFA device in the vault.

    awsprof then computes the codes itself. Reads the secret from a prompt or from stdin. The vault
    then has both factors: use it only on unattended machines, and prefer a password manager.
    """
    from awsprof.auth import totp

    serial = _device(profile, app.catalog())
    app.terminal.warn(_GIVES_UP)
    if not app.confirm("Store it in the vault anyway?", yes=yes, default=False):
        app.terminal.say("Nothing was stored.")
        return 0
    if sys.stdin.isatty():
        text = f"Secret of {sanitize(serial)} (the text under its QR code)"
        seed = Secret(click.prompt(text, hide_input=True, err=True))
    else:
        seed = Secret(sys.stdin.read().strip())
    totp.store_seed(app.vault(), serial, seed)
    app.terminal.ok(f"the secret of {sanitize(serial)} is in {app.vault().title}")
    app.terminal.detail(f"to delete it: awsprof mfa forget-seed {arguments(profile)}")
    return 0


@mfa.command("forget-seed", epilog=examples("awsprof mfa forget-seed base"))
@click.argument("target", metavar="PROFILE|DEVICE")
@click.pass_obj
def forget_seed(app: AppContext, target: str) -> int:
    """Delete the secret of an MFA device from the vault."""
    from awsprof.auth import totp

    serial = target if target in totp.stored_serials() else _device(target, app.catalog())
    if totp.forget_stored_seed(app.vault, serial):
        app.terminal.ok(f"deleted the secret of {sanitize(serial)}: codes come from the device")
    else:
        app.terminal.ok(f"the vault has no secret of {sanitize(serial)}")
    return 0
