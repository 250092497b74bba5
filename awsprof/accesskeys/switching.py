"""Switching a key on and off, and deleting it: who may sign that, and what is lost by it.

AWS's advice: switch it off, wait until nothing misses it, and only then delete it (IAM User Guide,
"Update access keys").
"""

from __future__ import annotations

from dataclasses import dataclass

from awsprof.accesskeys.desk import Desk, drop_secret, seen
from awsprof.accesskeys.newkey import DELETE_ROOT_KEY
from awsprof.accesskeys.words import holders, in_a_row, key_of, on_top, told
from awsprof.clean import clean
from awsprof.errors import AwsprofError, SignInFailed, UsageError
from awsprof.key_ids import is_access_key_id, is_temporary
from awsprof.shells import arguments
from awsprof.signin.iam import AccessKey, Iam, LastUsed, NotPermitted
from awsprof.signin.whoami import whoami
from awsprof.vault.index import Index

GONE = "key-gone"


@dataclass(frozen=True)
class Found:
    """A key at IAM: whose it is, who signs what is done to it, and what is known of it."""

    key: AccessKey
    user: str
    iam: Iam
    last: LastUsed | NotPermitted
    signed_by_itself: bool


def find(desk: Desk, target: str, signer: str | None = None) -> Found:
    """The key that ``target`` means, an id or a profile; ``signer`` names the profile that signs.

    Else it is a profile with another key of that user, or with the key itself. SignInFailed where
    nobody here may.
    """
    catalog = desk.catalog()
    key_id = target if is_access_key_id(target) else key_of(target, catalog)
    if key_id is None:
        raise UsageError(f"{clean(target)} has no access key.", "awsprof keys list shows them")
    if is_temporary(key_id):
        raise UsageError(
            f"{key_id} is the key of a session: it ends by itself.", "awsprof logout forgets ours"
        )
    problems: list[AwsprofError] = []
    for name in [signer] if signer else _signers(desk, key_id):
        try:
            found = _by(desk, name, key_id)
        except AwsprofError as exc:
            if signer or exc.code in {"root-key", GONE}:
                raise
            problems.append(exc)
            continue
        if found is not None:
            return found
    raise SignInFailed(
        f"No profile here may look at {key_id}" + (f": {problems[0].message}" if problems else "."),
        "name one that may: --using PROFILE; what it needs is in awsprof policy manage-own-keys",
    )


def _signers(desk: Desk, key_id: str) -> tuple[str, ...]:
    """Profiles that may sign: another key of the same user before the key itself, which ends.

    A key that is not here may be of any user who has one here: all are tried, those last of whom
    a code would be asked. Of a key that is here nobody else signs unless named.
    """
    catalog, index = desk.catalog(), Index.load()
    entry = index.find(key_id)
    rotation = index.rotation_of(key_id)
    keys = [rotation.new, rotation.old] if rotation else []
    if entry is not None and entry.arn is not None:
        keys += [each.key_id for each in index.entries() if each.arn == entry.arn]
    known = [name for key in keys if key and key != key_id for name in holders(key, catalog)[:1]]
    own = holders(key_id, catalog)[:1]
    if own or known or entry is not None:
        return tuple(dict.fromkeys([*known, *own]))
    with_key = [name for name in catalog.profiles if key_of(name, catalog)]
    with_key.sort(key=lambda name: bool(catalog.get(name).get("mfa_serial")))
    rest: dict[str | None, str] = {}
    for name in with_key:
        rest.setdefault(key_of(name, catalog), name)
    return tuple(rest.values())


def _by(desk: Desk, name: str, key_id: str) -> Found | None:
    """The key as the profile sees it; None where it sees none of that id."""
    catalog = desk.catalog()
    profile = catalog.get(name)
    credentials = desk.resolver(catalog).credentials(name)
    iam = Iam(credentials, profile=profile)
    last = _last_use(iam, key_id)  # first, since every other call of ours is a use itself
    who = whoami(credentials, profile=profile)
    own = key_of(name, catalog) == key_id
    if who.is_root:
        raise SignInFailed(
            f"{clean(name)} is the root user of account {who.account}, and signs nothing here.",
            DELETE_ROOT_KEY,
            code="root-key",
        )
    user = last.user if isinstance(last, LastUsed) and last.user else who.arn.rsplit("/", 1)[-1]
    for key in seen(iam.access_keys(user), "ListAccessKeys"):
        if key.id == key_id:
            return Found(key, user, iam, last, own and credentials.token is None)
    entry = Index.load().find(key_id)
    if entry is not None and entry.arn == who.arn:
        raise SignInFailed(
            f"AWS has no key {key_id} of {who.arn} any more.",
            f"awsprof keys delete {key_id} forgets it here too",
            code=GONE,
        )
    return None


