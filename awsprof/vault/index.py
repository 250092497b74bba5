"""What the vault holds, without secrets: which access keys, whose, where, and since when.

A keyring cannot list what it holds, and one that was reset cannot say what it lost; this can.
A TOML file that people may read; what else stands in it stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from awsprof import atomic, locks, paths
from awsprof.errors import FileProblem

_TABLE: Final = "keys"
_NOTE: Final = "What awsprof's vault holds. No secrets here: those are in the keyring named."


@dataclass(frozen=True)
class IndexEntry:
    """One access key of the vault; ``account`` and ``arn`` where they are known."""

    key_id: str
    account: str | None
    arn: str | None
    backend: str
    since: datetime


class Index:
    """The index as it was read; what changes it reads it again, under a lock, and writes it."""

    def __init__(self, entries: Mapping[str, IndexEntry]) -> None:
        self._entries = dict(entries)

    @classmethod
    def load(cls) -> "Index":
        """The index now; empty where there is none yet. FileProblem where it cannot be read."""
        import tomllib

        data = atomic.read(paths.index_file())
        try:
            tables = tomllib.loads((data or b"").decode()).get(_TABLE, {})
            return cls({key_id: _entry(key_id, table) for key_id, table in tables.items()})
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise _unreadable() from exc

    def entries(self) -> tuple[IndexEntry, ...]:
        """All, by key id."""
        return tuple(self._entries[key_id] for key_id in sorted(self._entries))

    def find(self, key_id: str) -> IndexEntry | None:
        """The entry of that key, None where it was never put into the vault, or deleted."""
        return self._entries.get(key_id)

    def record(
        self, key_id: str, account: str | None = None, arn: str | None = None, *, backend: str
    ) -> None:
        """Note that ``backend`` holds ``key_id``. What is not given stays as it was known."""
        now = datetime.now(UTC).replace(microsecond=0)

        def change(tables: Any) -> bool:
            table = tables.setdefault(key_id, {})
            wanted = {"account": account, "arn": arn, "backend": backend}
            news = {k: v for k, v in wanted.items() if v is not None and table.get(k) != v}
            if "since" not in table:
                news["since"] = now  # type: ignore[assignment]  # TOML's own time
            table.update(news)
            return bool(news)

        self._changed(change)

    def forget(self, key_id: str) -> None:
        """Take ``key_id`` out, where it stands there."""
        self._changed(lambda tables: tables.pop(key_id, None) is not None)

    def _changed(self, change: Any) -> None:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        path = paths.index_file()
        with locks.hold(paths.locks_dir() / "index.lock", purpose="writing the vault's index"):
            self._entries = Index.load()._entries
            try:
                document = tomlkit.parse((atomic.read(path) or b"").decode())
            except TOMLKitError as exc:
                raise _unreadable() from exc
            if _TABLE not in document:
                document.add(tomlkit.comment(_NOTE))
                document.add(_TABLE, tomlkit.table(is_super_table=True))
            if change(document[_TABLE]):
                atomic.write(path, tomlkit.dumps(document).encode())
                self._entries = Index.load()._entries


def _entry(key_id: str, table: Mapping[str, Any]) -> IndexEntry:
    since = table["since"]
    if not isinstance(since, datetime):
        raise TypeError("since is no time")
    aware = since if since.tzinfo else since.replace(tzinfo=UTC)
    backend = table["backend"]
    account, arn = table.get("account"), table.get("arn")
    return IndexEntry(
        key_id,
        None if account is None else str(account),
        None if arn is None else str(arn),
        str(backend),
        aware,
    )


def _unreadable() -> FileProblem:
    path = paths.index_file()
    return FileProblem(
        f"{path} cannot be read, so what the vault holds is not known.",
        f"mend it, or move it away: the secrets themselves are not in {path.name}",
    )
