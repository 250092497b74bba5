"""A hostile team file is errors in plain sentences, or means what it says; it runs nothing."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from typing import NoReturn

import pytest

from awsprof.configfile.document import FileKind
from awsprof.errors import AwsprofError
from awsprof.team import limits
from awsprof.team.expansion import expand, used_variables
from awsprof.team.model import TeamFileError, TeamSection
from awsprof.team.nested_keys import last_part, split_key
from awsprof.team.reader import load
from awsprof.team.sensitive_keys import SENSITIVE_KEYS
from awsprof.text import one_line
from tests.standins.botocore_files import botocore_reads
from tests.standins.hostile_team_files import KINDS, Files, hostile_team_files
from tests.standins.team_machine import Machine
from tests.standins.team_source import ANSWERS, MemorySource

LONGEST_S = 20.0  # of CPU; the slowest takes 5 s
PERSONAL = b"[default]\nregion = eu-west-3\n\n[profile mine]\noutput = text\n"


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*words: object, **options: object) -> NoReturn:
        raise AssertionError("a program was started")

    for place, name in ((subprocess, "Popen"), (os, "system"), (os, "posix_spawn"), (os, "fork")):
        monkeypatch.setattr(place, name, refuse)
    yield


def sections_of(files: Files) -> tuple[TeamSection, ...] | list[str]:
    """The sections, or every sentence that is said instead."""
    source = MemorySource(files)
    try:
        team = load(source)
        answers = {each.name: "x" for each in used_variables(team)}
        return expand(team, {**answers, **ANSWERS})
    except TeamFileError as exc:
        return [exc.message, exc.fix, *(text for p in exc.problems for text in (str(p), p.fix))]
    except AwsprofError as exc:
        return [exc.message, exc.fix]
    finally:
        assert all(".." not in path and not path.startswith("/") for path in source.reads)
        assert len(source.reads) <= limits.MAX_FILES


def values_of(sections: tuple[TeamSection, ...], kind: str) -> dict[str, object]:
    """The values of each section of a kind, by its name; those of nested blocks as a dict."""
    return {each.name: _nested(each.values) for each in sections if each.kind == kind}


def _nested(values: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, text in values.items():
        parent, below = split_key(key)
        block = found.setdefault(parent, text if below is None else {})
        if isinstance(block, dict):
            block[below] = text
    return found


def _keys(values: Mapping[str, object]) -> set[str]:
    """The keys of a section and of its blocks."""
    blocks = (value for value in values.values() if isinstance(value, Mapping))
    return {*values, *(key for block in blocks for key in block)}


def harm(files: Files) -> str:
    """What a team file does that it should not; empty if it is refused, or means what it says."""
    found = sections_of(files)
    if isinstance(found, list):
        odd = [text for text in found if one_line(text) != text or len(text) > 1000]
        return f"it is refused in {odd!r}" if odd or not found[0].endswith(".") else ""
    sections = {f"{each.kind} {each.name}": each.values for each in found}
    personal = {"default": {"region": "eu-west-3"}, "mine": {"output": "text"}}
    unasked = Machine(PERSONAL.decode())
    unasked.apply(sections)
    read = botocore_reads(unasked.config.encode(), FileKind.CONFIG)
    everything = [*read["profiles"].values(), *read.get("services", {}).values()]
    if any(SENSITIVE_KEYS & _keys(each) for each in everything):
        return "what runs or redirects is written unasked"
    if {name: read["profiles"].get(name) for name in personal} != personal:
        return "a profile of the person is changed unasked"
    machine = Machine(PERSONAL.decode())
    machine.apply(sections, accepted=list(sections))
    read = botocore_reads(machine.config.encode(), FileKind.CONFIG)
    if read["profiles"] != {**personal, **values_of(found, "profile")}:
        return "botocore reads other profiles"
    if read.get("sso_sessions", {}) != values_of(found, "sso-session"):
        return "botocore reads other sessions"
    if read.get("services", {}) != values_of(found, "services"):
        return "botocore reads other endpoints"
    risky = [{key for key in s.values if last_part(key) in SENSITIVE_KEYS} for s in found]
    if risky != [{*each.sensitive} for each in found]:
        return "a value is not marked as sensitive"
    return ""


# Those of the largest sizes take a minute of CPU time.
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.long] * (kind == "too much")) for kind in KINDS],
)
def test_a_hostile_file_is_refused_in_sentences_or_read_as_it_says(kind: str) -> None:
    harmful, slow = {}, {}
    for name, files in hostile_team_files(kind, "touch pwned").items():
        before = time.process_time()
        harmful[name] = harm(files)
        slow[name] = time.process_time() - before
    assert {name: text for name, text in harmful.items() if text} == {}
    assert {name: seconds for name, seconds in slow.items() if seconds > LONGEST_S} == {}


def test_there_are_enough_variants() -> None:
    quick = (kind for kind in KINDS if kind != "too much")
    assert sum(len(hostile_team_files(kind, "touch pwned")) for kind in quick) >= 1200
