"""Sections of thousands of lines: what a check does grows as the lines do, and not faster."""

import sys
from collections.abc import Callable
from functools import partial

import pytest

from awsprof.doctor.fault_mask import FaultMask
from awsprof.doctor.findings import Fault
from awsprof.doctor.runner import run_offline
from tests.unit.doctor.conftest import Visit

SECTIONS = {
    "unknown keys": lambda n: "".join(f"unknown_key_{i} = value-of-{i}\n" for i in range(n)),
    "pasted lines": lambda n: "".join(f"pasted line number {i}\n" for i in range(n)),
}


def calls(work: Callable[[], object]) -> int:
    """How many Python functions and generators are called or resumed."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", SECTIONS)
def test_twice_the_lines_are_twice_the_work(visit: Visit, kind: str) -> None:
    counted = []
    for lines in (20, 150, 300):  # the first run imports
        visit.config("[default]\n" + SECTIONS[kind](lines))
        counted.append(calls(partial(run_offline, visit.context())))
    assert counted[2] < 2.6 * counted[1]


@pytest.mark.parametrize("more", [0, 200], ids=["few", "many"])
def test_secrets_of_a_profile_are_masked_wherever_they_are_in_a_fault(
    visit: Visit, more: int
) -> None:
    others = "".join(f"other_key_{number} = other value\n" for number in range(more))
    visit.config(
        f"[profile a]\n{others}my_password = hunter22\nregion = eu-west-1\nother = hunter22x\n"
        "same_password = hunter22\nnote = west\npassword = a-name\n[profile a-name]\nregion = x\n"
    )
    mask = FaultMask(visit.context())
    fault = Fault("xhunter22y, hunter22x, eu-west-1 and a-name", "set it to hunter22", "a")
    masked = mask.masked(fault)
    assert masked.message == "x***y, ***x, eu-west-1 and a-name"
    assert masked.fix == "set it to ***"
    assert mask.masked(Fault("hunter22", "", "a-name")).message == "hunter22"
