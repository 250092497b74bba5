"""awsprof mfa: a user's MFA devices: enable one, set its clock, list them, keep a secret of one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from awsprof.clean import clean
from awsprof.cli.app import App
from awsprof.cli.edit import agreeing
from awsprof.errors import PersonNeeded, UsageError
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.secret import Secret
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.accesskeys.devices import Codes
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile
    from awsprof.signin.iam_users import NewDevice

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
@agreeing
@click.pass_obj
def enable(
    app: App, profile: str, device_name: str | None, keep_seed: bool, yes: bool, dry_run: bool
) -> int:
    """Make a virtual MFA device for the user whose key PROFILE has.

    A QR code is shown, which holds the secret of the device: an authenticator app reads it, and
    nobody else should see it. Two codes confirm the device, and PROFILE is signed in with it from
    then on. Broken off before that, the device is deleted again.
    """
    from awsprof.accesskeys import devices
    from awsprof.accesskeys.hand import of_key
    from awsprof.cli.keys import desk_of
    from awsprof.editing import verbs
    from awsprof.signin import totp

    catalog = app.catalog()
    desk = desk_of(app, yes=yes, dry_run=dry_run)
    hand = of_key(desk, catalog.get(profile))
    user, account = hand.user, hand.who.account
    app.terminal.heading(hand.who.arn)
    _tell_first(app, catalog.get(profile), keep_seed)
    if dry_run:
        app.terminal.say("A virtual device would be made; nothing was done (--dry-run).")
        return 0
    if not app.confirm("Make a virtual MFA device for this user?", yes=yes):
        app.terminal.say("Nothing was made.")
        return 0
    with devices.made(desk, hand, device_name) as device:
        if keep_seed:
            totp.keep(app.vault(), device.serial, device.seed)
        _show(app, device, devices.address(device, user, account))
        codes = _codes(app, profile, device.serial, device.seed if keep_seed else None)
        devices.confirm(desk, hand, devices.ENABLE, device.serial, codes)
    app.terminal.ok(f"{device.serial} is enabled")
    app.carry_out(
        verbs.set_value(profile, "mfa_serial", device.serial, app.catalog()),
        yes=yes,
        dry_run=False,
    )
    app.terminal.detail(
        f"awsprof login {arguments(profile)} signs in with it, from the next code on"
    )
    return 0


def _tell_first(app: App, profile: Profile, keep_seed: bool) -> None:
    """What a person should know before; PersonNeeded where there is none, and must be."""
    name, has = clean(profile.name), profile.get("mfa_serial")
    if has:
        app.terminal.warn(f"{name} has {clean(has)} already; this will be another one.")
    if not key_in_vault(profile):
        app.terminal.warn("Its key lies in plain text, where no SDK asks for a code.")
        app.terminal.detail(f"awsprof keys move {arguments(profile.name)}")
    if keep_seed:
        app.terminal.warn(_GIVES_UP)
    elif not app.terminal.interactive:
        raise PersonNeeded(
            "A person must scan the QR code of the new device, and there is none here.",
            "run it in a terminal; or --keep-seed, where nobody can ever be asked",
        )


def _show(app: App, device: NewDevice, address: Secret) -> None:
    if app.terminal.interactive:
        app.terminal.say("Scan it with an authenticator app, or type in the letters below it.")
        app.terminal.say("Both are the secret: show them to nobody.")
    app.terminal.qr(address, device.seed)
    app.terminal.say(f"The device: {device.serial}")


def _codes(app: App, profile: str, serial: str, seed: Secret | None) -> Codes:
    """Where the two codes come from: the secret that is kept, or the person who has the device."""
    from awsprof.accesskeys.devices import from_seed
    from awsprof.signin.mfa import Used
    from awsprof.vault.sessions import SessionCache

    def codes() -> tuple[str, str]:
        if seed is None:
            app.terminal.say("The code that it shows now, and then the next one, in half a minute.")
            first = app.asker.code(profile=profile, device=serial)
            second = app.asker.code(profile=profile, device=serial)
        else:
            first, second = from_seed(seed)
        Used(SessionCache(app.vault)).note(serial, second)  # it signs nobody in any more
        return first, second

    return codes


@mfa.command()
@click.argument("profile")
@click.option("--device", "serial", metavar="ARN", help="Another device than the profile's.")
@click.pass_obj
def resync(app: App, profile: str, serial: str | None) -> int:
    """Set AWS's idea of the clock of a device, by two codes in a row.

    Where a device's clock has gone wrong, AWS takes its codes no more.
    """
    from awsprof.accesskeys import devices
    from awsprof.accesskeys.hand import of_key
    from awsprof.cli.keys import desk_of

    catalog = app.catalog()
    serial = serial or _device(profile, catalog)
    desk = desk_of(app, yes=False)
    hand = of_key(desk, catalog.get(profile))
    codes = _codes(app, profile, serial, None)
    devices.confirm(desk, hand, devices.RESYNC, serial, codes)
    app.terminal.ok(f"{clean(serial)} is in step again")
    return 0


@mfa.command("list")
@click.argument("profile", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.pass_obj
def list_devices(app: App, profile: str | None, as_json: bool) -> int:
    """List MFA devices: those that profiles name, or with PROFILE all that its user has."""
    from awsprof.signin import totp

    catalog = app.catalog()
    users: dict[str, list[str]] = {}
    for one in catalog.profiles.values():
        serial = one.get("mfa_serial")
        if serial:
            users.setdefault(serial, []).append(one.name)
    kept = totp.kept()
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
            [clean(", ".join(names)), kind, "by the vault" if here else "", clean(s)]
            for s, kind, names, here in rows
        ],
    )
    return 0


def _of_user(app: App, profile: str, catalog: Catalog) -> list[str]:
    from awsprof.accesskeys.hand import of_key
    from awsprof.cli.keys import desk_of
    from awsprof.signin.iam import NotPermitted, denied
    from awsprof.signin.iam_users import MANAGE_OWN_MFA

    hand = of_key(desk_of(app, yes=False), catalog.get(profile))
    found = hand.look(lambda iam: iam.mfa_devices(hand.user))
    if isinstance(found, NotPermitted):
        raise denied("ListMFADevices", MANAGE_OWN_MFA)
    return [device.serial for device in found]


def _kind(serial: str) -> str:
    if ":u2f/" in serial:
        return "FIDO: gives no codes"
    return "virtual" if serial.startswith("arn:") else "hardware"


def _device(profile: str, catalog: Catalog) -> str:
    serial = catalog.get(profile).get("mfa_serial")
    if not serial:
        raise UsageError(
            f"{clean(profile)} names no MFA device.",
            f"awsprof mfa list {arguments(profile)} shows those of its user",
        )
    return serial


@mfa.command("keep-seed")
@click.argument("profile")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def keep_seed(app: App, profile: str, yes: bool) -> int:
    """Keep the secret of the profile's MFA device in the vault, which gives its codes then.

    It comes by a prompt, or from stdin. The second factor then lies beside the first: it is for
    machines where nobody can be asked, and a password manager would be better.
    """
    from awsprof.signin import totp

    serial = _device(profile, app.catalog())
    app.terminal.warn(_GIVES_UP)
    if not app.confirm("Keep it in the vault all the same?", yes=yes, default=False):
        app.terminal.say("Nothing was kept.")
        return 0
    if sys.stdin.isatty():
        text = f"Secret of {clean(serial)} (the text under its QR code)"
        seed = Secret(click.prompt(text, hide_input=True, err=True))
    else:
        seed = Secret(sys.stdin.read().strip())
    totp.keep(app.vault(), serial, seed)
    app.terminal.ok(f"the secret of {clean(serial)} is in {app.vault().title}")
    app.terminal.detail(f"awsprof mfa forget-seed {arguments(profile)} takes it out again")
    return 0


@mfa.command("forget-seed")
@click.argument("target", metavar="PROFILE|DEVICE")
@click.pass_obj
def forget_seed(app: App, target: str) -> int:
    """Take the secret of the profile's MFA device out of the vault."""
    from awsprof.signin import totp

    serial = target if target in totp.kept() else _device(target, app.catalog())
    if totp.forget(app.vault, serial):
        app.terminal.ok(f"the secret of {clean(serial)} is forgotten: codes come from the device")
    else:
        app.terminal.ok(f"no secret of {clean(serial)} was kept")
    return 0
