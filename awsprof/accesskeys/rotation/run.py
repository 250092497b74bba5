"""awsprof keys rotate: a rotation begun, gone on with, taken back, brought to its end."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from awsprof import locks, paths
from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import describe_age, rotated_profile
from awsprof.accesskeys.rotation.start import begin_rotation
from awsprof.accesskeys.rotation.steps import Rotation
from awsprof.errors import UsageError
from awsprof.profiles.form import key_of_line
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index, RotationRecord

_PATIENCE_S: Final = 2.0  # the other one waits for a person, or for AWS


def rotate_key(key_context: KeyContext, name: str, *, now: bool) -> None:
    """Rotate the key of a profile, or go on where an earlier run ended; ``now`` ends it too."""
    with rotation_lock():
        _rotate(key_context, name, now=now)


def _rotate(key_context: KeyContext, name: str, *, now: bool) -> None:
    rotation = _under_way(key_context, name)
    if rotation is not None and rotation.waiting is not None and not now:
        waited = describe_age(rotation.waiting)
        key_context.terminal.ok(f"{sanitize(name)} has its new key, {rotation.new}, since {waited}")
        _tell_waiting(key_context, rotation)
        return
    if rotation is None:
        rotation = begin_rotation(key_context, name, now=now)
    else:
        key_context.terminal.say(f"Going on with the rotation of {rotation.old}.")
    if rotation is not None:
        _go_on(key_context, Rotation(key_context, rotation), now=now)


def continue_rotations(key_context: KeyContext, name: str | None, *, now: bool) -> None:
    """Bring rotations under way to their end: the profile's, or all of them."""
    with rotation_lock():
        for rotation in _named(key_context, name):
            rotating = Rotation(key_context, rotation)
            key_context.terminal.heading(f"{rotation_name(key_context, rotation)}: {rotation.old}")
            if rotation.waiting is None:
                _go_on(key_context, rotating, now=now)
            elif not rotating.finish(at_once=now):
                _tell_waiting(key_context, rotation)


def revert_rotation(key_context: KeyContext, name: str | None, *, now: bool) -> None:
    """Give the profiles their old key back, and switch the new one off."""
    with rotation_lock():
        for rotation in _named(key_context, name):
            _turn_back(key_context, rotation, now=now)


def _turn_back(key_context: KeyContext, rotation: RotationRecord, *, now: bool) -> None:
    rotating = Rotation(key_context, rotation)
    if not key_context.agree(
        f"Give {rotation_name(key_context, rotation)} its old key back, {rotation.old}?", True
    ):
        return
    if rotating.turn_back():
        _go_on(key_context, rotating, now=now)
    else:
        key_context.terminal.ok("the rotation is over: no new key had been made")


def rotation_lock() -> AbstractContextManager[None]:
    """One rotation or stop at a time: two would each make a key. Busy where one goes on."""
    lock = paths.locks_dir() / "rotation.lock"
    return locks.hold_lock(lock, purpose="rotating or stopping a key", timeout=_PATIENCE_S)


def rotation_name(key_context: KeyContext, rotation: RotationRecord) -> str:
    """The profile to name it by."""
    return sanitize(rotated_profile(rotation, key_context.catalog()))


def _go_on(key_context: KeyContext, rotating: Rotation, *, now: bool) -> None:
    rotating.advance()
    if now:
        rotating.finish(at_once=True)
    else:
        _tell_waiting(key_context, rotating.rotation)


def _tell_waiting(key_context: KeyContext, rotation: RotationRecord) -> None:
    name = rotated_profile(rotation, key_context.catalog())
    go_on, back = (arguments(name, flags=flag) for flag in ("--continue", "--back"))
    say = key_context.terminal.say
    say(f"{rotation.old} waits inactive. In some days, when nothing misses it:")
    say(f"   awsprof keys rotate {go_on}     looks at its last use, and deletes it")
    say(f"   awsprof keys rotate {back}         gives the profiles that key again")


def _under_way(key_context: KeyContext, name: str) -> RotationRecord | None:
    key_id = key_of_line(key_context.catalog().get(name))
    return Index.load().rotation_of(key_id) if key_id else None


def _named(key_context: KeyContext, name: str | None) -> tuple[RotationRecord, ...]:
    if name is None:
        every = Index.load().rotations()
        if not every:
            raise UsageError(
                "No rotation is under way.", "awsprof keys list shows the keys that can be rotated"
            )
        return every
    found = _under_way(key_context, name)
    if found is None:
        raise UsageError(
            f"No rotation of the key of {sanitize(name)} is under way.",
            f"awsprof keys rotate {arguments(name)} begins one",
        )
    return (found,)
