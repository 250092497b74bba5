"""Finds access keys that an undo would bring back although they no longer work."""

from awsprof.errors import EditRefused
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import access_key, key_in_process_line
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index


def find_dead_keys(now: Catalog, after: Catalog) -> tuple[EditRefused, ...]:
    """An error per profile that would use a key again that no longer works, with the way out.

    Keys that a profile uses ``now`` are left out: the undo does not bring those back.
    """
    index, found = Index.load(), []
    used = {key_id for profile in now.profiles.values() for key_id in _keys(profile)}
    for name, profile in after.profiles.items():
        for key_id in _keys(profile):
            reason = "" if key_id in used else _reason(index, key_id, profile)
            if reason:
                rotation = index.rotation_of(key_id)
                found.append(
                    EditRefused(
                        f"{sanitize(name)} would use {key_id} again, {reason}.",
                        f"to go back to that key: awsprof keys rotate {arguments(name)} --back"
                        if rotation is not None and rotation.old == key_id
                        else "keep the profile as it is",
                    )
                )
    return tuple(found)


def _keys(profile: Profile) -> tuple[str, ...]:
    """The IDs of the keys that the profile names, including one that another key overrides."""
    named = (access_key(profile), key_in_process_line(profile))
    return tuple(dict.fromkeys(key_id for key_id in named if key_id))


def _reason(index: Index, key_id: str, profile: Profile) -> str:
    """Why the key does not work, as the end of a sentence; empty if the key may work."""
    rotation = index.rotation_of(key_id)
    if index.is_deleted(key_id):
        return "which was deleted at AWS"
    if index.stop_of(key_id) is not None:
        return "which leaked and was stopped"
    if rotation is not None and rotation.old == key_id:
        return "which was rotated out"
    if key_in_process_line(profile) == key_id and index.find(key_id) is None:
        return "which the vault no longer holds"
    return ""
