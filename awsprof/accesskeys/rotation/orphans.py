"""Keys that an interrupted rotation or stop created, and whose secret nobody may have.

CreateAccessKey may have created a key although its response never arrived: nobody has the secret,
and the key still counts as one of the user's two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from awsprof.accesskeys.describe_keys import describe_key
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import profiles_with
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed
from awsprof.errors import AwsprofError
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize


@dataclass(frozen=True)
class KeyCreator:
    """The rotation or stop that creates keys.

    ``known`` are the user's keys before it created one; ``continue_command`` continues it;
    ``delete`` deletes a key of the user in IAM.
    """

    user: str
    known: tuple[str, ...]
    continue_command: str
    delete: Callable[[str], object]


def resolve_orphaned_key(
    key_context: KeyContext,
    catalog: Catalog,
    iam: Iam,
    creator: KeyCreator,
    keys: Mapping[str, AccessKey],
) -> str | None:
    """Returns the key that an earlier run stored in the vault, or None.

    Offers to delete a key whose secret nobody has. Raises AwsprofError if you keep it, since
    there is no room for the new key then.
    """
    adopted = None
    for key in keys.values():
        if key.id in creator.known or profiles_with(key.id, catalog):
            continue
        if key_context.vault().holds(key.id):
            adopted = key.id
        else:
            _ask_to_delete(key_context, iam, creator, key)
    return adopted


def _ask_to_delete(key_context: KeyContext, iam: Iam, creator: KeyCreator, key: AccessKey) -> None:
    last = iam.last_used(key.id)
    if isinstance(last, LastUsed) and last.when is not None:
        # Somebody has its secret, so it was created elsewhere.
        raise AwsprofError(
            f"{key.id} was created meanwhile, not by awsprof, and is in use:"
            f" {sanitize(creator.user)} cannot have a third key.",
            f"find out who uses it, or delete it: awsprof keys delete {key.id}",
        )
    key_context.terminal.warn(describe_key(key, last))
    key_context.terminal.detail(
        "An interrupted run created it, and its secret never reached the vault: nobody can use it."
    )
    fix = f"awsprof keys delete {key.id}, then continue: {creator.continue_command}"
    if not key_context.agree(f"Delete {key.id}?", True):
        raise AwsprofError(f"{key.id} must be deleted to make room for the new key.", fix)
    try:
        creator.delete(key.id)
    except AwsprofError as exc:
        raise AwsprofError(
            f"{key.id} must be deleted to make room for the new key, which failed: {exc.message}",
            fix,
            code=exc.code,
        ) from exc
    key_context.terminal.ok(f"{key.id} deleted")
