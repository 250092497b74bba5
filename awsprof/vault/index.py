"""The vault's index: its access keys with owner, backend and date, without secrets.

A keyring cannot list its entries, and one that was reset cannot tell what it lost; the index can.
It is a TOML file that people may read; unknown content is preserved.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from awsprof import atomic, locks, parsing, paths, trust
from awsprof.errors import AwsprofError
from awsprof.vault.rotation_records import (
    RotationRecord,
    StopRecord,
    parse_rotation,
    parse_stop,
)

_TABLE: Final = "keys"
_ROTATIONS: Final = "rotations"
_STOPS: Final = "stops"
_DELETED: Final = "deleted"
_NOTE: Final = "What awsprof's vault holds. No secrets here: those are in the keyring named."


@dataclass(frozen=True)
class IndexEntry:
    """One access key in the vault; ``account`` and ``arn`` are None if unknown."""

    key_id: str
    account: str | None
    arn: str | None
    backend: str
    since: datetime


class Index:
    """The index as it was loaded. Changes lock, reload and write the file."""

    def __init__(
        self,
        entries: Mapping[str, IndexEntry],
        rotations: Mapping[str, RotationRecord] | None = None,
        stops: Mapping[str, StopRecord] | None = None,
        deleted: Iterable[str] = (),
    ) -> None:
        self._entries = dict(entries)
        self._rotations = dict(rotations or {})
        self._stops = dict(stops or {})
        self._deleted = frozenset(deleted)

    @classmethod
    def load(cls) -> "Index":
        """Returns the current index; empty if there is no file.

        Raises FileError if it cannot be read, or belongs to another user.
        """
        trust.require_own_data()
        with _expecting():
            whole = parsing.parse_toml(atomic.read_file(paths.index_file()) or b"")
            keys, rotations, stops, deleted = (
                parsing.expect_table(whole.get(name, {}), name)
                for name in (_TABLE, _ROTATIONS, _STOPS, _DELETED)
            )
            return cls(
                {key_id: _entry(key_id, table) for key_id, table in keys.items()},
                {old: parse_rotation(old, table) for old, table in rotations.items()},
                {key_id: parse_stop(key_id, table) for key_id, table in stops.items()},
                deleted,
            )

    @classmethod
    def load_or_empty(cls) -> "Index":
        """Returns the current index; empty also if it cannot be read."""
        try:
            return cls.load()
        except AwsprofError:
            return cls({})

    def entries(self) -> tuple[IndexEntry, ...]:
        """Returns all entries, sorted by key ID."""
        return tuple(self._entries[key_id] for key_id in sorted(self._entries))

    def find(self, key_id: str) -> IndexEntry | None:
        """Returns the entry of that key; None if it was never stored in the vault, or deleted."""
        return self._entries.get(key_id)

    def record(
        self, key_id: str, account: str | None = None, arn: str | None = None, *, backend: str
    ) -> None:
        """Records that ``backend`` has ``key_id``. An account or ARN of None stays as recorded."""
        now = datetime.now(UTC).replace(microsecond=0)

        def change(tables: Any) -> bool:
            table = tables.setdefault(key_id, {})
            values = {"account": account, "arn": arn, "backend": backend}
            news = {k: v for k, v in values.items() if v is not None and table.get(k) != v}
            if "since" not in table:
                news["since"] = now  # type: ignore[assignment]  # TOML's own time
            table.update(news)
            return bool(news)

        self._changed(_TABLE, change)

    def forget(self, key_id: str) -> None:
        """Removes ``key_id``, if it is recorded."""
        self._changed(_TABLE, lambda tables: tables.pop(key_id, None) is not None)

    def is_deleted(self, key_id: str) -> bool:
        """True if awsprof deleted that key at AWS, or found that AWS has it no more."""
        return key_id in self._deleted

    def note_deleted(self, key_id: str) -> None:
        """Removes ``key_id``, and notes that AWS has it no more: undo must not bring it back."""
        self.forget(key_id)
        now = datetime.now(UTC).replace(microsecond=0)

        def change(tables: Any) -> bool:
            new = key_id not in tables
            tables.setdefault(key_id, now)
            return new

        self._changed(_DELETED, change)

    def rotations(self) -> tuple[RotationRecord, ...]:
        """Returns the rotations in progress, oldest first."""
        return tuple(sorted(self._rotations.values(), key=lambda rotation: rotation.began))

    def rotation_of(self, key_id: str) -> RotationRecord | None:
        """Returns the rotation in progress that has ``key_id`` as its old or its new key."""
        return next((r for r in self.rotations() if key_id in (r.old, r.new)), None)

    def note_rotation(self, rotation: RotationRecord, *, instead_of: str = "") -> None:
        """Records a rotation's state; it replaces that of the old key ``instead_of``."""

        def change(tables: Any) -> bool:
            tables.pop(instead_of, None)
            known = {k: v for k, v in vars(rotation).items() if v is not None and k != "old"}
            tables[rotation.old] = {**known, "known": list(rotation.known)}
            return True

        self._changed(_ROTATIONS, change)

    def end_rotation(self, old: str) -> None:
        """Removes the record of the rotation of ``old``."""
        self._changed(_ROTATIONS, lambda tables: tables.pop(old, None) is not None)

    def stops(self) -> tuple[StopRecord, ...]:
        """Returns the records of leaked keys, oldest first, finished ones included."""
        return tuple(sorted(self._stops.values(), key=lambda stop: stop.began))

    def stop_of(self, key_id: str) -> StopRecord | None:
        """Returns the record of that leaked key; None if there is none."""
        return self._stops.get(key_id)

    def stop_replaced_by(self, key_id: str) -> StopRecord | None:
        """Returns the record of the leaked key that ``key_id`` replaced; None if there is none."""
        return next((stop for stop in self._stops.values() if stop.new == key_id), None)

    def note_stop(self, stop: StopRecord) -> None:
        """Records the state of stopping a leaked key."""

        def change(tables: Any) -> bool:
            known = {k: v for k, v in vars(stop).items() if v is not None and k != "leaked"}
            tables[stop.leaked] = {**known, "known": list(stop.known)}
            return True

        self._changed(_STOPS, change)

    def end_stop(self, leaked: str) -> None:
        """Removes the record of a leaked key, once the key is deleted."""
        self._changed(_STOPS, lambda tables: tables.pop(leaked, None) is not None)

    def _changed(self, name: str, change: Any) -> None:
        import tomlkit

        path = paths.index_file()
        with locks.hold_lock(paths.locks_dir() / "index.lock", purpose="writing the vault's index"):
            self._reload()
            with _expecting():
                document = tomlkit.parse((atomic.read_file(path) or b"").decode("utf-8-sig"))
            if not document:
                document.add(tomlkit.comment(_NOTE))
            if name not in document:
                document.add(name, tomlkit.table(is_super_table=True))
            if change(document[name]):
                atomic.write_file(path, tomlkit.dumps(document).encode())
                self._reload()

    def _reload(self) -> None:
        now = Index.load()
        self._entries, self._rotations, self._stops = now._entries, now._rotations, now._stops
        self._deleted = now._deleted


def _entry(key_id: str, table: Mapping[str, Any]) -> IndexEntry:
    table = parsing.expect_table(table, key_id)
    return IndexEntry(
        key_id,
        parsing.optional_text(table, "account"),
        parsing.optional_text(table, "arn"),
        parsing.expect_text(table["backend"], "backend"),
        parsing.require_timezone(table["since"], "since"),
    )


def _expecting() -> AbstractContextManager[None]:
    path = paths.index_file()
    return parsing.wrap_parse_errors(
        f"{path}, the index of the vault,",
        f"correct it, or move it away: the secrets themselves are not in {path.name}",
    )
