"""A hostile team file is errors in plain sentences, or means what it says; it runs nothing."""

import os
import subprocess
from collections.abc import Iterator
from typing import NoReturn

import pytest

from awsprof.configfile.document import Document, FileKind, PutSection, SectionId
from awsprof.errors import AwsprofError
from awsprof.team import limits
from awsprof.team.expansion import expand, used_variables
from awsprof.team.model import TeamFileError, TeamSection
from awsprof.team.reader import load
from awsprof.team.sensitive import SENSITIVE_KEYS
from awsprof.text import one_line
from tests.standins.botocore_files import botocore_reads
from tests.standins.hostile_team_files import Files, hostile_team_files
from tests.standins.team_source import ANSWERS, MemorySource

VARIANTS = hostile_team_files("touch pwned")
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
    """The values of each section of a kind, by its name."""
    return {each.name: dict(each.values) for each in sections if each.kind == kind}


def harm(files: Files) -> str:
    """What a team file does that it should not; empty if it is refused, or means what it says."""
    found = sections_of(files)
    if isinstance(found, list):
        odd = [text for text in found if one_line(text) != text or len(text) > 1000]
        return f"it is refused in {odd!r}" if odd or not found[0].endswith(".") else ""
    edits = [
        PutSection(SectionId(each.kind, each.name), tuple(each.values.items())) for each in found
    ]
    document = Document.parse(PERSONAL, FileKind.CONFIG).edit(*edits)
    read = botocore_reads(document.render(), FileKind.CONFIG)
    personal = {"default": {"region": "eu-west-3"}, "mine": {"output": "text"}}
    if read["profiles"] != {**personal, **values_of(found, "profile")}:
        return "botocore reads other profiles"
    if read.get("sso_sessions", {}) != values_of(found, "sso-session"):
        return "botocore reads other sessions"
    if any({*each.sensitive} != SENSITIVE_KEYS & each.values.keys() for each in found):
        return "a value is not marked as sensitive"
    return ""


@pytest.mark.parametrize("kind", VARIANTS)
def test_a_hostile_file_is_refused_in_sentences_or_read_as_it_says(kind: str) -> None:
    harmful = {name: harm(files) for name, files in VARIANTS[kind].items()}
    assert {name: text for name, text in harmful.items() if text} == {}


def test_there_are_enough_variants() -> None:
    assert sum(map(len, VARIANTS.values())) >= 500
