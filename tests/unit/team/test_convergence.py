"""Machines with different personal parts end with the same team part, in any order of versions."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof.configfile.document import (
    Document,
    Edit,
    FileKind,
    PutSection,
    RemoveSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.team.state import digest_of
from tests import budgets
from tests.standins.team_machine import Machine, Sections, section_id

REGIONS = ("eu-west-1", "eu-west-2", "us-east-1", "sa-east-1")
NAMES = tuple(f"profile team{number}" for number in range(6))
OWN = tuple(f"own{number}" for number in range(4))
SEEDS = st.integers(0, 1 << 32)
SESSION = {"sso_start_url": "https://example.awsapps.com/start", "sso_region": "eu-west-1"}


def version(chance: Random) -> Sections:
    """A version of the team file: some of the profiles, with some values."""
    sections: dict[str, dict[str, str]] = {"sso-session corp": SESSION}
    for number, name in enumerate(NAMES):
        if chance.random() < 0.8:
            role = chance.choice(("Dev", "Ops", "Audit"))
            lines = {"sso_session": "corp", "sso_account_id": f"{10**11 + number}"}
            lines |= {"sso_role_name": role, "region": chance.choice(REGIONS)}
            if chance.random() < 0.5:
                lines["output"] = chance.choice(("json", "text"))
            sections[name] = lines
    return sections


def personal_part(chance: Random) -> str:
    """Profiles, comments and odd lines of a person's own."""
    parts = (
        f"[profile {name}]\nregion={chance.choice(REGIONS)}   \n; kept\n\n"
        for name in OWN
        if chance.random() < 0.7
    )
    return "# notes of mine\n" + "".join(parts)


def own_sections(machine: Machine) -> dict[str, dict[str, str] | None]:
    return {name: machine.values(f"profile {name}") for name in OWN}


def tinker(machine: Machine, chance: Random) -> set[SectionId]:
    """A person edits something: of their own, or a managed profile. Returns what was touched."""
    managed = [id for id in machine.state.sections if machine.values(str(id)) is not None]
    profiles = [id for id in managed if id.type == "profile"]
    document = Document.parse(machine.config.encode(), FileKind.CONFIG)
    kind = chance.randrange(5)
    if kind == 0 or not profiles:
        id = SectionId.profile(chance.choice(OWN))
        edit = PutSection(id, (("region", chance.choice(REGIONS)),))
        machine.config = document.edit(edit).render().decode()
        return set()
    id = chance.choice(profiles)
    edits: list[Edit]
    if kind == 1:
        edits = [SetValue(id, "region", chance.choice(REGIONS))]
    elif kind == 2:
        edits = [UnsetValue(id, "region")]
    elif kind == 3:
        edits = [RemoveSection(id)]
    else:
        edits = [SetValue(id, "cli_pager", "less")]
    machine.config = document.edit(*edits).render().decode()
    return {id} if kind != 4 else set()


def take_all(machine: Machine, sections: Sections) -> None:
    """Applies a version as a person who wants all of the team's does."""
    every = list(sections)
    gone = map(str, machine.state.sections)
    machine.apply(sections, theirs=every, accepted=every, removed=gone)


def assert_up_to_date(machine: Machine, sections: Sections) -> None:
    for title, values in sections.items():
        found = machine.values(title)
        assert found is not None, title
        assert {key: found.get(key) for key in values} == values, title
    assert machine.plan(sections).up_to_date
    before = machine.config
    machine.apply(sections)
    assert machine.config == before


@settings(max_examples=budgets.examples(60))
@given(SEEDS)
def test_two_machines_and_three_versions_in_each_order(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # the same each time
    versions = [version(chance) for _ in range(3)]
    ends = []
    for order in permutations(versions[:2]):
        for _ in range(2):
            machine = Machine(personal_part(chance))
            own = own_sections(machine)
            comments = machine.config.count("; kept")
            for each in (*order, versions[2]):
                gone = map(str, machine.state.sections)
                assert not machine.apply(each, accepted=list(each), removed=gone).unanswered
                assert own_sections(machine) == own
            assert machine.config.count("; kept") == comments
            assert_up_to_date(machine, versions[2])
            ends.append({title: machine.values(title) for title in NAMES})
    assert all(end == ends[0] for end in ends)


@settings(max_examples=budgets.examples(60))
@given(SEEDS)
def test_nothing_that_a_person_changed_is_lost_unasked(seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # the same each time
    machine = Machine(personal_part(chance))
    machine.apply(version(chance))
    for _ in range(4):
        before = {title: machine.values(title) for title in NAMES}
        touched = {id: None for _ in range(3) for id in tinker(machine, chance)}
        edited = {id: machine.values(str(id)) for id in touched}
        lost = chance.random() < 0.2
        if lost:
            machine.lose_state()
        own, new = own_sections(machine), version(chance)
        taken = {id: values.get("region") for id, values in machine.state.sections.items()}
        gone = map(str, machine.state.sections)
        machine.apply(new, accepted=list(new), removed=gone)
        assert own_sections(machine) == own
        for id, values in edited.items():
            region = None if values is None else values.get("region")
            if values == before[str(id)] or (region and digest_of(region) == taken.get(id)):
                continue  # it was edited back
            after = machine.values(str(id))
            team = new.get(str(id), {})
            if values is None:  # with a lost state nobody knows that it was ever there
                assert lost or after is None, id
            elif region not in (team.get("region"), (before[str(id)] or {}).get("region")):
                assert after is not None, id
                assert after.get("region") == region, id


MACHINES = 1000
VERSIONS = 50


@pytest.mark.timeout(900)
def test_many_machines_converge_whatever_happened_to_them() -> None:
    """Versions in any order, edits, lost states and open choices, on each machine its own.

    Most machines skip nearly all of the versions, and a few take each of them.
    """
    chances = (Random(f"version {n}") for n in range(VERSIONS))  # noqa: S311  # the same each time
    versions = [version(chance) for chance in chances]
    versions = [{**each, "profile stays": {"region": "eu-west-1"}} for each in versions]
    for number in range(budgets.examples(MACHINES)):
        chance = Random(f"machine {number}")  # noqa: S311  # the same each time
        machine = Machine(personal_part(chance))
        taken = chance.randint(1, 4) if number % VERSIONS else VERSIONS
        for each in chance.sample(range(VERSIONS), taken):
            own = own_sections(machine)
            machine.apply(versions[each], **some_choices(versions[each], machine, chance))
            assert own_sections(machine) == own
            for _ in range(chance.randrange(3)):
                tinker(machine, chance)
            if chance.random() < 0.15:
                machine.lose_state()
        own = own_sections(machine)
        take_all(machine, versions[-1])
        assert own_sections(machine) == own
        assert_up_to_date(machine, versions[-1])
        assert machine.config.startswith("# notes of mine\n")


def some_choices(sections: Sections, machine: Machine, chance: Random) -> dict[str, list[str]]:
    """What a person chooses who reads the questions, or not."""
    every = list(sections)
    theirs = [title for title in every if chance.random() < 0.3]
    mine = [title for title in every if title not in theirs and chance.random() < 0.3]
    removed = [str(id) for id in machine.state.sections if chance.random() < 0.5]
    accepted = [title for title in every if chance.random() < 0.7]
    return {"theirs": theirs, "mine": mine, "removed": removed, "accepted": accepted}


def test_section_titles_are_read_as_they_are_written() -> None:
    assert section_id("sso-session corp") == SectionId.sso_session("corp")
