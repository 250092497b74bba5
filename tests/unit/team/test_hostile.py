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

VARIANTS = dict(hostile_team_files("touch pwned"))
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


@pytest.mark.parametrize("name", VARIANTS)
def test_a_hostile_file_is_refused_in_sentences_or_read_as_it_says(name: str) -> None:
    found = sections_of(VARIANTS[name])
    if isinstance(found, list):
        assert found[0].endswith(".")
        assert not [text for text in found if one_line(text) != text or len(text) > 1000]
        return
    edits = [
        PutSection(SectionId(each.kind, each.name), tuple(each.values.items())) for each in found
    ]
    document = Document.parse(PERSONAL, FileKind.CONFIG).edit(*edits)
    read = botocore_reads(document.render(), FileKind.CONFIG)
    personal = {"default": {"region": "eu-west-3"}, "mine": {"output": "text"}}
    assert read["profiles"] == {**personal, **values_of(found, "profile")}
    assert read.get("sso_sessions", {}) == values_of(found, "sso-session")
    for each in found:
        assert {*each.sensitive} == SENSITIVE_KEYS & each.values.keys()


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 500
