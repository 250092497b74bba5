"""Moves a key from the vault back into plain text, for those who stop using awsprof."""

from __future__ import annotations

from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, UnsetValue
from awsprof.editing.change import Change
from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import key_in_vault
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize


def key_to_move_back(profile: Profile) -> str:
    """Returns the ID of the profile's key in the vault. Raises UsageError if it has none."""
    key_id = key_in_vault(profile)
    if key_id is None:
        raise UsageError(
            f"{sanitize(profile.name)} has no key in the vault.",
            "awsprof keys list shows which profiles have one",
        )
    return key_id


def move_back_change(profile: Profile, key_id: str, secret: Secret, catalog: Catalog) -> Change:
    """Returns the change that writes the key to ~/.aws/credentials and removes our process line.

    The vault keeps its copy, so that `awsprof undo` can bring the line back.
    """
    section = SectionId.profile(profile.name)
    lines = tuple(
        FileEdit(kind, UnsetValue(section, "credential_process"))
        for kind in catalog.files_with(profile.name, "credential_process")
    )
    values = (("aws_access_key_id", key_id), ("aws_secret_access_key", secret.reveal()))
    written = FileEdit(FileKind.CREDENTIALS, PutSection(section, values))
    return Change(f"moved the key of {profile.name} back to plain text", (*lines, written))


def roles_without_mfa(profile: Profile, catalog: Catalog) -> list[str]:
    """Returns the commands that name the MFA device at each role that got it from this profile."""
    device = profile.get("mfa_serial")
    if device is None:
        return []
    return [
        f"awsprof set {arguments(name, 'mfa_serial', device)}"
        for name in catalog.users_of(profile.name)
        if catalog.get(name).get("role_arn") and not catalog.get(name).get("mfa_serial")
    ]
