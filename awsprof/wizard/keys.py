"""Access keys in the wizard: moving them out of plain text, rotating and stopping them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from awsprof.accesskeys import incident, moving
from awsprof.accesskeys import rotate as flows
from awsprof.accesskeys import stop as stopping
from awsprof.accesskeys.aftermath import tell_finished, tell_remaining
from awsprof.accesskeys.desk import Desk, Proof
from awsprof.accesskeys.words import age
from awsprof.editing.apply import Applied
from awsprof.editing.change import Change
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.vault.index import Index
from awsprof.vault.sessions import SessionCache
from awsprof.wizard import prompts
from awsprof.wizard.house import House
from awsprof.wizard.prompts import Back, Option

Write = Callable[[Change, Proof | None], Applied | None]


def desk_of(house: House, write: Write) -> Desk:
    """What the flows on keys work with, in the wizard."""
    return Desk(
        terminal=house.terminal,
        vault=house.vault,
        catalog=house.catalog,
        resolver=house.resolver,
        keeping=partial(house.resolver, keep_roles=True),
        unattended=partial(house.resolver, ask=False),
        sessions=lambda: SessionCache(house.vault),
        agree=_agree,
        write=write,
    )


def move(desk: Desk) -> None:
    """Each key in plain text into the vault, proven; and a new one in its place, offered."""

    def moved(name: str, key_id: str) -> None:
        desk.terminal.warn(f"{key_id} has lain in plain text: who read the file has it. Rotate it.")
        flows.rotate(desk, name, now=False)

    moving.move(desk, moving.chosen(desk, (), every=True), moved)


def rotate(desk: Desk) -> None:
    """A new key for a profile, or the next step of what is under way."""
    options: dict[str, tuple[Option, Callable[[], None]]] = {}

    def offer(title: str, action: Callable[[], None]) -> None:
        value = str(len(options))
        options[value] = (Option(value, title), action)

    busy = set()
    for rotation in Index.load().rotations():
        name = flows.called(desk, rotation)
        busy |= {rotation.old, rotation.new}
        if rotation.waiting is None:
            offer(
                f"Go on with the rotation of {name}", partial(flows.rotate, desk, name, now=False)
            )
            continue
        since = age(rotation.waiting)
        offer(
            f"Delete the old key of {name}   (inactive for {since})",
            partial(flows.go_on, desk, name, now=False),
        )
        offer(f"Give {name} its old key back", partial(flows.turn_back, desk, name, now=False))
    for name, profile in desk.catalog().profiles.items():
        key_id = key_in_vault(profile)
        if key_id and key_id not in busy:
            offer(f"{name}   ({key_id})", partial(flows.rotate, desk, name, now=False))
    chosen = prompts.choose("Which key?", [option for option, _ in options.values()])
    options[chosen][1]()


def stop(desk: Desk) -> None:
    """A key that has leaked: its sessions first, then the key itself; and what is left to do."""
    begun = [stop.leaked for stop in Index.load().stops() if stop.finished is None]
    titles = [Option(leaked, f"Go on with {leaked}   (cut short)") for leaked in begun]
    titles += [
        Option(name, f"{name}   ({key_id})")
        for name, profile in desk.catalog().profiles.items()
        if (key_id := key_in_vault(profile)) and key_id not in begun
    ]
    target = prompts.choose("Which key has leaked?", titles)
    ended = incident.finished(desk, target)
    if ended is not None:
        tell_finished(desk, target, ended)
        return
    case = incident.find(desk, target, None)
    if case.new is not None or case.resumed:
        new_key = case.new is not None or case.stop.new_key
    else:
        new_key = prompts.agree("Make a new key in its place?")
    for number, step in enumerate(incident.plan(case, new_key=new_key), 1):
        desk.terminal.say(f"  {number}. {step}")
    if not prompts.agree("Do this now?", default=False):
        desk.terminal.say("Nothing was done.")
        return
    stopping.stop(desk, case, new_key=new_key)
    tell_remaining(desk, case, None)


def _agree(question: str, default: bool) -> bool:
    """Escape is a No: what was done until then stays, and can be gone on with."""
    try:
        return prompts.agree(question, default=default)
    except Back:
        return False
