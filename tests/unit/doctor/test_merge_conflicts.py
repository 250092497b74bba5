"""Merge conflicts in the two files: one finding for each, and no side is chosen for you."""

import pytest

from awsprof.configfile.merge_conflicts import find_merge_conflicts
from awsprof.doctor.checks import all_checks
from awsprof.doctor.runner import run_offline
from tests.unit.doctor.conftest import Visit

SIDES = """\
[profile dev]
<<<<<<< HEAD
region = eu-west-1
||||||| 1234567
region = eu-central-1
=======
region = us-east-1
>>>>>>> feature/regions
output = json
"""
SECTIONS = """\
<<<<<<< Updated upstream
[profile dev]
region = eu-west-1
=======
[profile dev]
region = us-east-1
>>>>>>> Stashed changes
"""


@pytest.mark.parametrize(
    ("text", "lines"),
    [(SIDES, "2 to 8"), (SECTIONS, "1 to 7"), (SIDES.replace("\n", "\r\n"), "2 to 8")],
)
def test_a_conflict_is_one_finding_and_nothing_chooses_a_side(
    visit: Visit, text: str, lines: str
) -> None:
    visit.config(text)
    (found,) = [f for f in run_offline(visit.context()) if f.severity.name == "ERROR"]
    assert found.id == "line-without-equals"
    assert f"A merge left a conflict in lines {lines}" in found.message
    assert found.fault.repair is None
    assert not any(visit.found(check.id) for check in all_checks() if "duplicate" in check.id)


def test_nothing_is_lacking_while_its_line_is_in_a_conflict(visit: Visit) -> None:
    """The region is in the conflict: setting another would be wrong, and refused."""
    visit.config(
        "[profile r]\ncredential_process = /bin/true\n<<<<<<< HEAD\nregion = eu-west-1\n=======\n"
        "region = us-east-1\n>>>>>>> theirs\n[profile s]\ncredential_process = /bin/true\n"
    )
    found = [f for f in run_offline(visit.context()) if f.id == "region-missing"]
    assert [f.profile for f in found] == ["s"]


def test_a_duplicate_outside_of_the_conflict_is_still_found(visit: Visit) -> None:
    visit.config(SIDES + "output = text\n")
    assert [f.message[:12] for f in visit.found("duplicate-key")] == ["output occur"]


@pytest.mark.parametrize(
    ("text", "conflicts"),
    [
        ("a\n=======\n", [(2, 2)]),
        ("<<<<<<< HEAD\na = b\n", [(1, 1)]),
        ("a = b\n>>>>>>> main\n", [(2, 2)]),
        ("<<<<<<< x\n=======\n>>>>>>> y\n<<<<<<< x\n=======\n>>>>>>> y\n", [(1, 3), (4, 6)]),
        ("========\nk = <<<<<<< v\n<<<<<<<<\n", []),
    ],
)
def test_conflicts_and_markers_left_alone(text: str, conflicts: list[tuple[int, int]]) -> None:
    found = find_merge_conflicts(text.splitlines())
    assert [(lines[0], lines[-1]) for lines in found] == conflicts


def test_lines_in_a_conflict_are_not_judged_by_themselves(visit: Visit) -> None:
    visit.config(
        "[profile a]\n<<<<<<< HEAD\nregoin = eu-west-1\naws_acess_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "=======\nregion = nowhere\n>>>>>>> theirs\noutputt = json\n"
    )
    found = run_offline(visit.context())
    assert [(f.id, f.fault.origin.line) for f in found if f.fault.origin] == [
        ("line-without-equals", 2),
        ("unknown-key", 8),
    ]
