"""Begins a rotation: whose key it is, what uses it, and room for the new one."""

from __future__ import annotations

from datetime import UTC, datetime

from awsprof.accesskeys.describe_keys import describe_key, describe_users, join_names
from awsprof.accesskeys.key_context import KeyContext, drop_secret, record_user, require_listed_keys
from awsprof.accesskeys.key_identity import identify_key
from awsprof.accesskeys.key_users import profiles_keeping, profiles_with
from awsprof.awsapi.iam import AccessKey, Iam
from awsprof.awsapi.sts import Identity
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.default_section import moving_fix
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index
from awsprof.vault.rotation_records import RotationRecord

MAX_KEYS = 2  # of a user, inactive keys included (IAM and STS quotas)


def begin_rotation(
    key_context: KeyContext, catalog: Catalog, name: str, *, now: bool
) -> RotationRecord | None:
    """Returns the recorded rotation of the profile's key; None if you decline.

    Raises CredentialsError or UsageError if it cannot begin; nothing is changed then.
    """
    profile = catalog.get(name)
    key_id = _rotatable(profile, catalog)
    _refuse_leaked(key_id)
    secret, region = key_context.vault().get(key_id), profile.get("region")
    who = identify_key(key_id, secret, region=region, profile=profile)
    user = _user_of(key_id, who)
    iam = key_context.iam(name, catalog)
    keys = require_listed_keys(iam.access_keys(user))
    _show_plan(key_context, catalog, key_id, who, keys, now=now)
    if not key_context.agree("Rotate it?", True):
        key_context.terminal.say("Nothing was changed.")
        return None
    others = [key for key in keys if key.id != key_id]
    if len(keys) >= MAX_KEYS:
        others = _make_room(key_context, catalog, iam, user, others)
    known = (key_id, *(key.id for key in others))
    rotation = RotationRecord(key_id, name, who.arn, datetime.now(UTC), known)
    record_user(key_context, key_id, who.arn)
    Index.load().note_rotation(rotation)
    return rotation


def _rotatable(profile: Profile, catalog: Catalog) -> str:
    """Returns the profile's key, which must be in the vault and nowhere else."""
    name = sanitize(profile.name)
    key_id = key_in_vault(profile)
    if key_id is None and profile.get("role_arn"):
        source = arguments(catalog.chain(profile.name).links[-1].name)
        raise UsageError(f"{name} is a role, and has no key.", f"awsprof keys rotate {source}")
    plain = [
        p for p in catalog.plaintext_keys() if p is profile or p.get("aws_access_key_id") == key_id
    ]
    if plain:
        raise UsageError(
            f"The key of {join_names(tuple(p.name for p in plain))} is in plain text.",
            moving_fix(*plain, first="move it first: "),
        )
    if key_id is None:
        raise UsageError(f"{name} has no access key.", "awsprof keys list shows which have one")
    return key_id


def _refuse_leaked(key_id: str) -> None:
    """Raises UsageError if `keys stop` has begun for this key: it creates the new key itself."""
    index = Index.load()
    stop = index.stop_of(key_id) or index.stop_replaced_by(key_id)
    if stop is not None and stop.finished is None:
        raise UsageError(
            f"{stop.leaked} is being stopped, and that is not finished.",
            f"awsprof keys stop {stop.leaked} continues it",
        )


def _user_of(key_id: str, who: Identity) -> str:
    if who.user_name is None:
        raise CredentialsError(f"{key_id} is {who.arn}, not an IAM user.", "awsprof keys list")
    return who.user_name


def _show_plan(
    key_context: KeyContext,
    catalog: Catalog,
    key_id: str,
    who: Identity,
    keys: tuple[AccessKey, ...],
    *,
    now: bool,
) -> None:
    """Shows the key and what will happen."""
    say = key_context.terminal.say
    key_context.terminal.heading(who.arn)
    for key in keys:
        if key.id == key_id:  # its last use is the call above
            say(describe_key(key, None))
    say(f"It is {describe_users(profiles_with(key_id, catalog), catalog)}.")
    say(
        "awsprof creates, stores and verifies a new key, switches the profiles to it, and"
        + (
            " deletes the old key."
            if now
            else " deactivates the old key. To delete it later: awsprof keys rotate --continue"
        )
    )


def _make_room(
    key_context: KeyContext, catalog: Catalog, iam: Iam, user: str, others: list[AccessKey]
) -> list[AccessKey]:
    """Offers to delete the user's other key; returns the keys that stay."""
    kept = list(others)
    for key in others:
        key_context.terminal.warn(
            f"{sanitize(user)} has {MAX_KEYS} keys, the most that IAM allows. The other one:"
        )
        key_context.terminal.detail(describe_key(key, iam.last_used(key.id)))
        names = profiles_keeping(key.id, catalog)
        if names:
            key_context.terminal.detail(f"It is used by {join_names(names)}.")
        # --yes confirms the rotation, not the deletion of a key that you did not name.
        if (
            key_context.yes
            or names
            or not key_context.agree(f"Delete {key.id} permanently?", not key.active)
        ):
            raise AwsprofError(
                f"There is no room for a new key while {key.id} exists.",
                f"if nothing needs it: awsprof keys delete {key.id}",
            )
        iam.delete_access_key(user, key.id)
        drop_secret(key_context, key.id)
        key_context.terminal.ok(f"{key.id} deleted")
        kept.remove(key)
    return kept
