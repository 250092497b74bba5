"""Moves MFA from roles to their source profile.

If the source signs in with MFA, a role with a device of its own fails in every other tool: they
send the code with temporary credentials, and AWS rejects that. So a change that gives the source an
MFA device removes the device from its roles. With temporary credentials a role lasts at most an
hour, so longer durations are removed too (STS API reference, AssumeRole).
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awsprof.configfile.document import FileEdit, SectionId, UnsetValue
from awsprof.profiles.durations import exceeds_chained_limit

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog


def roles_with_own_mfa(source: str, catalog: "Catalog") -> Iterator[str]:
    """Yields the roles with that source_profile and an MFA device of their own."""
    for name in catalog.users_of(source):
        profile = catalog.profiles[name]
        if profile.get("role_arn") and profile.get("mfa_serial"):
            yield name


def move_mfa_edits(
    source: str, catalog: "Catalog", *, besides: str | None = None
) -> tuple[FileEdit, ...]:
    """Returns the edits that remove the devices of those roles, except of the role ``besides``."""
    edits: list[FileEdit] = []
    for name in roles_with_own_mfa(source, catalog):
        if name == besides:
            continue
        edits += _unset(name, "mfa_serial", catalog)
        if exceeds_chained_limit(catalog.profiles[name].get("duration_seconds")):
            edits += _unset(name, "duration_seconds", catalog)
    return tuple(edits)


def _unset(name: str, key: str, catalog: "Catalog") -> list[FileEdit]:
    section = SectionId.profile(name)
    return [FileEdit(k, UnsetValue(section, key)) for k in catalog.files_with(name, key)]
