"""The state of team files: which sections they manage, and the values applied last.

It is a JSON file beside the history. It has digests instead of the values of profiles; the answers
to a team file's questions are in plain text. If the file is lost or broken, the next ``team apply``
treats sections that equal the team file as managed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from awsprof import atomic, locks, parsing, paths, trust
from awsprof.configfile.document import SectionId
from awsprof.errors import AwsprofError, FileError
from awsprof.team.source_state import (
    AppliedChange,
    Digests,
    FormerState,
    SourceState,
    Version,
)

_FORMAT: Final = 1
_TYPES: Final = ("profile", "sso-session", "services")


@dataclass(frozen=True)
class TeamState:
    """The state of all sources. ``broken`` says why the file cannot be read; empty if it can.

    ``newer``: a newer awsprof wrote the file, and it is not replaced.
    """

    sources: tuple[SourceState, ...] = ()
    broken: str = ""
    newer: bool = False

    @property
    def for_current_config(self) -> tuple[SourceState, ...]:
        """The sources that were applied to the config file in use, the last applied one first."""
        config = _config()
        return tuple(each for each in self.sources if each.config == config)

    def of(self, source: str) -> SourceState:
        """Returns the state of a source; empty if it was never applied to this config file."""
        found = next((each for each in self.for_current_config if each.source == source), None)
        return found or SourceState(source, _config())

    def require_known_format(self) -> None:
        """Raises FileError if a newer awsprof wrote the file."""
        if self.newer:
            raise FileError(self.broken, "upgrade awsprof")

    def managed_by_others(self, source: str) -> frozenset[SectionId]:
        """Returns the sections of the config file in use that other sources manage."""
        return frozenset(
            id for each in self.for_current_config if each.source != source for id in each.sections
        )

    def managed(self) -> dict[SectionId, str]:
        """Returns the managed sections of the config file in use, each with its source."""
        return {
            section: each.source for each in self.for_current_config for section in each.sections
        }


@lru_cache(maxsize=1024)  # a thousand profiles have the same regions and role names
def digest_of(value: str) -> str:
    """Returns the digest of a value, as the state has it."""
    return blake2b(value.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def digests_of(values: Mapping[str, str]) -> dict[str, str]:
    """Returns the digest of each value, by key."""
    return {key: digest_of(value) for key, value in values.items()}


def state_file() -> Path:
    """Returns the file of the state."""
    return paths.data_dir() / "team.json"


def load_state() -> TeamState:
    """Returns the state, without the changes that were undone; empty if there is no file.

    Raises FileError if awsprof's data belongs to another user.
    """
    stored = _read()
    return replace(stored, sources=tuple(each.without_undone() for each in stored.sources))


def managed_profiles() -> dict[str, str]:
    """Returns the names of managed profiles, each with its source. Never raises."""
    try:
        managed = load_state().managed()
    except AwsprofError:
        return {}
    return {
        section.name: source for section, source in managed.items() if section.type == "profile"
    }


def update_state(
    source: str, change: Callable[[SourceState], SourceState], *, pending: bool = False
) -> None:
    """Replaces the state of a source, which becomes the one applied last.

    ``change`` gets the current state. With ``pending`` the new state takes effect once the history
    has its last change; until then the former one does. A file that cannot be read is kept as
    ``team.json.broken``. Raises FileError if the state cannot be written, or if a newer awsprof
    wrote it.
    """
    path = state_file()
    with locks.hold_lock(locks.lock_path(path), purpose="changing the state of the team file"):
        stored = load_state()
        stored.require_known_format()
        if stored.broken:
            atomic.write_file(path.with_name("team.json.broken"), atomic.read_file(path) or b"")
        former = stored.of(source)
        changed = change(former)
        table = {**_table(former), "pending": _table(changed)} if pending else _table(changed)
        others = [s for s in stored.sources if (s.source, s.config) != (source, changed.config)]
        locks.make_private_dir(path.parent)
        atomic.write_file(path, _dump([table, *map(_table, others)]))


def _config() -> str:
    return str(atomic.resolve_links(paths.config_file()))


def _read() -> TeamState:
    trust.require_own_data()
    path = state_file()
    try:
        data = atomic.read_file(path)
        if data is None:
            return TeamState()
        with parsing.wrap_parse_errors(path, "the next awsprof team apply creates it again"):
            return TeamState(tuple(_sources(_parsed(data))))
    except FileError as exc:
        return TeamState(broken=exc.message, newer=isinstance(exc.__cause__, parsing.NewerFormat))


@lru_cache(maxsize=2)  # a change reads what it was planned from, and then what it wrote
def _parsed(data: bytes) -> Any:
    return parsing.parse_json(data)


def _dump(sources: Iterable[Mapping[str, Any]]) -> bytes:
    return json.dumps({"format": _FORMAT, "sources": [*sources]}, separators=(",", ":")).encode()


def _table(source: SourceState) -> dict[str, Any]:
    return {
        "source": source.source,
        "config": source.config,
        "version": _version_table(source.version),
        "ref": source.ref,
        "earlier": source.earlier,
        "variables": dict(source.variables),
        "sections": _named(source.sections),
        "kept": _named(source.kept),
        "later": sorted(map(str, source.later)),
        "dropped": sorted(map(str, source.dropped)),
        "changes": [_change_table(change) for change in source.changes],
    }


def _change_table(change: AppliedChange) -> dict[str, Any]:
    table = {
        **{"id": change.id, "when": change.when, "digest": change.digest},
        "before": _named(change.before),
    }
    if change.former is None:
        return table
    former, dropped = change.former.version, change.former.dropped
    return {**table, "former": _version_table(former), "dropped": sorted(map(str, dropped))}


def _version_table(version: Version | None) -> dict[str, str] | None:
    return asdict(version) if version else None


def _named(sections: Mapping[SectionId, Digests] | Mapping[SectionId, Digests | None]) -> Any:
    return {str(section): values for section, values in sections.items()}


def _sources(value: object) -> Iterable[SourceState]:
    whole = parsing.expect_table(value)
    parsing.require_known_format(whole.get("format"), _FORMAT)
    if whole.get("format") != _FORMAT:
        raise parsing.InvalidValue("it is of another version of awsprof")
    for each in parsing.expect_list(whole["sources"], "sources"):
        table = parsing.expect_table(each, "a source")
        pending = table.get("pending")
        after = None if pending is None else _source(parsing.expect_table(pending, "pending"))
        took_effect = after and after.changes and after.changes[-1].is_undone is not None
        yield after if after and took_effect else _source(table)


def _source(table: Mapping[str, Any]) -> SourceState:
    version = _version(table["version"])
    return SourceState(
        parsing.expect_text(table["source"], "source"),
        parsing.expect_text(table["config"], "config"),
        {s: v for s, v in _sections(table["sections"]).items() if v is not None},
        {s: v for s, v in _sections(table["kept"]).items() if v is not None},
        _texts(table["variables"], "variables"),
        version,
        parsing.expect_text(table.get("ref", version.ref if version else ""), "ref"),
        parsing.expect_texts(table["earlier"], "earlier"),
        tuple(_change(c) for c in parsing.expect_list(table["changes"], "changes")),
        later=_ids(table, "later"),
        dropped=_ids(table, "dropped"),
    )


def _ids(table: Mapping[str, Any], key: str) -> frozenset[SectionId]:
    return frozenset(_sections(dict.fromkeys(parsing.expect_texts(table.get(key, []), key))))


def _version(value: object) -> Version | None:
    if value is None:
        return None
    texts = _texts(value, "version")
    return Version(texts["digest"], texts["commit"], texts["ref"])


def _change(value: object) -> AppliedChange:
    table = parsing.expect_table(value, "a change")
    id = parsing.expect_text(table["id"], "id", most=8)
    if not (id.isascii() and id.isdecimal()):
        raise parsing.InvalidValue("id should be a number")
    when, digest = (parsing.expect_text(table[key], key) for key in ("when", "digest"))
    former = None
    if "former" in table:
        former = FormerState(_version(table["former"]), _ids(table, "dropped"))
    return AppliedChange(id, when, digest, _sections(table["before"]), former)


def _sections(value: object) -> dict[SectionId, Digests | None]:
    found: dict[SectionId, Digests | None] = {}
    for text, digests in parsing.expect_table(value, "sections").items():
        type, _, name = text.partition(" ")
        if type not in _TYPES or not name:
            raise parsing.InvalidValue("a section should be a profile, an sso-session or services")
        found[SectionId(type, name)] = None if digests is None else _texts(digests, "a section")
    return found


def _texts(value: object, what: str) -> dict[str, str]:
    table = parsing.expect_table(value, what)
    return {key: parsing.expect_text(text, what) for key, text in table.items()}
