"""The two files merged into profiles, as in botocore.

The credentials file overrides the config file key by key, but a profile's access key, secret and
token all come from the same file.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from awsprof.configfile import storage
from awsprof.configfile.document import Document, FileKind, Section
from awsprof.profiles.model import Origin, Profile, SsoSession, Value
from awsprof.profiles.provider_order import merge_values


@lru_cache(maxsize=4)  # before and after a change, each asked for several times
def merge_files(files: tuple[storage.ConfigFile, ...]) -> "MergedFiles":
    """Merges files with these bytes; the credentials file comes second, and wins."""
    merge = _Merge()
    for file in files:
        merge.add(file)
    return MergedFiles(merge.profiles(), MappingProxyType(merge.sessions), merge.holding)


class MergedFiles(NamedTuple):
    """Profiles and sessions by name; ``holding`` is the keys that a profile has in each file."""

    profiles: Mapping[str, Profile]
    sessions: Mapping[str, SsoSession]
    holding: Mapping[tuple[FileKind, str], set[str]]


class _Merge:
    """Merges both files into profiles."""

    def __init__(self) -> None:
        self.sessions: dict[str, SsoSession] = {}
        self.holding: dict[tuple[FileKind, str], set[str]] = {}
        self._values: dict[str, dict[str, Value]] = {}
        self._nested: dict[str, dict[str, dict[str, Value]]] = {}
        self._origins: dict[str, list[Origin]] = {}

    def add(self, file: storage.ConfigFile) -> None:
        document = file.document if file.data is not None else Document.parse(b"", file.kind)
        # Of two sections with the same name the last one replaces the first, as in botocore.
        for section in {section.id: section for section in document.sections}.values():
            origin = Origin(file.kind, file.path, section.line)
            values = _values(section, file.kind, file.path)
            if section.id.type == "profile":
                self._profile(section, values, origin, file)
            elif section.id.type == "sso-session":
                self.sessions[section.id.name] = SsoSession(section.id.name, values, origin)

    def _profile(
        self, section: Section, values: dict[str, Value], origin: Origin, file: storage.ConfigFile
    ) -> None:
        name = section.id.name
        self.holding[(file.kind, name)] = set(values)
        merged = self._values.setdefault(name, {})
        merge_values(merged, values)
        nested = self._nested.setdefault(name, {})
        for entry in section.entries:
            if entry.nested:
                nested[entry.key] = {
                    below.key: Value(below.value, Origin(file.kind, file.path, below.line))
                    for below in entry.nested
                }
        self._origins.setdefault(name, []).append(origin)

    def profiles(self) -> Mapping[str, Profile]:
        found = {
            name: Profile(name, values, self._nested[name], tuple(self._origins[name]))
            for name, values in self._values.items()
        }
        return MappingProxyType(found)


def _values(section: Section, kind: FileKind, path: Path) -> dict[str, Value]:
    return {
        entry.key: Value(entry.value, Origin(kind, path, entry.line))
        for entry in section.entries
        if entry.key and not entry.nested
    }
