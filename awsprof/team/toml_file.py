"""One file of a team file: its tables as TOML, and the place of each key."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from awsprof import parsing
from awsprof.masking.mask import mask_text
from awsprof.parsing import InvalidValue
from awsprof.profiles.known_keys import nearest_known_key
from awsprof.team import limits
from awsprof.team.model import Place
from awsprof.team.problems import Problems, key_text
from awsprof.team.secret_finder import SecretFinder
from awsprof.team.toml_lines import Path, find_lines, line_of
from awsprof.text import sanitize

_AT_LINE: Final = re.compile(r"\(?\bat line (\d+), column \d+\)?|\bline (\d+)\b")
_LARGEST: Final = 2**31
_BOOLEANS: Final = {True: "true", False: "false"}
_SECRET: Final = "This line has what looks like a secret."  # noqa: S105  # a message
_REMOVE: Final = "remove it, and replace it where it is used: others may have read it"


class TomlFile:
    """A file as TOML. If it is invalid or has a secret, ``parsed`` is False, ``tables`` empty."""

    def __init__(
        self, name: str, data: bytes, problems: Problems, secrets: SecretFinder | None = None
    ) -> None:
        self.name = name
        self._secrets = secrets or SecretFinder()
        self._problems = problems
        self._lines: Mapping[Path, int] = {}
        self.tables: dict[str, Any] = {}
        self.parsed = False
        if not self._refuse_secrets(data):
            self._parse(data)
        if self._refuse_named_secrets():
            self.tables, self.parsed = {}, False

    def place(self, path: Path) -> Place:
        """Returns the place of a key, or of the nearest table around it."""
        return Place(self.name, line_of(self._lines, path))

    @property
    def hopeless(self) -> bool:
        """True if there are so many errors that no further one is kept."""
        return self._problems.full

    def problem(self, path: Path, says: str, fix: str = "") -> None:
        """Adds an error about a key."""
        self._problems.add(self.place(path), key_text(path), says, fix)

    def unknown_keys(self, path: Path, table: Iterable[str], known: Collection[str]) -> None:
        """Adds an error for each key of a table that is not known, with the nearest that is."""
        for key in [key for key in table if key not in known]:
            if self.hopeless:
                return
            names = sorted(known)
            near = nearest_known_key(key, names)
            fix = f"did you mean {near}?" if near else f"there is {', '.join(names)}"
            if not near and len(names) > 12:
                fix = "use a key that the AWS SDKs know"
            self.problem((*path, key), "There is no such key here.", fix)

    def table(self, path: Path, value: object) -> dict[str, Any]:
        """Returns a table; an empty one, with an error, if it is something else."""
        if isinstance(value, dict):
            return value
        self.problem(path, "This should be a table.", f"write {_header(path)} above its keys")
        return {}

    def list(self, path: Path, value: object) -> list[Any]:
        """Returns an array; an empty one, with an error, if it is something else."""
        if isinstance(value, list):
            return value
        wanted = f"write {_header((*path, 0))} above its keys"
        fix = wanted if isinstance(value, dict) else "write it in brackets"
        self.problem(path, "This should be a list.", fix)
        return []

    def text(self, path: Path, value: object) -> str | None:
        """Returns a value as text; reports an error and returns None if it is not one.

        A whole number or a boolean is written as AWS's files have it, but for account IDs.
        """
        if isinstance(value, bool):
            return _BOOLEANS[value]
        if isinstance(value, int) and not _is_account(path) and 0 <= value < _LARGEST:
            return str(value)
        try:
            text = parsing.expect_text(value)
        except InvalidValue:
            self.problem(path, "This should be a text.", "write it in quotes")
            return None
        if not text:
            self.problem(path, "This is empty.", "give it a value, or remove the line")
            return None
        if len(text) > limits.MAX_VALUE_CHARACTERS:
            fix = f"use at most {limits.MAX_VALUE_CHARACTERS} characters"
            self.problem(path, "The value is too long.", fix)
            return None
        return text

    def texts(self, path: Path, value: object) -> tuple[str, ...]:
        """Returns a list of texts; reports an error for each item that is not a text."""
        found = (self.text((*path, at), each) for at, each in enumerate(self.list(path, value)))
        return tuple(text for text in found if text is not None)

    def _refuse_secrets(self, data: bytes) -> bool:
        """Adds an error for each line with a secret; True if there are any.

        By their format in any line, by their name in comments and in values.
        """
        lines = data.decode(errors="replace").splitlines()
        found = [
            number for number, line in enumerate(lines, start=1) if self._secrets.in_line(line)
        ]
        for number in found:
            self._problems.add(Place(self.name, number), "", _SECRET, _REMOVE)
        return bool(found)

    def _refuse_named_secrets(self) -> bool:
        every = _texts((), "", self.tables)
        found = [path for path, key, text in every if self._secrets.in_value(text, key)]
        for path in found:
            self._problems.add(self.place(path), "", _SECRET, _REMOVE)
        return bool(found)

    def _parse(self, data: bytes) -> None:
        try:
            self._lines = find_lines(data.decode("utf-8-sig"))
            self.tables = parsing.parse_toml(data)
            self.parsed = True
        except (ValueError, RecursionError) as exc:
            reason = mask_text(sanitize(parsing.failure_reason(exc)))
            at = _AT_LINE.search(str(exc))
            line = int(at[1] or at[2]) if at else 1
            reason = (
                reason.replace(at[0], "").replace(" ()", "").replace(" )", ")") if at else reason
            )
            self._problems.add(
                Place(self.name, line), "", f"The file cannot be read: {reason.strip()}."
            )


def _is_account(path: Path) -> bool:
    return str(path[-1]).endswith("account_id") or path[-1] == "id"


def _header(path: Path) -> str:
    """Returns the header of a table as TOML has it; two brackets for one of several."""
    name = ".".join(part for part in path if isinstance(part, str))
    return f"[[{name}]]" if isinstance(path[-1], int) else f"[{name}]"


def _texts(path: Path, key: str, value: object) -> Iterator[tuple[Path, str, str]]:
    """Yields the path, the key and the value of each text in a table or a list.

    A list's texts have the list's ``key``.
    """
    parts: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for part, each in parts:
        own = part if isinstance(part, str) else key
        if isinstance(each, str):
            yield (*path, part), own, each
        else:
            yield from _texts((*path, part), own, each)
