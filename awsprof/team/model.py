"""The team file as immutable values, and the errors in it.

``reader.load`` reads a file and what it includes; ``expansion.expand`` returns the
sections to write to ``~/.aws/config``. Nothing here touches the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Literal, NamedTuple, Protocol

from awsprof.errors import AwsprofError
from awsprof.shells import arguments
from awsprof.text import sanitize

TEAM_FILE: Final = "team.toml"
FORMAT_VERSION: Final = 1

SectionKind = Literal["profile", "sso-session", "services"]


class TeamSource(Protocol):
    """Where a team file and its includes come from: a folder, a repository, standard input."""

    @property
    def label(self) -> str:
        """The source as people type it, without a secret: a path, an address, or ``-``."""
        ...

    def read(self, relative: PurePosixPath) -> bytes:
        """Returns the content of a file below the source's root.

        ``relative`` has no ``..`` and is not absolute. Raises AwsprofError if the file is missing,
        too large, or a link that leaves the root.
        """
        ...


class Place(NamedTuple):
    """A line (from 1) of a file of the source; the file's path is relative to the root."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{sanitize(self.file, 120)}:{self.line}"


@dataclass(frozen=True)
class TeamProblem:
    """One error in a team file: its place, the key (dotted, may be empty), and a sentence.

    ``fix`` says what to write instead; it may be empty.
    """

    place: Place
    key: str
    says: str
    fix: str = ""

    def __str__(self) -> str:
        key = f" {self.key}" if self.key else ""
        return f"{self.place}{key}: {self.says}"


class TeamFileError(AwsprofError):
    """The team file ``source`` is invalid; ``problems`` has every error, by file and line."""

    def __init__(self, problems: tuple[TeamProblem, ...], source: str) -> None:
        first = problems[0]
        more = f" There are {len(problems) - 1} more errors." if len(problems) > 2 else ""
        more = " There is one more error." if len(problems) == 2 else more
        check = f"awsprof team check {arguments(source)}"
        fix = f"{check} lists them all" if len(problems) > 1 else first.fix
        super().__init__(f"{first}{more}", fix)
        self.problems = problems


@dataclass(frozen=True)
class Variable:
    """A value that each person answers once, such as their MFA device.

    ``pattern`` is a regular expression that the whole answer must match; empty if any text will do.
    """

    name: str
    question: str
    place: Place
    default: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class TeamSection:
    """One section as written to ``~/.aws/config``: ``values`` are its lines, in order.

    The key of a line in a nested block has a dot: ``s3.addressing_style``.

    ``origin`` is where the team file defines it ("team.toml:12"). ``template`` is the template that
    it takes values from, if any. ``sensitive`` are the keys of ``values`` that start a program,
    send requests somewhere else or decide whose account is used: a person confirms each of them
    when it is new or changes (``confirmations`` says what counts as a change).
    """

    kind: SectionKind
    name: str
    values: Mapping[str, str]
    origin: str
    template: str = ""
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """A table of the file: its name, its lines as written, and the place of each.

    ``template`` names the template it inherits from; empty if it has none.
    """

    name: str
    values: Mapping[str, str]
    place: Place
    template: str = ""
    lines: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class TeamAccount:
    """An account of the list ``accounts``: its attributes, which placeholders can use."""

    attributes: Mapping[str, str]
    roles: tuple[str, ...]
    place: Place

    @property
    def name(self) -> str:
        """The short name, which profile names are made of."""
        return self.attributes["name"]


@dataclass(frozen=True)
class Loop:
    """A ``for_each`` table: one profile for each account and role that its patterns match."""

    name: str
    profile: Definition
    place: Place
    accounts: tuple[str, ...] = ("*",)
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class TeamFile:
    """A team file with all that it includes, checked but not expanded.

    ``digest`` is the SHA-256 of all of its files, in hexadecimal: equal files, equal digest.
    ``sections`` are its sections if they depend on no answer; else None.
    """

    label: str
    version: int
    digest: str
    files: tuple[str, ...]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    sessions: tuple[Definition, ...] = ()
    services: tuple[Definition, ...] = ()
    profiles: tuple[Definition, ...] = ()
    templates: Mapping[str, Definition] = field(default_factory=dict)
    accounts: tuple[TeamAccount, ...] = ()
    loops: tuple[Loop, ...] = ()
    sections: tuple[TeamSection, ...] | None = field(default=None, repr=False, compare=False)
