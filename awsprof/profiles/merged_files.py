"""The two files merged into profiles, as in botocore.

The credentials file overrides the config file key by key, but a profile's access key, secret and
token all come from the same file. What a file's [DEFAULT] has, each of its sections has. A profile
is merged when it is first asked for: most commands need a few of thousands.
"""

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from configparser import DEFAULTSECT
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from awsprof.configfile import storage
from awsprof.configfile.document import Document, FileKind, Section
from awsprof.configfile.parse import Entry
from awsprof.profiles.model import Origin, Profile, SsoSession, Value
from awsprof.profiles.provider_order import merge_values

_Written = tuple[storage.ConfigFile, tuple[Section, ...]]
"""A section of a file, after those whose keys it inherits."""
_Sections = dict[str, list[_Written]]


@lru_cache(maxsize=4)  # before and after a change, each asked for several times
def merge_files(files: tuple[storage.ConfigFile, ...]) -> "MergedFiles":
    """Merges files with these bytes; the credentials file comes second, and wins."""
    profiles: _Sections = {}
    sessions: dict[str, SsoSession] = {}
    for file in files:
        document = file.document if file.data is not None else Document.parse(b"", file.kind)
        above = _default_sections(file, document)
        # Of two sections with the same name the last one replaces the first, as in botocore.
        for section in {section.id: section for section in document.sections}.values():
            name = section.id.name
            if section.id.type == "profile":
                profiles.setdefault(name, []).append((file, (*above, section)))
            elif section.id.type == "sso-session":
                values = _values(file, (*above, section))
                sessions[name] = SsoSession(name, values, _origin(file, section))
    return MergedFiles(MergedProfiles(profiles), MappingProxyType(sessions))


def _default_sections(file: storage.ConfigFile, document: Document) -> tuple[Section, ...]:
    """Returns the sections [DEFAULT]: configparser gives their keys to all others, so botocore."""
    if b"[DEFAULT]" not in (file.data or b""):
        return ()
    blocks = file.lenient.blocks
    lines = {written.line(0) for written in blocks if written.block.header == DEFAULTSECT}
    return tuple(section for section in document.sections if section.line in lines)


class MergedFiles(NamedTuple):
    """Profiles and sessions by name."""

    profiles: "MergedProfiles"
    sessions: Mapping[str, SsoSession]


class MergedProfiles(Mapping[str, Profile]):
    """Profiles by name, in file order; each is merged when it is first asked for, and kept."""

    def __init__(self, sections: _Sections) -> None:
        """``sections``: by profile name, one section for each file that defines it."""
        self._sections = sections
        self._merged: dict[str, Profile] = {}
        self._every: dict[str, Profile] | None = None  # once all are merged, in file order

    def __getitem__(self, name: str) -> Profile:
        found = self._merged.get(name)
        if found is None:  # one object for each, also if two threads merge it at once
            found = self._merged.setdefault(name, _merge(name, self._sections[name]))
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._sections

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)

    def values(self) -> ValuesView[Profile]:
        return self._all().values()

    def items(self) -> ItemsView[str, Profile]:
        return self._all().items()

    def _all(self) -> dict[str, Profile]:
        if self._every is None:
            self._every = {name: self[name] for name in self._sections}
        return self._every

    def files_with(self, name: str, key: str) -> tuple[FileKind, ...]:
        """Returns the files in which the profile has ``key``, even if another file overrides it."""
        return tuple(
            file.kind
            for file, sections in self._sections.get(name, ())
            if key and any(entry.key == key and not entry.nested for entry in sections[-1].entries)
        )


def _merge(name: str, written: list[_Written]) -> Profile:
    merged: dict[str, Value] = {}
    nested: dict[str, dict[str, Value]] = {}
    for file, sections in written:
        values = _values(file, sections)
        if merged:
            merge_values(merged, values)
        else:
            merged = values
        for entry, inherited in _entries(sections):
            if entry.nested:
                nested[entry.key] = {
                    below.key: Value(
                        below.value, Origin(file.kind, file.path, below.line), inherited
                    )
                    for below in entry.nested
                }
    return Profile(
        name, merged, nested, tuple(_origin(file, sections[-1]) for file, sections in written)
    )


def _origin(file: storage.ConfigFile, section: Section) -> Origin:
    return Origin(file.kind, file.path, section.line)


def _entries(sections: tuple[Section, ...]) -> Iterator[tuple[Entry, bool]]:
    """Yields the entries of the last section, after those that it inherits from the others.

    With each comes whether it is inherited: those of [DEFAULT] itself are, as they are everyone's.
    """
    *above, section = sections
    own = {entry.key for entry in section.entries} if above else ()
    for each in above:
        yield from ((entry, True) for entry in each.entries if entry.key not in own)
    is_default = any(each is section for each in above)
    yield from ((entry, is_default) for entry in section.entries)


def _values(file: storage.ConfigFile, sections: tuple[Section, ...]) -> dict[str, Value]:
    kind, path = file.kind, file.path
    return {
        entry.key: Value(entry.value, Origin(kind, path, entry.line), inherited)
        for entry, inherited in _entries(sections)
        if entry.key and not entry.nested
    }
