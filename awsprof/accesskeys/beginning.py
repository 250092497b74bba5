"""Before a rotation begins: whose key it is, who needs it, and a place for the new one."""

from __future__ import annotations

from datetime import UTC, datetime

from awsprof.accesskeys.desk import Desk, drop_secret, record_user, seen
from awsprof.accesskeys.newkey import identify
from awsprof.accesskeys.words import holders, in_a_row, naming, on_top, told
from awsprof.clean import clean
from awsprof.errors import AwsprofError, SignInFailed, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.profiles.model import Profile
from awsprof.shells import arguments
from awsprof.signin.iam import AccessKey, Iam
from awsprof.signin.whoami import Identity
from awsprof.vault.index import Index, Rotation

PLACES = 2  # keys that a user may have, inactive ones counted (IAM and STS quotas)


def begin(desk: Desk, name: str, *, now: bool) -> Rotation | None:
    """The rotation of the profile's key, noted but for the first step; None where not agreed to.

    SignInFailed, UsageError: it cannot begin, and nothing was changed.
    """
    catalog = desk.catalog()
    profile = catalog.get(name)
    key_id = _rotatable(profile, catalog)
    _refuse_leaked(key_id)
    who = identify(key_id, desk.vault().get(key_id), region=profile.get("region"))
    user = _user_of(key_id, who)
    iam = desk.iam(name)
    keys = seen(iam.access_keys(user), "ListAccessKeys")
    _tell(desk, key_id, who, keys, now=now)
    if not desk.agree("Rotate it?", True):
        desk.terminal.say("Left as it was.")
        return None
    others = [key for key in keys if key.id != key_id]
    if len(keys) >= PLACES:
        others = _room(desk, iam, user, others)
    known = (key_id, *(key.id for key in others))
    rotation = Rotation(key_id, name, who.arn, datetime.now(UTC), known)
    record_user(desk, key_id, who.arn)
    Index.load().note_rotation(rotation)
    return rotation


def _rotatable(profile: Profile, catalog: Catalog) -> str:
    """The key of the profile that can be rotated: it is in the vault, and nowhere else."""
    called = clean(profile.name)
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
            f"The key of {in_a_row(tuple(plain))} lies in plain text.",
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
        raise SignInFailed(f"{key_id} is {who.arn}, no IAM user.", "awsprof keys list")
    return who.arn.rsplit("/", 1)[-1]


def _tell(
    desk: Desk, key_id: str, who: Identity, keys: tuple[AccessKey, ...], *, now: bool
) -> None:
    """What is to be rotated, and what will happen."""
    catalog, say = desk.catalog(), desk.terminal.say
    names = holders(key_id, catalog)
    above = on_top(names, catalog)
    desk.terminal.heading(who.arn)
    for key in keys:
        if key.id == key_id:  # its last use is ours, of just now
            say(told(key, None))
    say(f"It serves {in_a_row(names)}" + (f"; on top: {in_a_row(above)}." if above else "."))
    say(
        "A new key is made, kept and proven; the profiles go over to it; the old key is switched"
        + (
            " off, and deleted at once."
            if now
            else " off. It is deleted when you come back: awsprof keys rotate --continue"
        )
    )


def _room(desk: Desk, iam: Iam, user: str, others: list[AccessKey]) -> list[AccessKey]:
    """A place for the new key: the user's other key goes, where the person says so."""
    catalog, kept = desk.catalog(), list(others)
    for key in others:
        desk.terminal.warn(
            f"{clean(user)} has {PLACES} keys, and may not have more. The other one:"
        )
        desk.terminal.detail(told(key, iam.last_used(key.id)))
        names = naming(key.id, catalog)
        if names:
            desk.terminal.detail(f"It serves {in_a_row(names)}.")
        # A yes beforehand was to the rotation, and not to deleting a key that nobody named.
        if desk.yes or names or not desk.agree(f"Delete {key.id} for good?", not key.active):
            raise AwsprofError(
                f"There is no place for a new key while {key.id} is there.",
                f"where nothing needs it: awsprof keys delete {key.id}",
            )
        iam.delete_access_key(user, key.id)
        drop_secret(desk, key.id)
        desk.terminal.ok(f"{key.id} is deleted")
        kept.remove(key)
    return kept
