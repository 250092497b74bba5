"""Keys that a profile would name again when a change is taken back, and that serve no more."""

from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import key_of_line
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index


def find_rotated_keys(now: Catalog, after: Catalog) -> tuple[str, ...]:
    """What to tell of each: it was rotated out, or the vault has forgotten it; by profile."""
    index, said = Index.load(), []
    for name, profile in after.profiles.items():
        key_id = key_of_line(profile)
        if key_id is None or now.users_of_key(key_id):
            continue
        rotation = index.rotation_of(key_id)
        called = sanitize(name)
        if rotation is not None and rotation.old == key_id:
            said.append(
                f"{called} would have {key_id} again, which was rotated out: to go back to it use"
                f" awsprof keys rotate {arguments(name)} --back."
            )
        elif index.find(key_id) is None:
            said.append(f"{called} would have {key_id} again, which the vault holds no more.")
    return tuple(said)
