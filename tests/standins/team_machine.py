"""A machine that team files are applied to, in memory: its two files, and what it remembers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from awsprof.configfile.document import FileKind, SectionId
from awsprof.profiles.catalog import Catalog
from awsprof.team.model import SectionKind, TeamSection
from awsprof.team.record_applied import state_after
from awsprof.team.resolution import Choices, Decision, decide
from awsprof.team.sensitive_keys import sensitive_keys
from awsprof.team.source_state import SourceState, Version
from awsprof.team.state import digest_of
from awsprof.team.three_way import TeamPlan, make_plan

Sections = Mapping[str, Mapping[str, str]]
"""The values of each section, by ``profile dev`` or ``sso-session corp``."""


_KINDS: dict[str, SectionKind] = {
    "sso-session": "sso-session",
    "services": "services",
    "profile": "profile",
}


def team_sections(sections: Sections) -> tuple[TeamSection, ...]:
    """The sections as a team file gives them."""
    return tuple(
        TeamSection(
            _KINDS[type],
            name,
            values,
            "team.toml:1",
            sensitive=sensitive_keys(values),
        )
        for title, values in sections.items()
        for type, _, name in [title.partition(" ")]
    )


@dataclass
class Machine:
    """One person's machine. ``apply`` does what `awsprof team apply` does, without asking.

    ``applied_others``: the state has other team files.
    """

    config: str = ""
    credentials: str = ""
    state: SourceState = field(default_factory=lambda: SourceState("team", "config"))
    applied_others: bool = False

    def catalog(self) -> Catalog:
        return Catalog.from_bytes(self.config.encode(), self.credentials.encode())

    def plan(self, sections: Sections, others: Iterable[SectionId] = ()) -> TeamPlan:
        no_state = self.state.version is None and not self.applied_others
        known, catalog = set(others), self.catalog()
        return make_plan(team_sections(sections), self.state, known, catalog, no_state=no_state)

    def decide(
        self, sections: Sections, others: Iterable[SectionId] = (), **choices: Iterable[str]
    ) -> Decision:
        chosen = {what: frozenset(map(section_id, names)) for what, names in choices.items()}
        return decide(self.plan(sections, others), Choices(**chosen), self.catalog(), "applied")

    def apply(self, sections: Sections, **choices: Iterable[str]) -> Decision:
        """Applies a version; ``choices`` are those of `Choices`, by names of sections."""
        return self.take_over(sections, (), **choices)

    def take_over(
        self, sections: Sections, others: Iterable[SectionId], **choices: Iterable[str]
    ) -> Decision:
        """Applies a version where other team files manage ``others``."""
        decision = self.decide(sections, others, **choices)
        self.take(decision, sections)
        return decision

    def take(self, decision: Decision, sections: Sections) -> None:
        """Writes a decision, and remembers it."""
        after = decision.change.apply_to(FileKind.CONFIG, self.config.encode())
        self.config = (after or b"").decode()
        after = decision.change.apply_to(FileKind.CREDENTIALS, self.credentials.encode())
        self.credentials = (after or b"").decode()
        version = Version(digest_of(repr(sections)))
        self.state = state_after(decision, self.state, version, {})

    def lose_state(self) -> None:
        self.state = replace(SourceState("team", "config"))

    def values(self, title: str) -> dict[str, str] | None:
        """The values of a section as botocore merges them; None if there is none."""
        from awsprof.team.drift import current_values

        return current_values(self.catalog(), section_id(title))


def section_id(title: str) -> SectionId:
    type, _, name = title.partition(" ")
    return SectionId(type, name)
