"""Keys that were made while a rotation was under way, and how far they came.

CreateAccessKey may have made a key whose answer never reached us: nobody has its secret, and it
takes one of the user's two places.
"""

from __future__ import annotations

from collections.abc import Mapping

from awsprof.accesskeys.desk import Desk
from awsprof.accesskeys.words import told
from awsprof.errors import AwsprofError
from awsprof.signin.iam import AccessKey, Iam, LastUsed
from awsprof.vault.index import Rotation


def settle(desk: Desk, iam: Iam, rotation: Rotation, keys: Mapping[str, AccessKey]) -> str | None:
    """The key that an earlier run of ``rotation`` put into the vault, None where there is none.

    One whose secret nobody has is named, and deleted where the person agrees. AwsprofError where
    it is to stay, since it is in the way of the new one.
    """
    catalog, adopted = desk.catalog(), None
    for key in keys.values():
        if key.id in rotation.known or key.id == rotation.old or catalog.users_of_key(key.id):
            continue
        if desk.vault().holds(key.id):
            adopted = key.id
        else:
            _ask_to_delete(desk, iam, rotation, key)
    return adopted


def _ask_to_delete(desk: Desk, iam: Iam, rotation: Rotation, key: AccessKey) -> None:
    last = iam.last_used(key.id)
    if isinstance(last, LastUsed) and last.when is not None:
        # Somebody has its secret: it was made elsewhere, and is none of ours.
        raise AwsprofError(
            f"{key.id} was made since the rotation began, not by it, and is in use:"
            f" {rotation.user} has no place for a third key.",
            f"find whose it is, or delete it: awsprof keys delete {key.id}",
        )
    desk.terminal.warn(told(key, last))
    desk.terminal.detail(
        "It was made when the rotation was cut short, and its secret never reached the vault:"
        " nobody can use it."
    )
    if not desk.agree(f"Delete {key.id}?", True):
        raise AwsprofError(
            f"{key.id} takes the place of the new key.",
            f"awsprof keys delete {key.id}, then go on: awsprof keys rotate {rotation.profile}",
        )
    iam.delete_access_key(rotation.user, key.id)
    desk.terminal.ok(f"{key.id} is deleted")
