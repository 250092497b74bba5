"""awsprof keys rotate: a rotation begun, gone on with, taken back, brought to its end."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from awsprof import locks, paths
from awsprof.accesskeys.beginning import begin
from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.rotation import Rotating
from awsprof.accesskeys.words import age, rotated_profile
from awsprof.clean import clean
from awsprof.errors import UsageError
from awsprof.profiles.kinds.keys import key_of_line
from awsprof.shells import arguments
from awsprof.vault.index import Index, Rotation

_PATIENCE_S: Final = 2.0  # the other one waits for a person, or for AWS


def rotate(desk: Desk, name: str, *, now: bool) -> None:
    """Rotate the key of a profile, or go on where an earlier run ended; ``now`` ends it too."""
    with one_at_a_time():
        _rotate(desk, name, now=now)


def _rotate(desk: Desk, name: str, *, now: bool) -> None:
    rotation = _under_way(desk, name)
    if rotation is not None and rotation.waiting is not None and not now:
        waited = age(rotation.waiting)
        desk.terminal.ok(f"{clean(name)} has its new key, {rotation.new}, since {waited}")
        _tell_waiting(desk, rotation)
        return
    if rotation is None:
        rotation = begin(desk, name, now=now)
    else:
        desk.terminal.say(f"Going on with the rotation of {rotation.old}.")
    if rotation is not None:
        _go_on(desk, Rotating(desk, rotation), now=now)


def go_on(desk: Desk, name: str | None, *, now: bool) -> None:
    """Bring rotations under way to their end: the profile's, or all of them."""
    with one_at_a_time():
        for rotation in _named(desk, name):
            rotating = Rotating(desk, rotation)
            desk.terminal.heading(f"{called(desk, rotation)}: {rotation.old}")
            if rotation.waiting is None:
                _go_on(desk, rotating, now=now)
            elif not rotating.finish(at_once=now):
                _tell_waiting(desk, rotation)


def turn_back(desk: Desk, name: str | None, *, now: bool) -> None:
    """Give the profiles their old key back, and switch the new one off."""
    with one_at_a_time():
        for rotation in _named(desk, name):
            _turn_back(desk, rotation, now=now)


def _turn_back(desk: Desk, rotation: Rotation, *, now: bool) -> None:
    rotating = Rotating(desk, rotation)
    if not desk.agree(f"Give {called(desk, rotation)} its old key back, {rotation.old}?", True):
        return
    if rotating.turn_back():
        _go_on(desk, rotating, now=now)
    else:
        desk.terminal.ok("the rotation is over: no new key had been made")


def one_at_a_time() -> AbstractContextManager[None]:
    """One rotation or stop at a time: two would each make a key. Busy where one goes on."""
    lock = paths.locks_dir() / "rotation.lock"
    return locks.hold(lock, purpose="rotating or stopping a key", timeout=_PATIENCE_S)


def called(desk: Desk, rotation: Rotation) -> str:
    """The profile to name it by."""
    return clean(rotated_profile(rotation, desk.catalog()))


def _go_on(desk: Desk, rotating: Rotating, *, now: bool) -> None:
    rotating.advance()
    if now:
        rotating.finish(at_once=True)
    else:
        _tell_waiting(desk, rotating.rotation)


def _tell_waiting(desk: Desk, rotation: Rotation) -> None:
    name = rotated_profile(rotation, desk.catalog())
    go_on, back = (arguments(name, flags=flag) for flag in ("--continue", "--back"))
    say = desk.terminal.say
    say(f"{rotation.old} waits inactive. In some days, when nothing misses it:")
    say(f"   awsprof keys rotate {go_on}     looks at its last use, and deletes it")
    say(f"   awsprof keys rotate {back}         gives the profiles that key again")


def _under_way(desk: Desk, name: str) -> Rotation | None:
    key_id = key_of_line(desk.catalog().get(name))
    return Index.load().rotation_of(key_id) if key_id else None


def _named(desk: Desk, name: str | None) -> tuple[Rotation, ...]:
    if name is None:
        every = Index.load().rotations()
        if not every:
            raise UsageError(
                "No rotation is under way.", "awsprof keys list shows the keys that can be rotated"
            )
        return every
    found = _under_way(desk, name)
    if found is None:
        raise UsageError(
            f"No rotation of the key of {clean(name)} is under way.",
            f"awsprof keys rotate {arguments(name)} begins one",
        )
    return (found,)
