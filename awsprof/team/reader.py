"""Reads a team file and what it includes; every error in all of the files is found at once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Protocol, TypeVar

from awsprof.errors import AwsprofError
from awsprof.team import limits
from awsprof.team.expansion import verify, with_sections
from awsprof.team.model import (
    FORMAT_VERSION,
    TEAM_FILE,
    Definition,
    Loop,
    Place,
    TeamAccount,
    TeamFile,
    TeamProblem,
    TeamSource,
    Variable,
)
from awsprof.team.problems import Problems
from awsprof.team.secret_finder import SecretFinder
from awsprof.team.tables import GENERATED, read_accounts, read_loops, read_sections, read_variables
from awsprof.team.toml_file import TomlFile
from awsprof.team.toml_lines import Path
from awsprof.text import sanitize

_ROOT: Final = (
    *("version", "include", GENERATED, "variables", "sso-session", "services", "template"),
    *("profile", "accounts", "for_each"),
)
_INCLUDE: Final = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.\-]*/)*[A-Za-z0-9_][A-Za-z0-9_.\-]*\.toml"
)


def load(source: TeamSource, name: str = TEAM_FILE) -> TeamFile:
    """Reads the team file ``name`` of a source.

    Raises TeamFileError with every error in it, also those that only show in the sections that
    ``for_each`` makes. Raises AwsprofError if the source cannot be read.
    """
    problems = Problems()
    team = read_files(source, name, problems)
    drafts = verify(team, problems)
    problems.raise_if_any(source.label)
    return with_sections(team, drafts)


def read_files(source: TeamSource, name: str, problems: Problems) -> TeamFile:
    """Reads a team file as far as it can be read; adds its errors to ``problems``."""
    return _Reader(source, problems).read(PurePosixPath(name))


@dataclass
class _Parts:
    """What was read so far, of all files."""

    variables: list[Variable] = field(default_factory=list)
    sessions: list[Definition] = field(default_factory=list)
    services: list[Definition] = field(default_factory=list)
    profiles: list[Definition] = field(default_factory=list)
    templates: list[Definition] = field(default_factory=list)
    accounts: list[TeamAccount] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)


class _Reader:
    def __init__(self, source: TeamSource, problems: Problems) -> None:
        self._source = source
        self._problems = problems
        self._parts = _Parts()
        self._secrets = SecretFinder()
        self._digest = hashlib.sha256()
        self._files: dict[str, int] = {}  # their sizes

    def read(self, name: PurePosixPath) -> TeamFile:
        self._read_file(name, (), None)
        parts = self._parts
        return TeamFile(
            self._source.label,
            FORMAT_VERSION,
            self._digest.hexdigest(),
            tuple(self._files),
            {each.name: each for each in self._unique(parts.variables, "variables")},
            self._unique(parts.sessions, "sso-session"),
            self._unique(parts.services, "services"),
            self._unique(parts.profiles, "profile"),
            {each.name: each for each in self._unique(parts.templates, "template")},
            self._unique_accounts(parts.accounts),
            tuple(parts.loops),
        )

    def _read_file(
        self, name: PurePosixPath, above: tuple[str, ...], included_at: Place | None
    ) -> None:
        """Reads a file once, however often it is included. ``above`` are the files around it."""
        data = self._bytes(name, included_at)
        if data is None:
            return
        self._digest.update(f"{name}\0{len(data)}\0".encode() + data)
        self._files[str(name)] = len(data)
        file = TomlFile(str(name), data, self._problems, self._secrets)
        file.unknown_keys((), file.tables, _ROOT)
        if GENERATED in file.tables:
            file.text((GENERATED,), file.tables[GENERATED])
        self._read_version(file)
        self._read_tables(file)
        self._read_includes(file, name, (*above, str(name)))

    def _bytes(self, name: PurePosixPath, included_at: Place | None) -> bytes | None:
        try:
            data = self._source.read(name)
        except AwsprofError as exc:
            if included_at is None:
                raise
            self._problems.add(included_at, "include", exc.message, exc.fix)
            return None
        place, key = (included_at, "include") if included_at else (Place(str(name), 1), "")
        if len(data) > limits.MAX_FILE_BYTES:
            says = f"{sanitize(str(name))} is larger than {limits.MAX_FILE_BYTES >> 20} MiB."
            self._problems.add(place, key, says, "split it into several files")
            return None
        if sum(self._files.values()) + len(data) > limits.MAX_TOTAL_BYTES:
            says = f"All files together are larger than {limits.MAX_TOTAL_BYTES >> 20} MiB."
            self._problems.add(place, key, says, "use templates and for_each")
            return None
        return data

    def _read_version(self, file: TomlFile) -> None:
        if not file.parsed:
            return
        version = file.tables.get("version")
        if version is None:
            fix = f"write version = {FORMAT_VERSION} above everything else"
            file.problem(("version",), "The file does not say its version.", fix)
        elif type(version) is not int or version != FORMAT_VERSION:
            fix = f"write version = {FORMAT_VERSION}, or update awsprof"
            file.problem(("version",), "This awsprof cannot read that version.", fix)

    def _read_tables(self, file: TomlFile) -> None:
        tables, parts = file.tables, self._parts
        had_too_many = len(parts.variables) > limits.MAX_VARIABLES
        parts.variables += read_variables(file, tables.get("variables", {}))
        parts.sessions += read_sections(file, "sso-session", tables.get("sso-session", {}))
        parts.services += read_sections(file, "services", tables.get("services", {}))
        parts.templates += read_sections(file, "template", tables.get("template", {}))
        parts.profiles += read_sections(file, "profile", tables.get("profile", {}))
        parts.accounts += read_accounts(file, tables.get("accounts", []))
        parts.loops += read_loops(file, tables.get("for_each", []))
        if len(parts.variables) > limits.MAX_VARIABLES and not had_too_many:
            fix = f"use at most {limits.MAX_VARIABLES}: a person has to answer each"
            file.problem(("variables",), "There are too many variables.", fix)

    def _read_includes(self, file: TomlFile, name: PurePosixPath, above: tuple[str, ...]) -> None:
        included = file.texts(("include",), file.tables.get("include", []))
        for at, text in enumerate(included):
            path: Path = ("include", at)
            if (
                not _INCLUDE.fullmatch(text)
                or ".." in text
                or len(text) > limits.MAX_NAME_CHARACTERS
            ):
                fix = "name a .toml file in this folder or below it, with / between folders"
                file.problem(path, "This is not a file that can be included.", fix)
                continue
            other = name.parent / text
            if str(other) in above:
                file.problem(path, "The files include each other in a cycle.", "remove one")
            elif len(above) > limits.MAX_INCLUDE_DEPTH:
                file.problem(path, "Includes are nested too deeply.", "include it further up")
            elif len(self._files) >= limits.MAX_FILES:
                file.problem(
                    path, "Too many files are included.", f"use at most {limits.MAX_FILES}"
                )
                return
            elif str(other) not in self._files:
                self._read_file(other, above, file.place(path))

    def _unique(self, every: list[_Named], kind: str) -> tuple[_Named, ...]:
        """Returns the first of each name; adds an error for each other one."""
        found: dict[str, _Named] = {}
        for each in every:
            before = found.setdefault(each.name.lower(), each)
            if before is not each:
                self._add_duplicate(each.place, f"{kind}.{each.name}", before.name, before.place)
        return tuple(found.values())

    def _unique_accounts(self, accounts: list[TeamAccount]) -> tuple[TeamAccount, ...]:
        by_id: dict[str, TeamAccount] = {}
        for each in self._unique(accounts, "accounts"):
            before = by_id.setdefault(each.attributes["id"], each)
            if before is not each:
                self._add_duplicate(each.place, "accounts.id", before.name, before.place)
        return tuple(by_id.values())

    def _add_duplicate(self, place: Place, key: str, name: str, before: Place) -> None:
        says = f"There is {name} already, at {before}."
        self._problems.add(place, key, says, "remove one of them; case makes no difference")


class _HasName(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def place(self) -> Place: ...


_Named = TypeVar("_Named", bound=_HasName)


def find_problems(source: TeamSource, name: str = TEAM_FILE) -> tuple[TeamProblem, ...]:
    """Returns every error of a team file, none if it is valid.

    Raises AwsprofError if the source cannot be read.
    """
    problems = Problems()
    verify(read_files(source, name, problems), problems)
    return problems.all
