"""Access keys in the wizard: moving them out of plain text, rotating and stopping them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from awsprof.accesskeys import incident, move_to_vault
from awsprof.accesskeys import stop as stopping
from awsprof.accesskeys.context import KeyContext, Proof
from awsprof.accesskeys.format import describe_age
from awsprof.accesskeys.rotation import run as flows
from awsprof.accesskeys.stop_followup import tell_finished, tell_remaining
from awsprof.diff import ChangeResult
from awsprof.editing.change import Change
from awsprof.profiles.form import key_in_vault
from awsprof.vault.index import Index
from awsprof.vault.session_cache import SessionCache
from awsprof.wizard import prompts
from awsprof.wizard.context import WizardContext
from awsprof.wizard.prompts import Back, Option

Write = Callable[[Change, Proof | None], ChangeResult | None]


def wizard_key_context(context: WizardContext, write: Write) -> KeyContext:
    """What the flows on keys work with, in the wizard."""
    return KeyContext(
        terminal=context.terminal,
        vault=context.vault,
        catalog=context.catalog,
        resolver=context.resolver,
        keeping=partial(context.resolver, keep_roles=True),
        unattended=partial(context.resolver, ask=False),
        sessions=lambda: SessionCache(context.vault),
        agree=_agree,
        write=write,
    )


def move_keys_flow(key_context: KeyContext) -> None:
    """Each key in plain text into the vault, proven; and a new one in its place, offered."""

    def moved(name: str, key_id: str) -> None:
        key_context.terminal.warn(
            f"{key_id} has lain in plain text: who read the file has it. Rotate it."
        )
        flows.rotate_key(key_context, name, now=False)

    move_to_vault.move_keys(
        key_context, move_to_vault.profiles_to_move(key_context, (), every=True), moved
    )


def rotate_flow(key_context: KeyContext) -> None:
    """A new key for a profile, or the next step of what is under way."""
    options: dict[str, tuple[Option, Callable[[], None]]] = {}

    def offer(title: str, action: Callable[[], None]) -> None:
        value = str(len(options))
        options[value] = (Option(value, title), action)

    busy = set()
    for rotation in Index.load().rotations():
        name = flows.rotation_name(key_context, rotation)
        busy |= {rotation.old, rotation.new}
        if rotation.waiting is None:
            offer(
                f"Go on with the rotation of {name}",
                partial(flows.rotate_key, key_context, name, now=False),
            )
            continue
        since = describe_age(rotation.waiting)
        offer(
            f"Delete the old key of {name}   (inactive for {since})",
            partial(flows.continue_rotations, key_context, name, now=False),
        )
        offer(
            f"Give {name} its old key back",
            partial(flows.revert_rotation, key_context, name, now=False),
        )
    for name, profile in key_context.catalog().profiles.items():
        key_id = key_in_vault(profile)
        if key_id and key_id not in busy:
            offer(f"{name}   ({key_id})", partial(flows.rotate_key, key_context, name, now=False))
    chosen = prompts.select("Which key?", [option for option, _ in options.values()])
    options[chosen][1]()


def stop_flow(key_context: KeyContext) -> None:
    """A key that has leaked: its sessions first, then the key itself; and what is left to do."""
    begun = [stop.leaked for stop in Index.load().stops() if stop.finished is None]
    titles = [Option(leaked, f"Go on with {leaked}   (cut short)") for leaked in begun]
    titles += [
        Option(name, f"{name}   ({key_id})")
        for name, profile in key_context.catalog().profiles.items()
        if (key_id := key_in_vault(profile)) and key_id not in begun
    ]
    target = prompts.select("Which key has leaked?", titles)
    ended = incident.finished_stop(key_context, target)
    if ended is not None:
        tell_finished(key_context, target, ended)
        return
    case = incident.find_incident(key_context, target, None)
    if case.new is not None or case.resumed:
        new_key = case.new is not None or case.stop.new_key
    else:
        new_key = prompts.confirm("Make a new key in its place?")
    for number, step in enumerate(incident.stop_plan(case, new_key=new_key), 1):
        key_context.terminal.say(f"  {number}. {step}")
    if not prompts.confirm("Do this now?", default=False):
        key_context.terminal.say("Nothing was done.")
        return
    stopping.stop_key(key_context, case, new_key=new_key)
    tell_remaining(key_context, case, None)


def _agree(question: str, default: bool) -> bool:
    """Escape is a No: what was done until then stays, and can be gone on with."""
    try:
        return prompts.confirm(question, default=default)
    except Back:
        return False
