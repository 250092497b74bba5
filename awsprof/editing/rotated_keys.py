"""Finds keys that an undo would bring back although they were rotated out or deleted."""

from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_of_line
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index


def find_rotated_keys(now: Catalog, after: Catalog) -> tuple[str, ...]:
    """A sentence per profile that would again name a key that no longer works."""
    index, messages = Index.load(), []
    for name, profile in after.profiles.items():
        key_id = key_of_line(profile)
        if key_id is None or now.users_of_key(key_id):
            continue
        rotation = index.rotation_of(key_id)
        label = sanitize(name)
        if rotation is not None and rotation.old == key_id:
            messages.append(
                f"{label} would use {key_id} again, which was rotated out. To go back to it, run"
                f" awsprof keys rotate {arguments(name)} --back."
            )
        elif index.find(key_id) is None:
            messages.append(f"{label} would use {key_id} again, which the vault no longer holds.")
    return tuple(messages)
