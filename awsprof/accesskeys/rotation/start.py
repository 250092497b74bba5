"""Before a rotation begins: whose key it is, who needs it, and a place for the new one."""

from __future__ import annotations

from datetime import UTC, datetime

from awsprof.accesskeys.context import KeyContext, drop_secret, record_user, require_permitted
from awsprof.accesskeys.format import (
    dependents_of,
    describe_key,
    join_names,
    profiles_naming,
    profiles_with,
)
from awsprof.accesskeys.key_owner import identify_key
from awsprof.awsapi.caller_identity import Identity
from awsprof.awsapi.iam import AccessKey, Iam
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_in_vault
from awsprof.profiles.model import Profile
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index, RotationRecord

PLACES = 2  # keys that a user may have, inactive ones counted (IAM and STS quotas)


def begin_rotation(key_context: KeyContext, name: str, *, now: bool) -> RotationRecord | None:
    """The rotation of the profile's key, noted but for the first step; None where not agreed to.

    CredentialsError, UsageError: it cannot begin, and nothing was changed.
    """
    catalog = key_context.catalog()
    profile = catalog.get(name)
    key_id = _rotatable(profile, catalog)
    _refuse_leaked(key_id)
    who = identify_key(key_id, key_context.vault().get(key_id), region=profile.get("region"))
    user = _user_of(key_id, who)
    iam = key_context.iam(name)
    keys = require_permitted(iam.access_keys(user), "ListAccessKeys")
    _tell(key_context, key_id, who, keys, now=now)
    if not key_context.agree("Rotate it?", True):
        key_context.terminal.say("Left as it was.")
        return None
    others = [key for key in keys if key.id != key_id]
    if len(keys) >= PLACES:
        others = _room(key_context, iam, user, others)
    known = (key_id, *(key.id for key in others))
    rotation = RotationRecord(key_id, name, who.arn, datetime.now(UTC), known)
    record_user(key_context, key_id, who.arn)
    Index.load().note_rotation(rotation)
    return rotation


def _rotatable(profile: Profile, catalog: Catalog) -> str:
    """The key of the profile that can be rotated: it is in the vault, and nowhere else."""
    called = sanitize(profile.name)
    key_id = key_in_vault(profile)
    if key_id is None and profile.get("role_arn"):
        source = arguments(catalog.chain(profile.name).links[-1].name)
        raise UsageError(f"{called} is a role, and has no key.", f"awsprof keys rotate {source}")
    plain = [
        p.name
        for p in catalog.plaintext_keys()
        if p is profile or p.get("aws_access_key_id") == key_id
    ]
    if plain:
        raise UsageError(
            f"The key of {join_names(tuple(plain))} lies in plain text.",
            f"move it first: awsprof keys move {arguments(*plain)}",
        )
    if key_id is None:
        raise UsageError(f"{called} has no access key.", "awsprof keys list shows which have one")
    return key_id


def _refuse_leaked(key_id: str) -> None:
    """A key that is being stopped gets its successor by that."""
    index = Index.load()
    stop = index.stop_of(key_id) or index.stop_that_made(key_id)
    if stop is not None and stop.finished is None:
        raise UsageError(
            f"{stop.leaked} is being stopped, and that is not done yet.",
            f"awsprof keys stop {stop.leaked} goes on with it",
        )


def _user_of(key_id: str, who: Identity) -> str:
    if ":user/" not in who.arn:
        raise CredentialsError(f"{key_id} is {who.arn}, no IAM user.", "awsprof keys list")
    return who.arn.rsplit("/", 1)[-1]


def _tell(
    key_context: KeyContext, key_id: str, who: Identity, keys: tuple[AccessKey, ...], *, now: bool
) -> None:
    """What is to be rotated, and what will happen."""
    catalog, say = key_context.catalog(), key_context.terminal.say
    names = profiles_with(key_id, catalog)
    above = dependents_of(names, catalog)
    key_context.terminal.heading(who.arn)
    for key in keys:
        if key.id == key_id:  # its last use is ours, of just now
            say(describe_key(key, None))
    say(f"It serves {join_names(names)}" + (f"; on top: {join_names(above)}." if above else "."))
    say(
        "A new key is made, kept and proven; the profiles go over to it; the old key is switched"
        + (
            " off, and deleted at once."
            if now
            else " off. It is deleted when you come back: awsprof keys rotate --continue"
        )
    )


def _room(key_context: KeyContext, iam: Iam, user: str, others: list[AccessKey]) -> list[AccessKey]:
    """A place for the new key: the user's other key goes, where the person says so."""
    catalog, kept = key_context.catalog(), list(others)
    for key in others:
        key_context.terminal.warn(
            f"{sanitize(user)} has {PLACES} keys, and may not have more. The other one:"
        )
        key_context.terminal.detail(describe_key(key, iam.last_used(key.id)))
        names = profiles_naming(key.id, catalog)
        if names:
            key_context.terminal.detail(f"It serves {join_names(names)}.")
        # A yes beforehand was to the rotation, and not to deleting a key that nobody named.
        if (
            key_context.yes
            or names
            or not key_context.agree(f"Delete {key.id} for good?", not key.active)
        ):
            raise AwsprofError(
                f"There is no place for a new key while {key.id} is there.",
                f"where nothing needs it: awsprof keys delete {key.id}",
            )
        iam.delete_access_key(user, key.id)
        drop_secret(key_context, key.id)
        key_context.terminal.ok(f"{key.id} is deleted")
        kept.remove(key)
    return kept
