"""The profiles that use an access key, and the key that a profile uses."""

from __future__ import annotations

from awsprof.auth.logout import related_profiles
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import access_key, key_in_process_line
from awsprof.vault.index import Index
from awsprof.vault.rotation_records import RotationRecord


def long_term_key_of(name: str, catalog: Catalog) -> str | None:
    """Returns the profile's long-term key ID, in the vault or in plain text; None without one."""
    return access_key(catalog.get(name))


def profiles_with(key_id: str, catalog: Catalog) -> tuple[str, ...]:
    """Returns the profiles that use the key, from the vault or from plain text."""
    return tuple(name for name in catalog.profiles if long_term_key_of(name, catalog) == key_id)


def profiles_naming(key_id: str, catalog: Catalog) -> tuple[str, ...]:
    """Returns the profiles that use the key, or name it while another source takes precedence."""
    return tuple(dict.fromkeys((*profiles_with(key_id, catalog), *catalog.users_of_key(key_id))))


def profiles_keeping(key_id: str, catalog: Catalog) -> tuple[str, ...]:
    """Returns ``profiles_naming``, and those with the key in plain text that use another source."""
    plain = [p.name for p in catalog.profiles.values() if p.get("aws_access_key_id") == key_id]
    return tuple(dict.fromkeys((*profiles_naming(key_id, catalog), *plain)))


def dependents_of(names: tuple[str, ...], catalog: Catalog) -> tuple[str, ...]:
    """Returns the profiles that use one of ``names`` as a source, directly or indirectly."""
    return tuple(
        dict.fromkeys(
            user for name in names for user in related_profiles(catalog, name) if user not in names
        )
    )


def rotated_profile(rotation: RotationRecord, catalog: Catalog) -> str:
    """Returns the profile to name a rotation by: it may have been renamed since it began."""
    keys = filter(None, (rotation.new, rotation.old))
    users = [name for key in keys for name in catalog.users_of_key(key)]
    return rotation.profile if rotation.profile in users or not users else users[0]


def key_left_in_vault(name: str, catalog: Catalog) -> str | None:
    """Returns the key that stays in the vault unused if the profile is removed, or None."""
    profile = catalog.profiles.get(name)
    key_id = key_in_process_line(profile) if profile else None
    if key_id is None or set(catalog.users_of_key(key_id)) - {name}:
        return None
    return key_id if Index.load().find(key_id) is not None else None
