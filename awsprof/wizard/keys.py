"""Access keys in the wizard: move them to the vault, rotate, delete and stop them, enable MFA."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from awsprof.accesskeys import incident, move
from awsprof.accesskeys import stop as stopping
from awsprof.accesskeys.activation import delete_key
from awsprof.accesskeys.describe_keys import describe_age
from awsprof.accesskeys.key_context import KeyContext, key_context_of, require_listed_keys
from awsprof.accesskeys.key_users import long_term_key_of
from awsprof.accesskeys.rotation import flows
from awsprof.accesskeys.signer import signer_for_key
from awsprof.accesskeys.stop_followup import tell_finished, tell_remaining
from awsprof.editing.command_context import CommandContext
from awsprof.profiles.provider_order import key_in_vault
from awsprof.vault.index import Index
from awsprof.vault.vault import check_passphrase_variable
from awsprof.wizard import prompts
from awsprof.wizard.choices import profile_options
from awsprof.wizard.prompts import Option
from awsprof.wizard.steps import choose_then
from awsprof.wizard.writing import change_flow


def wizard_key_context(context: CommandContext) -> KeyContext:
    """Returns the dependencies of the access-key flows, for the wizard."""
    return key_context_of(context, change_flow(context), agree=prompts.agree)


def move_keys_flow(key_context: KeyContext) -> None:
    """Moves each plain-text key to the vault, verifies it, and offers to rotate it."""
    names = move.profiles_to_move(key_context, (), every=True)
    if names:
        check_passphrase_variable(key_context.vault())

    def offer_rotation(name: str, key_id: str) -> None:
        key_context.terminal.warn(
            f"{key_id} was in plain text: anyone who read the file has it. Rotate it."
        )
        flows.rotate_key(key_context, name, now=False)

    move.move_keys(key_context, names, offer_rotation)


def rotate_flow(key_context: KeyContext) -> None:
    """Rotates a key, or continues a rotation in progress."""
    options: dict[str, tuple[Option, Callable[[], object]]] = {}

    def offer(title: str, action: Callable[[], object], note: str = "") -> None:
        value = str(len(options))
        options[value] = (Option(value, title, note), action)

    busy = set()
    for rotation in Index.load().rotations():
        name = flows.rotation_name(rotation, key_context.catalog())
        busy |= {rotation.old, rotation.new}
        if rotation.waiting is None:
            offer(
                f"Continue the rotation of {name}",
                partial(flows.rotate_key, key_context, name, now=False),
            )
            continue
        since = describe_age(rotation.waiting)
        offer(
            f"Delete the old key of {name}",
            partial(flows.continue_rotations, key_context, name, now=False),
            f"inactive for {since}",
        )
        offer(
            f"Go back to the old key of {name}",
            partial(flows.revert_rotation, key_context, name, now=False),
        )
    for name, profile in key_context.catalog().profiles.items():
        key_id = key_in_vault(profile)
        if key_id and key_id not in busy:
            offer(name, partial(flows.rotate_key, key_context, name, now=False), key_id)
    chosen = prompts.select("Which key?", [option for option, _ in options.values()])
    options[chosen][1]()


def delete_flow(key_context: KeyContext) -> None:
    """Deletes an inactive key of a user whose key is in a profile."""
    catalog = key_context.catalog()
    owners = [name for name in catalog.profiles if long_term_key_of(name, catalog)]
    ask = partial(prompts.select, "Keys of which profile's user?", profile_options(catalog, owners))
    choose_then(key_context.terminal, ask, partial(_delete_inactive_key, key_context))


def _delete_inactive_key(key_context: KeyContext, name: str) -> None:
    """Lists the inactive keys of a profile's user, and deletes the chosen one."""
    catalog = key_context.catalog()
    signer = signer_for_key(key_context, catalog.get(name))
    found = require_listed_keys(signer.read(lambda iam: iam.access_keys(signer.user)))
    inactive = [key for key in found if not key.active]
    if not inactive:
        key_context.terminal.ok(f"{signer.user} has no inactive key")
        return
    options = [Option(key.id, key.id, f"{describe_age(key.created)} old") for key in inactive]
    chosen = prompts.select("Delete which inactive key?", options)
    delete_key(key_context, chosen, name, now=False)


def enable_mfa_flow(key_context: KeyContext, enable: Callable[[str], None]) -> None:
    """Creates a virtual MFA device for the user of a key."""
    catalog = key_context.catalog()
    owners = [name for name in catalog.profiles if long_term_key_of(name, catalog)]
    enable(prompts.select("MFA for which profile's user?", profile_options(catalog, owners)))


def stop_flow(key_context: KeyContext) -> None:
    """Stops a leaked key: first its sessions, then the key. Then lists what is left to do."""
    begun = [stop.leaked for stop in Index.load().stops() if stop.finished is None]
    titles = [Option(leaked, f"Continue with {leaked}", "interrupted") for leaked in begun]
    titles += [
        Option(name, name, key_id)
        for name, profile in key_context.catalog().profiles.items()
        if (key_id := key_in_vault(profile)) and key_id not in begun
    ]
    ask = partial(prompts.select, "Which key has leaked?", titles)
    choose_then(key_context.terminal, ask, partial(_stop_leaked_key, key_context))


def _stop_leaked_key(key_context: KeyContext, target: str) -> None:
    """Shows the plan, asks, and stops the key."""
    finished = incident.finished_stop(key_context, target)
    if finished is not None:
        tell_finished(key_context, target, finished)
        return
    case = incident.find_incident(key_context, target, None)
    if case.new is not None or case.resumed:
        new_key = case.new is not None or case.stop.new_key
    else:
        new_key = prompts.confirm("Create a replacement key?")
    for number, step in enumerate(incident.stop_plan(case, new_key=new_key), 1):
        key_context.terminal.say(f"  {number}. {step}")
    if not prompts.confirm("Do this now?", default=False):
        key_context.terminal.say("Nothing was done.")
        return
    stopping.stop_key(key_context, case, new_key=new_key)
    tell_remaining(key_context, case, None)
