"""Checks that the sessions and sources that profiles name are in the team file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from awsprof.team.model import Place, SectionKind
from awsprof.team.problems import Problems
from awsprof.team.templates import Line, near_fix

REFERENCES: Final[Mapping[str, SectionKind]] = {
    "source_profile": "profile",
    "sso_session": "sso-session",
    "services": "services",
}
"""The keys of a profile that name another section, and the kind of that section."""


@dataclass
class SectionDraft:
    """A section before it is checked as a whole.

    ``answered`` are the keys whose value depends on an answer.
    """

    kind: SectionKind
    name: str
    place: Place
    template: str
    lines: Mapping[str, Line]
    values: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def key(self, key: str) -> str:
        """Returns the key as messages name it."""
        return f"{self.kind}.{self.name}.{key}" if key else f"{self.kind}.{self.name}"

    def line(self, key: str) -> Place:
        """Returns the place of a key; the section's if the key has no line of its own."""
        return self.lines[key].place if key in self.lines else self.place

    def reference(self, key: str) -> str | None:
        """Returns the section that a key names; None if it names none, or depends on an answer."""
        return None if key in self.answered else self.values.get(key)


def check_references(
    drafts: Mapping[SectionKind, Mapping[str, SectionDraft]], problems: Problems
) -> None:
    """Adds an error for each key of a profile that names a section which does not exist.

    A source whose name differs from person to person is given by a variable.
    """
    profiles = drafts["profile"]
    for draft in profiles.values():
        for key, kind in REFERENCES.items():
            name, known = draft.reference(key), drafts[kind]
            if name is not None and name not in known:
                says = f"The team file has no {kind} {name}."
                fix = near_fix(name, known) if problems.takes_hints else ""
                problems.add(draft.line(key), draft.key(key), says, fix)
    _check_cycles(profiles, problems)


def _check_cycles(profiles: Mapping[str, SectionDraft], problems: Problems) -> None:
    done: set[str] = set()
    for start in profiles:
        path: dict[str, None] = {}
        name: str | None = start
        while name is not None and name in profiles and name not in done and name not in path:
            path[name] = None
            name = profiles[name].reference("source_profile")
        if name in path and name is not None:
            draft = profiles[name]
            says = "The source profiles form a cycle, so that none of them has credentials."
            fix = "let one of them have credentials of its own"
            problems.add(draft.line("source_profile"), draft.key("source_profile"), says, fix)
        done.update(path)
