"""Switching a key on and off, and deleting it: who may sign that, and what is lost by it.

AWS's advice: switch it off, wait until nothing misses it, and only then delete it (IAM User Guide,
"Update access keys").
"""

from __future__ import annotations

from dataclasses import dataclass

from awsprof.accesskeys.context import KeyContext, drop_secret, require_permitted
from awsprof.accesskeys.format import (
    dependents_of,
    describe_key,
    join_names,
    long_term_key_of,
    profiles_with,
)
from awsprof.accesskeys.key_owner import DELETE_ROOT_KEY
from awsprof.awsapi.caller_identity import whoami
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed, NotPermitted
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.key_ids import is_access_key_id, is_temporary
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index

GONE = "key-gone"


@dataclass(frozen=True)
class ResolvedKey:
    """A key at IAM: whose it is, who signs what is done to it, and what is known of it."""

    key: AccessKey
    user: str
    iam: Iam
    last: LastUsed | NotPermitted
    signed_by_itself: bool


def resolve_key(key_context: KeyContext, target: str, signer: str | None = None) -> ResolvedKey:
    """The key that ``target`` means, an id or a profile; ``signer`` names the profile that signs.

    Else it is a profile with another key of that user, or with the key itself. CredentialsError
    where nobody here may.
    """
    catalog = key_context.catalog()
    key_id = target if is_access_key_id(target) else long_term_key_of(target, catalog)
    if key_id is None:
        raise UsageError(f"{sanitize(target)} has no access key.", "awsprof keys list shows them")
    if is_temporary(key_id):
        raise UsageError(
            f"{key_id} is the key of a session: it ends by itself.", "awsprof logout forgets ours"
        )
    problems: list[AwsprofError] = []
    for name in [signer] if signer else _signers(key_context, key_id):
        try:
            found = _by(key_context, name, key_id)
        except AwsprofError as exc:
            if signer or exc.code in {"root-key", GONE}:
                raise
            problems.append(exc)
            continue
        if found is not None:
            return found
    raise CredentialsError(
        f"No profile here may look at {key_id}" + (f": {problems[0].message}" if problems else "."),
        "name one that may: --using PROFILE; what it needs is in awsprof policy manage-own-keys",
    )


def _signers(key_context: KeyContext, key_id: str) -> tuple[str, ...]:
    """Profiles that may sign: another key of the same user before the key itself, which ends.

    A key that is not here may be of any user who has one here: all are tried, those last of whom
    a code would be asked. Of a key that is here nobody else signs unless named.
    """
    catalog, index = key_context.catalog(), Index.load()
    entry = index.find(key_id)
    rotation = index.rotation_of(key_id)
    keys = [rotation.new, rotation.old] if rotation else []
    if entry is not None and entry.arn is not None:
        keys += [each.key_id for each in index.entries() if each.arn == entry.arn]
    known = [
        name for key in keys if key and key != key_id for name in profiles_with(key, catalog)[:1]
    ]
    own = profiles_with(key_id, catalog)[:1]
    if own or known or entry is not None:
        return tuple(dict.fromkeys([*known, *own]))
    with_key = [name for name in catalog.profiles if long_term_key_of(name, catalog)]
    with_key.sort(key=lambda name: bool(catalog.get(name).get("mfa_serial")))
    rest: dict[str | None, str] = {}
    for name in with_key:
        rest.setdefault(long_term_key_of(name, catalog), name)
    return tuple(rest.values())


def _by(key_context: KeyContext, name: str, key_id: str) -> ResolvedKey | None:
    """The key as the profile sees it; None where it sees none of that id."""
    catalog = key_context.catalog()
    profile = catalog.get(name)
    credentials = key_context.resolver(catalog).credentials(name)
    iam = Iam(credentials, profile=profile)
    last = _last_use(iam, key_id)  # first, since every other call of ours is a use itself
    who = whoami(credentials, profile=profile)
    own = long_term_key_of(name, catalog) == key_id
    if who.is_root:
        raise CredentialsError(
            f"{sanitize(name)} is the root user of account {who.account}, and signs nothing here.",
            DELETE_ROOT_KEY,
            code="root-key",
        )
    user = last.user if isinstance(last, LastUsed) and last.user else who.arn.rsplit("/", 1)[-1]
    for key in require_permitted(iam.access_keys(user), "ListAccessKeys"):
        if key.id == key_id:
            return ResolvedKey(key, user, iam, last, own and credentials.token is None)
    entry = Index.load().find(key_id)
    if entry is not None and entry.arn == who.arn:
        raise CredentialsError(
            f"AWS has no key {key_id} of {who.arn} any more.",
            f"awsprof keys delete {key_id} forgets it here too",
            code=GONE,
        )
    return None


