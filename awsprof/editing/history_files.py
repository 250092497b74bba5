"""A history entry and its JSON file."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from awsprof import atomic, parsing, paths, trust
from awsprof.configfile.document import FileKind
from awsprof.editing import hunks, redaction
from awsprof.masking.mask import mask_message
from awsprof.secret import Secret

_FORMAT: Final = 2  # format 1 kept secrets in plain text under unusual key names
_FORMAT_MARK: Final = f'"format": {_FORMAT}'.encode()
HEAD_BYTES: Final = 64  # of an entry's file, with its format
_ENTRY_NAME: Final = re.compile(r"\d+\.json", re.ASCII)
_HEAD: Final = re.compile(  # as ``entry_json`` writes it
    rb"\{" + _FORMAT_MARK + rb', "summary": "(?:[^"\\]|\\.)*", "when": "(?P<when>[^"\\]*)",'
    rb' "undone": (?P<undone>true|false), '
)
_FILE_AFTER: Final = re.compile(  # as ``entry_json`` writes it: no text of JSON has a bare quote
    rb'"path": (?P<path>"(?:[^"\\]|\\.)*"), "before": "\w+", "after": "(?P<after>\w+)", "hunks": \['
)


@dataclass(frozen=True)
class FileChange:
    """The change to one file: digests before and after ("none": no file), and the hunks."""

    kind: FileKind
    path: Path
    before: str
    after: str
    hunks: tuple[hunks.Hunk, ...]


@dataclass(frozen=True)
class HistoryEntry:
    """One change. ``awsprof undo`` takes ``id``; ``added`` are key IDs added to the vault."""

    id: str
    when: datetime
    summary: str
    files: tuple[FileChange, ...]
    added: tuple[str, ...] = ()
    undone: bool = False
    reported: bool = False
    undoes: str = ""

    def references(self) -> tuple[str, ...]:
        """Returns names of the vault secrets that this entry refers to."""
        return tuple(
            name for f in self.files for h in f.hunks for name in redaction.vault_references(h.old)
        )


def entry_files() -> list[Path]:
    """Returns each entry's file, newest first. Raises FileError if another user owns one."""
    trust.require_own_data()
    try:  # not Path.glob: which errors it hides depends on the version of Python
        found = [path for path in paths.history_dir().iterdir() if _ENTRY_NAME.fullmatch(path.name)]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return sorted(found, reverse=True)


def entry_file(id: str) -> Path:
    """Returns the path of the entry with that ID."""
    return paths.history_dir() / f"{int(id):08}.json"


def save_entry(entry: HistoryEntry) -> None:
    """Writes an entry to its file (mode 0600)."""
    atomic.write_file(entry_file(entry.id), entry_json(entry))


def entry_json(entry: HistoryEntry, more: Mapping[str, Any] | None = None) -> bytes:
    """Returns an entry as JSON, with the fields of ``more`` added."""
    data = {
        "format": _FORMAT,
        "summary": entry.summary,
        "when": entry.when.isoformat(),
        "undone": entry.undone,
        "told": entry.reported,
        "undoes": entry.undoes,
        "added": entry.added,
        "files": [
            {
                "kind": file.kind,
                "path": str(file.path),
                "before": file.before,
                "after": file.after,
                "hunks": [vars(hunk) for hunk in file.hunks],
            }
            for file in entry.files
        ],
    }
    return json.dumps({**data, **(more or {})}).encode()


def read_entry(path: Path, keep: Callable[[str, Secret], None]) -> tuple[HistoryEntry, bool]:
    """Returns the entry in a file, and True if the file has secrets in plain text (from old
    versions).

    The returned entry has them redacted; ``keep`` is called with the name and the secret of those
    in old lines. Raises FileError if the file cannot be parsed.
    """
    with parsing.wrap_parse_errors(f"{path} of the history", f"delete {path}"):
        data = atomic.read_file(path) or b""
        entry = _entry_of_this_format(data, path)
        return (entry, False) if entry else entry_from_json(_parse(data), path, keep)


