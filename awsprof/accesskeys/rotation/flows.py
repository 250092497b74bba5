"""awsprof keys rotate: begins, continues, reverts and ends rotations, by ``resumable_steps``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Final

from awsprof import locks, paths
from awsprof.accesskeys.describe_keys import describe_age
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import rotated_profile
from awsprof.accesskeys.rotation.resumable_steps import Rotation
from awsprof.accesskeys.rotation.start import begin_rotation
from awsprof.errors import AwsprofError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import key_in_process_line
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index
from awsprof.vault.rotation_records import RotationRecord

_PATIENCE_S: Final = 2.0  # seconds: the other process waits for you, or for AWS


def rotate_key(key_context: KeyContext, name: str, *, now: bool) -> None:
    """Rotates the key of a profile, or continues an interrupted rotation.

    ``now`` deletes the old key at once.
    """
    with rotation_lock():
        catalog = key_context.catalog()
        record = _record_of(name, catalog)
        if record is not None and record.waiting is not None and not now:
            key_context.terminal.ok(
                f"{sanitize(name)} switched to {record.new} {describe_age(record.waiting)} ago"
            )
            _tell_next_step(key_context, record, catalog)
            return
        if record is None:
            record = begin_rotation(key_context, catalog, name, now=now)
        else:
            key_context.terminal.say(f"Continuing the rotation of {record.old}.")
        if record is not None:
            _advance(key_context, Rotation(key_context, record, catalog), now=now)


def continue_rotations(key_context: KeyContext, name: str | None, *, now: bool) -> int:
    """Continues rotations in progress, to the deletion of the old key: the profile's, or all.

    Returns how many failed; if there are several, each is reported, and the others continue.
    """
    return _for_each(key_context, name, partial(_continue, key_context, now=now))


def revert_rotation(key_context: KeyContext, name: str | None, *, now: bool) -> int:
    """Switches the profiles back to their old key, and deactivates the new one.

    Returns how many failed; if there are several, each is reported, and the others continue.
    """
    return _for_each(key_context, name, partial(_revert, key_context, now=now))


def _for_each(
    key_context: KeyContext, name: str | None, action: Callable[[RotationRecord], None]
) -> int:
    failed = 0
    with rotation_lock():
        records = _records(name, key_context.catalog())
        for record in records:
            try:
                action(record)
            except AwsprofError as exc:
                if len(records) == 1:
                    raise
                title = rotation_name(record, key_context.catalog())
                key_context.terminal.failed(f"{title}: {exc.message}", exc.fix)
                failed += 1
    return failed


def _continue(key_context: KeyContext, record: RotationRecord, *, now: bool) -> None:
    catalog = key_context.catalog()  # the last rotation may have changed the files
    rotation = Rotation(key_context, record, catalog)
    key_context.terminal.heading(f"{rotation_name(record, catalog)}: {record.old}")
    if record.waiting is None:
        _advance(key_context, rotation, now=now)
    elif not rotation.finish(at_once=now):
        _tell_next_step(key_context, record, catalog)


def _revert(key_context: KeyContext, record: RotationRecord, *, now: bool) -> None:
    catalog = key_context.catalog()
    if not key_context.agree(
        f"Switch {rotation_name(record, catalog)} back to its old key, {record.old}?", True
    ):
        return
    rotation = Rotation(key_context, record, catalog)
    if rotation.reverse():
        _advance(key_context, rotation, now=now)
    else:
        key_context.terminal.ok("the rotation is over: no new key had been created")


def rotation_lock() -> AbstractContextManager[None]:
    """Allows one rotation or stop at a time: two would each create a key. Raises LockTimeout."""
    lock = paths.locks_dir() / "rotation.lock"
    return locks.hold_lock(lock, purpose="rotating or stopping a key", timeout=_PATIENCE_S)


def rotation_name(record: RotationRecord, catalog: Catalog) -> str:
    """Returns the profile to name the rotation by, for display."""
    return sanitize(rotated_profile(record, catalog))


def _advance(key_context: KeyContext, rotation: Rotation, *, now: bool) -> None:
    rotation.resume()
    if now:
        rotation.finish(at_once=True)
    else:
        _tell_next_step(key_context, rotation.record, rotation.catalog)


def _tell_next_step(key_context: KeyContext, record: RotationRecord, catalog: Catalog) -> None:
    name = rotated_profile(record, catalog)
    finish, back = (arguments(name, flags=flag) for flag in ("--continue", "--back"))
    say = key_context.terminal.say
    say(f"{record.old} is inactive. In a few days, if nothing needs it:")
    say(f"   awsprof keys rotate {finish}     checks its last use, and deletes it")
    say(f"   awsprof keys rotate {back}         switches the profiles back to it")


def _record_of(name: str, catalog: Catalog) -> RotationRecord | None:
    key_id = key_in_process_line(catalog.get(name))
    return Index.load().rotation_of(key_id) if key_id else None


def _records(name: str | None, catalog: Catalog) -> tuple[RotationRecord, ...]:
    """Returns the rotations in progress: the profile's, or all. Raises UsageError without any."""
    if name is None:
        records = Index.load().rotations()
        if not records:
            raise UsageError(
                "No rotation is in progress.",
                "awsprof keys list shows the keys that can be rotated",
            )
        return records
    record = _record_of(name, catalog)
    if record is None:
        raise UsageError(
            f"No rotation of the key of {sanitize(name)} is in progress.",
            f"awsprof keys rotate {arguments(name)} begins one",
        )
    return (record,)