def _last_use(iam: Iam, key_id: str) -> LastUsed | NotPermitted:
    try:
        return iam.last_used(key_id)
    except CredentialsError as exc:
        if exc.code != "NoSuchEntity":
            raise
        return NotPermitted()


def activate_key(key_context: KeyContext, found: ResolvedKey) -> None:
    """Switch it on."""
    if found.key.active:
        key_context.terminal.ok(f"{found.key.id} is active already")
        return
    key_context.terminal.say(describe_key(found.key, found.last))
    if key_context.agree(f"Switch {found.key.id} on?", True):
        found.iam.set_active(found.user, found.key.id, active=True)
        key_context.terminal.ok(f"{found.key.id} is active; AWS may take some seconds to know it")


def deactivate_key(key_context: KeyContext, found: ResolvedKey) -> bool:
    """Switch it off, where the person agrees; whether it is off."""
    if not found.key.active:
        key_context.terminal.ok(f"{found.key.id} is inactive already")
        return True
    _tell_loss(key_context, found)
    if found.signed_by_itself:
        key_context.terminal.warn(
            "No other key here may switch it on again, or delete it: that takes the console, or a"
            " profile of somebody who may (--using PROFILE)."
        )
    if not key_context.agree(
        f"Switch {found.key.id} off?", not profiles_with(found.key.id, key_context.catalog())
    ):
        key_context.terminal.say("Left as it was.")
        return False
    found.iam.set_active(found.user, found.key.id, active=False)
    key_context.terminal.ok(f"{found.key.id} is inactive")
    key_context.terminal.detail(f"awsprof keys activate {found.key.id} switches it on again")
    return True


def delete_key(
    key_context: KeyContext, target: str, signer: str | None = None, *, now: bool
) -> None:
    """Delete the key, once it is inactive; ``now`` deletes an active one too.

    UsageError where it is active, and the person can only have meant to switch it off first.
    """
    try:
        found = resolve_key(key_context, target, signer)
    except CredentialsError as exc:
        if exc.code != GONE:
            raise
        key_context.terminal.warn(exc.message)
        if key_context.agree("Forget its secret too?", True):
            forget_key(
                key_context,
                target
                if is_access_key_id(target)
                else long_term_key_of(target, key_context.catalog()) or "",
            )
        return
    key = found.key
    if key.active and not now:
        key_context.terminal.say(
            "It is active. Switch it off, wait until nothing misses it, then delete."
        )
        if key_context.yes:
            raise UsageError(
                f"{key.id} is active, and is not deleted before it was switched off.",
                f"awsprof keys deactivate {key.id}; or --now, which deletes it all the same",
            )
        if deactivate_key(key_context, found):
            key_context.terminal.say(f"In some days: awsprof keys delete {key.id}")
        return
    _tell_loss(key_context, found)
    if not key_context.agree(f"Delete {key.id} for good?", False):
        key_context.terminal.say("Left as it was.")
        return
    found.iam.delete_access_key(found.user, key.id)
    forget_key(key_context, key.id)


def forget_key(key_context: KeyContext, key_id: str) -> None:
    """Our part of a key that AWS has no more; the profiles that had it are told."""
    drop_secret(key_context, key_id)
    Index.load().end_rotation(key_id)  # of a new key that is deleted, --back is the way out
    Index.load().end_stop(key_id)
    key_context.terminal.ok(f"{key_id} is deleted")
    for name in profiles_with(key_id, key_context.catalog()):
        key_context.terminal.warn(f"{sanitize(name)} has no key any more.")
        key_context.terminal.detail(
            f"give it another: awsprof keys import {arguments(name)};"
            f" or awsprof remove {arguments(name)}"
        )


def _tell_loss(key_context: KeyContext, found: ResolvedKey) -> None:
    catalog = key_context.catalog()
    names = profiles_with(found.key.id, catalog)
    above = dependents_of(names, catalog)
    key_context.terminal.say(describe_key(found.key, found.last))
    if names:
        more = f"; on top: {join_names(above)}" if above else ""
        key_context.terminal.warn(
            f"It serves {join_names(names)}{more}: without it that stops working."
        )