@lru_cache(maxsize=4)  # undo reads one entry again and again, in case that it changed
def _entry_of_this_format(data: bytes, path: Path) -> HistoryEntry | None:
    parsed = _parse(data)
    if parsed.get("format") != _FORMAT:
        return None
    return entry_from_json(parsed, path, lambda name, secret: None)[0]


def has_current_format(data: bytes) -> bool:
    """True if the entry's file begins as ``save_entry`` writes it now; its head is enough."""
    return _FORMAT_MARK in data[:HEAD_BYTES]


def undone_mark(data: bytes) -> tuple[str, bool] | None:
    """Returns the time of an entry, and whether it was undone, without parsing all of its JSON.

    None if the JSON is not as ``save_entry`` writes it.
    """
    head = _HEAD.match(data)
    return None if head is None else (head["when"].decode(), head["undone"] == b"true")


def digests_after(data: bytes) -> dict[Path, str]:
    """Returns the digest of each file after a change, from an entry's JSON, without parsing all of
    it.

    Empty if the JSON is not as ``save_entry`` writes it.
    """
    if not has_current_format(data):
        return {}
    try:
        return {
            _path(json.loads(found["path"])): found["after"].decode()
            for found in _FILE_AFTER.finditer(data)
        }
    except ValueError:
        return {}


def read_json(path: Path) -> dict[str, Any]:
    """Parses such a file. Raises ValueError or RecursionError if it is not a JSON object."""
    return _parse(atomic.read_file(path) or b"")


def _parse(data: bytes) -> dict[str, Any]:
    return parsing.expect_table(parsing.parse_json(data))


def entry_from_json(
    data: Mapping[str, Any], path: Path, keep: Callable[[str, Secret], None]
) -> tuple[HistoryEntry, bool]:
    """Reads an entry from parsed JSON. Raises what ``parsing.wrap_parse_errors`` catches."""
    parsing.require_known_format(data.get("format"), _FORMAT)
    changes = tuple(_change(each) for each in parsing.expect_list(data["files"], "files"))
    clear = False
    if data.get("format") != _FORMAT:
        clear = any(hunks.holds_secret(hunk) for file in changes for hunk in file.hunks)
        names = redaction.secret_naming()
        changes = tuple(
            replace(file, hunks=tuple(hunks.clean_hunk(h, names, keep) for h in file.hunks))
            for file in changes
        )
    entry = HistoryEntry(
        str(int(path.stem)),
        parsing.expect_time(data["when"], "when"),
        mask_message(parsing.expect_text(data["summary"], "summary")),
        changes,
        parsing.expect_texts(data["added"], "added"),
        parsing.expect_bool(data["undone"], "undone"),
        parsing.expect_bool(data["told"], "told"),
        parsing.expect_text(data["undoes"], "undoes"),
    )
    return entry, clear


def _change(value: object) -> FileChange:
    data = parsing.expect_table(value, "files")
    return FileChange(
        FileKind(data["kind"]),
        _path(data["path"]),
        parsing.expect_text(data["before"], "before"),
        parsing.expect_text(data["after"], "after"),
        tuple(_hunk(each) for each in parsing.expect_list(data["hunks"], "hunks")),
    )


def _hunk(value: object) -> hunks.Hunk:
    data = parsing.expect_table(value, "hunks")
    old, new, above, below = (
        tuple(map(_line, parsing.expect_list(data[p], p))) for p in ("old", "new", "above", "below")
    )
    section = data.get("section")  # earlier versions did not note it
    return hunks.Hunk(
        parsing.expect_int(data["start"], "start"),
        old,
        new,
        above,
        below,
        None if section is None else _line(section),
    )


def _path(value: object) -> Path:
    text = _line(value)
    if "\0" in text:
        raise parsing.InvalidValue("path has a character that no path has")
    return Path(text)


def _line(value: object) -> str:
    """Returns a line of a file; bytes that are not UTF-8 are surrogate escapes."""
    if not isinstance(value, str):
        raise parsing.InvalidValue("a line should be a text")
    if not value.isascii():
        value.encode(errors="surrogateescape")  # it must be possible to write it back
    return value
