"""MFA asked once, at a key, and the roles above it that asked for themselves until then.

A role that names a device of its own on a source that signs in with MFA works in no SDK but ours:
the others send its code with temporary credentials, and AWS refuses it. So whatever makes a source
sign in takes the device off the roles on it, in the same change. On temporary credentials a role
lasts an hour at most, so that a longer duration goes as well (STS API reference, AssumeRole).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.configfile.document import FileEdit, SectionId, UnsetValue

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog

_HOUR = 3600  # seconds


def roles_with_own_mfa(source: str, catalog: "Catalog") -> Iterator[str]:
    """The roles right on the source that ask for a code of their own."""
    for name in catalog.users_of(source):
        profile = catalog.profiles[name]
        if profile.get("role_arn") and profile.get("mfa_serial"):
            yield name


def move_mfa_edits(
    source: str, catalog: "Catalog", *, besides: str | None = None
) -> tuple[FileEdit, ...]:
    """What takes the devices off those roles, but for the one that is written anew ``besides``."""
    found: list[FileEdit] = []
    for name in roles_with_own_mfa(source, catalog):
        if name == besides:
            continue
        found += _unset(name, "mfa_serial", catalog)
        seconds = (catalog.profiles[name].get("duration_seconds") or "").strip()
        if seconds.isdigit() and int(seconds) > _HOUR:
            found += _unset(name, "duration_seconds", catalog)
    return tuple(found)


def _unset(name: str, key: str, catalog: "Catalog") -> list[FileEdit]:
    section = SectionId.profile(name)
    return [FileEdit(k, UnsetValue(section, key)) for k in catalog.files_with(name, key)]
