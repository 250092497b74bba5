"""Finds a second access key of a profile, in the other file than the one that SDKs use."""

from typing import Final

from awsprof.configfile.document import FileKind, SectionId
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Origin, Profile
from awsprof.secret_names import PLACES

_KEYS: Final = PLACES | {"aws_access_key_id"}


def find_second_key(profile: Profile, catalog: Catalog) -> Origin | None:
    """The first line of another key, or of a part of one; None if there is none.

    SDKs use the credentials file's key. Moving that into the vault removes the plain-text lines
    of both files, or else the other key would be used from then on.
    """
    for kind in FileKind:
        file = catalog.stored(kind)
        section = file.document.find(SectionId.profile(profile.name))
        for entry in section.entries if section else ():
            if entry.key in _KEYS and entry.value not in {profile.get(entry.key), ""}:
                return Origin(kind, file.path, entry.line)
    return None