def _last_use(iam: Iam, key_id: str) -> LastUsed | NotPermitted:
    try:
        return iam.last_used(key_id)
    except SignInFailed as exc:
        if exc.code != "NoSuchEntity":
            raise
        return NotPermitted()


def activate(desk: Desk, found: Found) -> None:
    """Switch it on."""
    if found.key.active:
        desk.terminal.ok(f"{found.key.id} is active already")
        return
    desk.terminal.say(told(found.key, found.last))
    if desk.agree(f"Switch {found.key.id} on?", True):
        found.iam.set_active(found.user, found.key.id, active=True)
        desk.terminal.ok(f"{found.key.id} is active; AWS may take some seconds to know it")


def deactivate(desk: Desk, found: Found) -> bool:
    """Switch it off, where the person agrees; whether it is off."""
    if not found.key.active:
        desk.terminal.ok(f"{found.key.id} is inactive already")
        return True
    _tell_loss(desk, found)
    if found.signed_by_itself:
        desk.terminal.warn(
            "No other key here may switch it on again, or delete it: that takes the console, or a"
            " profile of somebody who may (--using PROFILE)."
        )
    if not desk.agree(f"Switch {found.key.id} off?", not holders(found.key.id, desk.catalog())):
        desk.terminal.say("Left as it was.")
        return False
    found.iam.set_active(found.user, found.key.id, active=False)
    desk.terminal.ok(f"{found.key.id} is inactive")
    desk.terminal.detail(f"awsprof keys activate {found.key.id} switches it on again")
    return True


def delete(desk: Desk, target: str, signer: str | None = None, *, now: bool) -> None:
    """Delete the key, once it is inactive; ``now`` deletes an active one too.

    UsageError where it is active, and the person can only have meant to switch it off first.
    """
    try:
        found = find(desk, target, signer)
    except SignInFailed as exc:
        if exc.code != GONE:
            raise
        desk.terminal.warn(exc.message)
        if desk.agree("Forget its secret too?", True):
            forget(
                desk, target if is_access_key_id(target) else key_of(target, desk.catalog()) or ""
            )
        return
    key = found.key
    if key.active and not now:
        desk.terminal.say("It is active. Switch it off, wait until nothing misses it, then delete.")
        if desk.yes:
            raise UsageError(
                f"{key.id} is active, and is not deleted before it was switched off.",
                f"awsprof keys deactivate {key.id}; or --now, which deletes it all the same",
            )
        if deactivate(desk, found):
            desk.terminal.say(f"In some days: awsprof keys delete {key.id}")
        return
    _tell_loss(desk, found)
    if not desk.agree(f"Delete {key.id} for good?", False):
        desk.terminal.say("Left as it was.")
        return
    found.iam.delete_access_key(found.user, key.id)
    forget(desk, key.id)


def forget(desk: Desk, key_id: str) -> None:
    """Our part of a key that AWS has no more; the profiles that had it are told."""
    drop_secret(desk, key_id)
    Index.load().end_rotation(key_id)  # of a new key that is deleted, --back is the way out
    Index.load().end_stop(key_id)
    desk.terminal.ok(f"{key_id} is deleted")
    for name in holders(key_id, desk.catalog()):
        desk.terminal.warn(f"{clean(name)} has no key any more.")
        desk.terminal.detail(
            f"give it another: awsprof keys import {arguments(name)};"
            f" or awsprof remove {arguments(name)}"
        )


def _tell_loss(desk: Desk, found: Found) -> None:
    catalog = desk.catalog()
    names = holders(found.key.id, catalog)
    above = on_top(names, catalog)
    desk.terminal.say(told(found.key, found.last))
    if names:
        more = f"; on top: {in_a_row(above)}" if above else ""
        desk.terminal.warn(f"It serves {in_a_row(names)}{more}: without it that stops working.")
